"""What a whole object says of a lead: what it is, whose it was, and how it stood since when, from its history."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from services.common.errors import Invalid
from services.common.events.leads import LeadCreated
from services.ingest.connectors.connector import Said
from services.ingest.connectors.reading import prospects
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import by_table, from_milliseconds, milliseconds, minor
from services.ingest.connectors.reading.prospects import Prospect, Turn
from services.ingest.connectors.vendors.hubspot.account import HubspotAccount, Kind, Outcome
from services.ingest.connectors.vendors.hubspot.payloads import Object
from services.ingest.connectors.vendors.hubspot.statements import (
    AMOUNT,
    CLOSED,
    OWNER,
    STAGED,
    UNKNOWN,
    WON,
    About,
    Money,
    lead_id,
)

ABOVE_EVENTS = 2
"""How far above its last update an object's revision is: what an event says is at most 1 above its moment."""


class Life:
    """An object that is a lead."""

    def __init__(self, item: Object, kind: Kind, account: HubspotAccount) -> None:
        self._item = item
        self._kind = kind
        self._account = account
        self._about = About(kind, item.id, milliseconds(item.updated_at) + ABOVE_EVENTS)
        self._amounts = item.history(AMOUNT)
        self._currency = item.text("deal_currency_code").upper() or account.currency

    def said(self, customer: str | None, names: Names) -> Iterator[Said]:
        """All of it. `customer`: who it is about, if anyone is known."""
        yield self._created(customer)
        for at, owner in self._owners():
            yield self._about.assigned(from_milliseconds(at, "timestamp"), owner, names)
        yield from self._standings()
        for one in self._item.text("hs_merged_object_ids").split(";"):
            if one.strip() not in ("", self._item.id):
                yield self._about._replace(identifier=one.strip()).merged(self._item.created_at, self._item.id)

    def restored(self, at: datetime) -> Said:
        """How it stands when it is back after it was deleted."""
        turns = [Turn(from_milliseconds(since, "timestamp"), outcome) for since, outcome in self._outcomes()]
        money = self._money(self._item.text(AMOUNT))
        prospect = Prospect(
            lead_id(self._kind, self._item.id),
            self._about.kind_of_lead,
            self._item.created_at,
            self._item.updated_at,
            rep=None,
            amount=money.amount,
            currency=money.currency,
        )
        return prospects.restored(prospect, at, turns)

    def unpriced(self) -> str:
        """Why an amount is left out; empty: none is."""
        for text in (self._item.text(AMOUNT), *(text for _, text in self._amounts)):
            try:
                self._exactly(text)
            except Invalid as error:
                return str(error)
        return ""

    def _created(self, customer: str | None) -> Said:
        source = self._item.text("hs_analytics_source")
        country = self._item.text("hs_country_region_code")
        money = self._money(self._item.text(AMOUNT))
        data = LeadCreated(
            kind=self._about.kind_of_lead,
            source=by_table(source, self._account.sources) if source else None,
            region=by_table(country, self._account.regions) if country else None,
            customer_id=customer,
            amount_minor=money.amount,
            currency=money.currency,
            revision=self._about.revision,
        )
        return self._about.says(self._item.created_at, data)

    def _owners(self) -> list[tuple[int, str]]:
        owner = self._item.text(OWNER)
        now = [(milliseconds(self._item.created_at), owner)] if owner else []
        return self._item.history(OWNER) or now

    def _standings(self) -> Iterator[Said]:
        """How it stood since when. An opening is said only of what was closed before.

        What a closing brought is what was last said of it before it stood otherwise.
        """
        points = self._outcomes()
        was_closed = False
        for i, (at, outcome) in enumerate(points):
            if outcome != "open" or was_closed:
                until = next((then for then, other in points[i + 1 :] if other != outcome), None)
                text = _then(self._amounts, until - 1) if until else self._item.text(AMOUNT)
                yield self._about.stands(from_milliseconds(at, "timestamp"), outcome, self._money(text))
            was_closed = was_closed or outcome != "open"

    def _outcomes(self) -> list[tuple[int, Outcome]]:
        """What each moment says that says anything: a stage by the account's table, else a deal's two marks."""
        found: dict[int, Outcome] = {}
        if self._kind == "deal":
            won, closed = self._item.history(WON), self._item.history(CLOSED)
            for at, _ in (*won, *closed):
                is_won, is_closed = _then(won, at) == "true", _then(closed, at) == "true"
                found[at] = "won" if is_won else "lost" if is_closed else "open"
        for name in STAGED[self._kind]:
            stages = self._item.history(name)
            found |= {at: outcome for at, stage in stages if (outcome := self._account.outcome(stage))}
        return sorted(found.items())

    def _money(self, text: str) -> Money:
        """An amount in minor units. One that cannot be is left out: the lead is one all the same."""
        with suppress(Invalid):
            return self._exactly(text)
        return UNKNOWN

    def _exactly(self, text: str) -> Money:
        return Money(minor(text, self._currency, AMOUNT), self._currency) if text and self._currency else UNKNOWN


def _then(history: list[tuple[int, str]], at: int) -> str:
    """What a property was at a time."""
    return next((value for since, value in reversed(history) if since <= at), "")
