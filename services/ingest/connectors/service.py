"""Taking webhooks: verified, read, written down, and only then acknowledged."""

from collections.abc import Callable, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.common.database import Database
from services.common.errors import CadranError, NotFound, Unauthenticated
from services.common.logging import get_logger
from services.ingest.connectors import store
from services.ingest.connectors.accounts import Configured, FollowedAccounts
from services.ingest.connectors.connector import Acknowledgement, Delivery, Reading
from services.ingest.connectors.metrics import NOBODY, ConnectorMetrics
from services.ingest.connectors.records import DeliveryRecord, Outcome, Redaction, Taken
from services.ingest.connectors.taking import Checked, checked, keep

log = get_logger(__name__)


class Webhooks:
    """Takes deliveries. `written` is told when events wait in the outbox, `wanted` when objects are to be asked for."""

    def __init__(
        self,
        accounts: FollowedAccounts,
        database: Database,
        *,
        zone: ZoneInfo,
        most_waiting: int,
        written: Callable[[], None],
        wanted: Callable[[], None],
        metrics: ConnectorMetrics,
    ) -> None:
        self._accounts = accounts
        self._database = database
        self._zone = zone
        self._most_waiting = most_waiting
        self._written = written
        self._wanted = wanted
        self._metrics = metrics

    def account(self, vendor: str, name: str) -> Configured:
        """An account.

        :raises NotFound: when the file has none of this name.
        """
        found = self._accounts.find(vendor, name)
        if found is None:
            names = ", ".join(f"{of} {name}" for of, name in self._accounts.all()) or "none"
            raise NotFound(f"{vendor} has no account {name!r}", mend=f"add it to the file of accounts; it has {names}")
        return found

    def all(self) -> list[Configured]:
        return list(self._accounts.all().values())

    async def deliveries(self, account: Configured, *, after: int, limit: int) -> Sequence[DeliveryRecord]:
        """The last deliveries of an account, oldest first."""
        its = partial(store.deliveries_of, vendor=account.vendor, account=account.name, after=after, limit=limit)
        return await self._database.read_in_time(its)

    async def redactions(self, limit: int) -> Sequence[Redaction]:
        """The last demands to forget people, newest first."""
        return await self._database.read_in_time(partial(store.redactions, limit=limit))

    async def take(self, vendor: str, name: str, delivery: Delivery) -> tuple[Taken, Acknowledgement]:
        """What became of a delivery, and how that is said to this vendor.

        :raises Unauthenticated: when it is not known to be the vendor's. Of 404 some would never send again.
        :raises Unavailable: when it cannot be written down.
        """
        account = self._accounts.find(vendor, name)
        if account is None:
            self._count(NOBODY, NOBODY, Outcome.UNSIGNED)
            raise Unauthenticated("no such account", mend="add it to the file of accounts: see docs/connectors.md")
        if account.connector.greets(delivery):
            self._count(vendor, name, Outcome.GREETED)
            return Taken(Outcome.GREETED), account.connector.acknowledgement
        self._verify(account, delivery)
        found = self._read(account, delivery)
        await self._database.write_in_time(lambda connection: self._keep(connection, account, delivery, found))
        self._tell(account, found)
        return _taken(found), account.connector.acknowledgement

    def _verify(self, account: Configured, delivery: Delivery) -> None:
        try:
            account.connector.verify(delivery, account.words, _live(account.secrets()))
        except Unauthenticated:
            self._count(account.vendor, account.name, Outcome.UNSIGNED)
            raise

    def _read(self, account: Configured, delivery: Delivery) -> Checked:
        """What a delivery says; what cannot be read is told, for sent again it would say the same."""
        try:
            reading = account.connector.read(delivery, account.words, account.names)
            return checked(reading, account, delivery.received_at, self._zone)
        except CadranError as error:
            return Checked(Reading(""), (), str(error))
        except Exception as error:  # of its text nothing is logged: it may hold what the payload holds
            log.error("a delivery cannot be read", vendor=account.vendor, account=account.name, error=_place(error))  # noqa: TRY400
            return Checked(Reading(""), (), "cannot be read; the gateway's log names the place in the code")

    def _keep(self, connection: Connection, account: Configured, delivery: Delivery, found: Checked) -> None:
        keep(connection, account, [found], delivery.received_at, self._most_waiting)
        store.add_delivery(connection, account.vendor, account.name, delivery.received_at, _taken(found))

    def _tell(self, account: Configured, found: Checked) -> None:
        self._count(account.vendor, account.name, _taken(found).outcome)
        self._metrics.made(account.vendor, account.name, found.events)
        if found.events:
            self._written()
        if found.reading.wanted:
            self._wanted()

    def _count(self, vendor: str, account: str, outcome: Outcome) -> None:
        self._metrics.deliveries.labels(vendor, account, outcome.value).inc()


def _live(secrets: Sequence[str]) -> Sequence[str]:
    """The secrets, if there are any: without one anybody's signature would do."""
    if not secrets:
        raise Unauthenticated("no secret is set", mend="write it into the account's `secret_file`")
    return secrets


def _taken(found: Checked) -> Taken:
    if found.fault:
        outcome = Outcome.REFUSED
    elif found.made:
        outcome = Outcome.ACCEPTED
    else:
        outcome = Outcome.IGNORED
    return Taken(outcome, found.reading.topic, found.fault or found.reading.ignored, found.made)


def _place(error: Exception) -> str:
    """The kind of an error, and where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__} at {where}"
