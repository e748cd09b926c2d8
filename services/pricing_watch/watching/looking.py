"""Looking at a page: fetched, and read. Whatever stands in the way is what came of it."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from services.common.database import Database
from services.common.logging import get_logger
from services.pricing_watch.fetching.faults import Fault, FetchFault
from services.pricing_watch.fetching.fetcher import Fetched, Fetcher, Validators
from services.pricing_watch.reading import VERSION as READER_VERSION
from services.pricing_watch.records import Page, Reading, Wanted
from services.pricing_watch.watching import reading_store
from services.pricing_watch.watching.intake import READ, Pair, Seen
from services.pricing_watch.watching.products import wanted

log = get_logger(__name__)

MAY_PASS = frozenset({Fault.TIMEOUT, Fault.SERVER, Fault.UNREACHABLE, Fault.BLOCKED})
"""What another try a little later may find gone."""

NOT_GIVEN = Seen("not_given", "no price was given in time")
FAILED = Seen("failed", "the page could not be looked through: it was logged")


Read = Callable[[Page, Wanted], Awaitable[Reading]]
"""How a page is read: `Readers.read`."""


class Looking:
    """Looks at pages."""

    def __init__(self, database: Database, fetcher: Fetcher, read: Read) -> None:
        self._database = database
        self._fetcher = fetcher
        self._read = read

    async def look(self, pair: Pair) -> Seen:
        """
        :raises Unavailable: when the database does not answer.
        :raises FetchFault: `host_resting`, when nothing was asked of the host.
        """
        if not pair.page.page:
            return NOT_GIVEN
        try:
            fetched = await self._fetch(pair)
        except FetchFault as fault:
            if fault.kind is Fault.HOST_RESTING:
                raise
            return faulty(fault)
        if fetched.not_modified:
            return await self._unchanged(pair, fetched.validators)
        reading = await self._read(fetched.page, wanted(pair.product, pair.page))
        outcome = READ if reading.price_minor is not None else (reading.obstacle or "no_price")
        page_hash = hashlib.sha256(fetched.page.body).hexdigest()
        return Seen(outcome, reading.reason, reading, page_hash, fetched.validators)

    async def _fetch(self, pair: Pair) -> Fetched:
        if pair.page.render:
            return await self._fetcher.render(pair.page.page)
        state = pair.state
        # What another version of the reader has read must be read anew.
        is_known = state.reader == READER_VERSION and state.evidence_id is not None
        validators = Validators(etag=state.etag, last_modified=state.last_modified) if is_known else Validators()
        return await self._fetcher.fetch(pair.page.page, validators)

    async def _unchanged(self, pair: Pair, validators: Validators) -> Seen:
        before = await self._database.read(partial(reading_store.evidence_of, page=pair.state))
        if before is None or before.reading is None:
            return FAILED
        return Seen(READ, "not modified since the reading before", before.reading, before.page_hash, validators)


def faulty(fault: FetchFault) -> Seen:
    """What a page that was not had is."""
    may_pass = fault.kind in MAY_PASS or fault.retry_after is not None
    return Seen(
        fault.kind.value, fault.message, may_pass=may_pass, retry_after=timedelta(seconds=fault.retry_after or 0)
    )
