"""What is made of a reading: judged, kept, published, and the next one planned, all in one transaction."""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from services.common.errors import NotFound
from services.common.outbox import put
from services.pricing_watch import store
from services.pricing_watch.events import Stating
from services.pricing_watch.fetching.fetcher import Validators
from services.pricing_watch.judging.comparable import MOST_MINOR, comparable
from services.pricing_watch.judging.judgement import Judged, Price, judge_confirmed, judge_missed, judge_price
from services.pricing_watch.reading import VERSION as READER_VERSION
from services.pricing_watch.records import Method, Reading
from services.pricing_watch.store import Version, WatchedPage
from services.pricing_watch.watching import reading_store
from services.pricing_watch.watching.products import CompetitorPage, Product
from services.pricing_watch.watching.reading_store import KeptReading
from services.pricing_watch.watching.schedule import next_attempt, next_reading

READ, GIVEN = "read", "given"
CONFIRMED = 0.85
"""The confidence of a price that stands in more than one place of a page."""


class Seen(NamedTuple):
    """What came of a try: a reading of a page, or why there is none.

    `outcome` is `read`, `given`, or the kind of what stood in the way; `may_pass`: is it to be tried again before the
    reading counts as missed; `is_confirmed`: has whoever gives it looked twice?
    """

    outcome: str
    reason: str
    reading: Reading | None = None
    page_hash: str | None = None
    validators: Validators = Validators()
    may_pass: bool = False
    retry_after: timedelta = timedelta()
    is_confirmed: bool = False


class Pair(NamedTuple):
    """A pair: our product, the competitor's page, and where the pair stands."""

    product: Product
    page: CompetitorPage
    state: WatchedPage

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.page.interval_s)


class Intake:
    """Takes readings in, each in the transaction that it is given."""

    def __init__(self, stating: Stating) -> None:
        self._stating = stating

    def take(self, connection: Connection, pair: Pair, seen: Seen, now: datetime) -> Judged | None:
        """Take in what came of a try; none when it will be tried again before it counts."""
        attempts = pair.state.attempts + 1
        again = next_attempt(now, pair.interval, attempts, seen.retry_after) if seen.may_pass else None
        if again is None:
            return self.settle(connection, pair, seen, now)
        reading_store.add_reading(connection, _kept(pair, seen, now, None, seen.reason))
        store.plan(connection, pair.state.pair_id, again, attempts)
        return None

    def settle(self, connection: Connection, pair: Pair, seen: Seen, now: datetime) -> Judged:
        """Judge what was seen, keep it, and plan what comes next."""
        now = store.time_to_tell(connection, pair.product.sku, now)
        price = seen.reason if seen.reading is None else _price(pair, seen.reading, now)
        belief = pair.state.belief
        if isinstance(price, str):
            judged = judge_missed(belief, price, now)
        elif seen.is_confirmed:
            judged = judge_confirmed(price)
        else:
            judged = judge_price(belief, price, pair.product.own_price_minor, pair.product.currency)
        self._keep(connection, pair, seen, judged, now)
        return judged

    def _keep(self, connection: Connection, pair: Pair, seen: Seen, judged: Judged, now: datetime) -> None:
        id_, before = pair.state.pair_id, reading_store.evidence_of(connection, pair.state)
        kept = _kept(pair, seen, now, judged, judged.reason)
        if before is not None and before.reading == kept.reading:
            kept = msgspec.structs.replace(kept, reading=None)
        reading_id = reading_store.add_reading(connection, kept)
        evidence_id = pair.state.evidence_id if kept.reading is None else reading_id
        # A doubted price must be read anew, and so must a page without one: "not modified" would say nothing.
        is_settled = judged.belief.suspect is None and judged.price is not None
        validators = seen.validators if is_settled else Validators()
        version = Version(validators.etag, validators.last_modified, READER_VERSION)
        store.note(connection, id_, judged.belief, evidence_id, version)
        store.plan(connection, id_, next_reading(now, pair.interval, judged.belief, id_), attempts=0)
        if judged.told is not None:
            event = self._stating.verdict(pair.product, id_, reading_id, judged.told, judged.price, now)
            put(connection, [event])


def _price(pair: Pair, reading: Reading, now: datetime) -> Price | str:
    """What was read as a price that compares with ours, or why it cannot be."""
    if reading.price_minor is None or reading.currency is None:
        return reading.reason
    if reading.tax_included is False and pair.page.vat == "included":
        return "the page says that tax is not in its price: write `vat: excluded` and the rate in the watch list"
    if reading.confidence < CONFIRMED and not _is_valid(reading, now):
        return "by the page's own data this price does not hold now, and nothing else on the page confirms it"
    price = comparable(reading.price_minor, pair.product, pair.page)
    if not 0 < price <= MOST_MINOR:
        return f"of one pack of ours it is {'less than the smallest coin' if price <= 0 else 'beyond measure'}"
    listed = None if reading.list_price_minor is None else comparable(reading.list_price_minor, pair.product, pair.page)
    return Price(
        price_minor=price,
        currency=reading.currency,
        at=now,
        method=reading.method or Method.TEXT,
        list_price_minor=listed if listed is not None and price < listed <= MOST_MINOR else None,
        stock=reading.stock,
    )


def _is_valid(reading: Reading, now: datetime) -> bool:
    """Does the price hold now, as far as the page gives dates? Many shops forget to move them on."""
    has_begun = reading.valid_from is None or reading.valid_from <= now
    return has_begun and (reading.valid_until is None or now < reading.valid_until)


def _kept(pair: Pair, seen: Seen, now: datetime, judged: Judged | None, reason: str) -> KeptReading:
    price = judged.price if judged is not None else None
    return KeptReading(
        pair_id=pair.state.pair_id,
        at=now,
        outcome=seen.outcome,
        verdict=judged.belief.verdict if judged is not None else pair.state.belief.verdict,
        reason=reason,
        price_minor=price.price_minor if price else None,
        currency=price.currency if price else None,
        page_hash=seen.page_hash,
        reading=seen.reading,
    )


def load(connection: Connection, state: WatchedPage | None) -> Pair | None:
    """A pair with its product, if it is still watched."""
    watched = None if state is None else store.product(connection, state.sku)
    if state is None or watched is None or state.pair_id not in watched.product.pairs:
        return None
    return Pair(watched.product, watched.product.pairs[state.pair_id], state)


def find(connection: Connection, sku: str, competitor: str) -> Pair:
    """A pair by its names.

    :raises NotFound: when it is not watched.
    """
    pair = load(connection, store.page(connection, sku, competitor))
    if pair is None:
        raise NotFound(
            f"{competitor!r} is not watched for {sku!r}",
            field="competitor",
            mend="put the pair on the watch list first; `cadran prices watch list` shows those that are",
        )
    return pair
