"""Looks at the live state, and what is read at one."""

from collections.abc import Callable

from services.common.calendar import BusinessCalendar, OpeningTimes
from services.common.windows import Clock
from services.kpi_stream.declared import LoyaltyDays
from services.kpi_stream.exporter.at_hand import AtHand
from services.kpi_stream.exporter.freshness import freshness
from services.kpi_stream.exporter.log_ends import LogEnds
from services.kpi_stream.exporter.moment import Moment
from services.kpi_stream.exporter.store import Statements, StateReader
from services.kpi_stream.kpis.requests import Asking, T
from services.kpi_stream.kpis.world import ReferenceBook, World
from services.kpi_stream.state_version import StateVersion

MakeCalendar = Callable[[OpeningTimes], BusinessCalendar]


class Observatory:
    """Takes looks, and carries out what is to be read at one."""

    def __init__(
        self,
        reader: StateReader,
        ends: LogEnds,
        make_calendar: MakeCalendar,
        clock: Clock,
        *,
        reporting_currency: str,
        win_days: int,
        loyalty: LoyaltyDays,
    ) -> None:
        self.reader = reader
        self._ends = ends
        self._make_calendar = make_calendar
        self.clock = clock
        self._reporting_currency = reporting_currency
        self._win_days = win_days
        self._loyalty = loyalty
        self._calendar: tuple[Statements | None, BusinessCalendar | None] = (None, None)

    async def look(self) -> Moment:
        """The live state at this moment.

        :raises Unavailable: while there is none.
        """
        return await self.look_at(await self.reader.live())

    async def look_at(self, state: StateVersion) -> Moment:
        """A given state at this moment."""
        nexts, applied = await self.reader.positions(state)
        now = self.clock()
        statements = await self.reader.statements(state)
        book = ReferenceBook(statements, now)
        world = World(
            now=now,
            calendar=self._calendar_of(statements, book),
            book=book,
            reporting_currency=self._reporting_currency,
            win_days=self._win_days,
            loyalty=self._loyalty,
        )
        return Moment(state, freshness(nexts, applied, self._ends.ends, self._ends.checked_at), world)

    async def read(self, asking: Asking[T], moment: Moment, at_hand: AtHand | None = None) -> T:
        """Carry out a computation on the state of a look; from what is at hand, if anything is."""
        return await self.reader.run(asking, moment.state, moment.world, at_hand or AtHand())

    def _calendar_of(self, statements: Statements, book: ReferenceBook) -> BusinessCalendar:
        """The calendar of these statements; kept, as it remembers the opening times it has worked out."""
        known, calendar = self._calendar
        if calendar is None or known is not statements:
            calendar = self._make_calendar(book.opening_times())
            self._calendar = (statements, calendar)
        return calendar
