"""Taking webhooks: verified, read, written down, and only then acknowledged."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from services.common.database import Database
from services.common.errors import CadranError, NotFound, Unauthenticated
from services.common.logging import get_logger
from services.ingest.connectors import store
from services.ingest.connectors.accounts import Configured, FollowedAccounts
from services.ingest.connectors.connector import Acknowledgement, Delivery, Reading
from services.ingest.connectors.intake import Checked, Intake
from services.ingest.connectors.metrics import NOBODY, ConnectorMetrics
from services.ingest.connectors.reading.events import without_addresses
from services.ingest.connectors.records import DeliveryRecord, Outcome, Redaction, Taken

log = get_logger(__name__)


class Webhooks:
    """Takes deliveries."""

    def __init__(
        self, accounts: FollowedAccounts, database: Database, intake: Intake, metrics: ConnectorMetrics
    ) -> None:
        self._accounts = accounts
        self._database = database
        self._intake = intake
        self._metrics = metrics
        self._greeted: dict[tuple[str, str], datetime] = {}
        self._unsigned: Counter[tuple[str, str]] = Counter()

    @property
    def fault(self) -> str:
        """What is wrong with the file of accounts; while anything is, those of before hold."""
        return self._accounts.fault

    def greeted_at(self, account: Configured) -> datetime | None:
        """When its vendor last tried the address, since this process began."""
        return self._greeted.get((account.vendor, account.name))

    def unsigned(self, account: Configured) -> int:
        """How many deliveries were refused as not its vendor's, since this process began."""
        return self._unsigned[account.vendor, account.name]

    def account(self, vendor: str, name: str) -> Configured:
        """An account.

        :raises NotFound: when the file has none of this name.
        """
        found = self._accounts.all().get((vendor, name))
        if found is None:
            names = ", ".join(f"{of} {name}" for of, name in self._accounts.all()) or "none"
            mend = self.fault or f"add it to the file of accounts; it has {names}"
            raise NotFound(f"{vendor} has no account {name!r}", mend=mend)
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
        :raises Unavailable: when it cannot be written down, or no account is known for a fault in their file.
        """
        account = self._accounts.find(vendor, name)
        if account is None:
            self._count(NOBODY, NOBODY, Outcome.UNSIGNED)
            raise Unauthenticated("no such account", mend="add it to the file of accounts: see docs/connectors.md")
        if account.connector.greets(delivery):
            self._count(vendor, name, Outcome.GREETED)
            self._greeted[vendor, name] = delivery.received_at
            return Taken(Outcome.GREETED), account.connector.acknowledgement
        self._verify(account, delivery)
        found = self._read(account, delivery)
        taken = _taken(found)
        record = partial(store.add_delivery, vendor=vendor, account=name, received_at=delivery.received_at, taken=taken)
        await self._intake.take_at_once(account, found, record)
        self._count(vendor, name, taken.outcome)
        return taken, account.connector.acknowledgement

    def _verify(self, account: Configured, delivery: Delivery) -> None:
        try:
            account.connector.verify(delivery, account.words, _live(account.secrets()))
        except Unauthenticated:
            self._count(account.vendor, account.name, Outcome.UNSIGNED)
            self._unsigned[account.vendor, account.name] += 1
            raise

    def _read(self, account: Configured, delivery: Delivery) -> Checked:
        """What a delivery says; what cannot be read is told, for sent again it would say the same."""
        topic = delivery.headers.get(account.connector.topic_header, "")
        try:
            reading = account.connector.read(delivery, account.words, account.names)
            return self._intake.checked(reading, account)
        except CadranError as error:
            return Checked(Reading(topic), (), str(error))
        except OverflowError:
            return Checked(Reading(topic), (), "holds a moment that no calendar has - have the vendor send it anew")
        except Exception as error:  # of its text nothing is logged: it may hold what the payload holds
            log.error("a delivery cannot be read", vendor=account.vendor, account=account.name, error=_place(error))  # noqa: TRY400
            return Checked(Reading(topic), (), "cannot be read; the gateway's log names the place in the code")

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
    topic, reason = map(without_addresses, (found.reading.topic, found.fault or found.reading.ignored))
    return Taken(outcome, topic, reason, found.made)


def _place(error: Exception) -> str:
    """The kind of an error, and where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__} at {where}"
