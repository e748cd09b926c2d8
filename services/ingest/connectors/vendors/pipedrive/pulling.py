"""Asking Pipedrive's API: a deal with its changelog, and all that was updated since a time.

Deals and activities are listed by the time of their update, from a cursor on. Leads can only be sorted by it, and not
be asked for from a time on: they are read from the latest back, until that time.
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

import msgspec

from services.ingest.connectors.asking.terms import ApiTerms
from services.ingest.connectors.asking.vendor_api import VendorApi
from services.ingest.connectors.connector import Page, Reading, Wanted
from services.ingest.connectors.reading import prospects
from services.ingest.connectors.reading.listing import readable, readable_when_asked
from services.ingest.connectors.reading.names import Names
from services.ingest.connectors.reading.payloads import read_json
from services.ingest.connectors.vendors.pipedrive.payloads import Activity, Change, Deal, Lead
from services.ingest.connectors.vendors.pipedrive.reading import (
    PipedriveAccount,
    activity_reading,
    of_deal,
    of_lead,
    with_history,
)

API = "https://api.pipedrive.com"
PAUSE = 0.15
"""Seconds: the smallest plan allows 20 requests in 2 seconds."""
SIZE = 100
OVERLAP = 10
"""Leads of a page that are asked for again with the next: so many may be deleted meanwhile, and move the others up."""
OLDER = Reading("lead", ignored="it was not updated since")
STREAMS: Final = ("deals", "deals/archived", "leads", "leads/archived", "activities")


class _Extra(msgspec.Struct):
    next_cursor: str | None = None


class _Listed(msgspec.Struct):
    data: list[msgspec.Raw] | None = None
    additional_data: _Extra | None = None


class _One(msgspec.Struct):
    data: msgspec.Raw


_numbers = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def terms(account: PipedriveAccount, token: str) -> ApiTerms:
    return ApiTerms(account.api or API, {"x-api-token": token}, PAUSE)


async def fetch(api: VendorApi, wanted: Wanted, account: PipedriveAccount, names: Names) -> Reading:
    """A deal with its history: what a webhook does not tell is who owned it before, and how it stood."""
    answer = await api.get(f"/api/v2/deals/{wanted.object_id}")
    return await _deal(api, read_json(answer.content, _One).data, account, names)


async def pages(
    api: VendorApi, since: datetime, cursor: str, account: PipedriveAccount, names: Names
) -> AsyncGenerator[Page, None]:
    """The streams, one after the other. A cursor is the stream's name, and where to go on in it."""
    stream, _, place = cursor.partition(":")
    begin = STREAMS.index(stream) if stream in STREAMS else 0
    for at, name in enumerate(STREAMS[begin:], begin):
        following = f"{STREAMS[at + 1]}:" if at + 1 < len(STREAMS) else ""
        more = True
        while more:
            readings, place = await _page(api, name, since, place, account, names)
            more = bool(place)
            yield Page(readings, f"{name}:{place}" if more else following)


async def _page(
    api: VendorApi, stream: str, since: datetime, place: str, account: PipedriveAccount, names: Names
) -> tuple[Sequence[Reading], str]:
    if stream.startswith("leads"):
        return await _leads(api, stream, since, int(place or 0), account, names)
    query: dict[str, str | int] = {
        "updated_since": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sort_by": "update_time",
        "sort_direction": "asc",
        "limit": SIZE,
        **({"cursor": place} if place else {}),
    }
    listed = read_json((await api.get(f"/api/v2/{stream}", **query)).content, _Listed)
    following = _next(listed.additional_data)
    if stream == "activities":
        return [readable("activity", partial(_activity, each, names)) for each in listed.data or ()], following
    readings = [await readable_when_asked("deal", _deal(api, each, account, names)) for each in listed.data or ()]
    return readings, following


def _next(extra: _Extra | None) -> str:
    return (extra and extra.next_cursor) or ""


async def _deal(api: VendorApi, raw: msgspec.Raw, account: PipedriveAccount, names: Names) -> Reading:
    """Of a deleted deal nothing is said: the API does not tell whether it was merged."""
    deal = read_json(raw, Deal)
    if deal.is_deleted:
        return Reading("deal", ignored="deleted")
    prospect = of_deal(deal, account, names)
    return Reading("deal", tuple(with_history(prospect, await _changes(api, deal), names)))


def _activity(raw: msgspec.Raw, names: Names) -> Reading:
    return activity_reading(read_json(raw, Activity), names)


async def _changes(api: VendorApi, deal: Deal) -> list[Change]:
    found: list[Change] = []
    cursor = ""
    while True:
        query: dict[str, str | int] = {"limit": SIZE, **({"cursor": cursor} if cursor else {})}
        page = read_json((await api.get(f"/api/v1/deals/{deal.id}/changelog", **query)).content, _Listed)
        found += [read_json(each, Change) for each in page.data or ()]
        cursor = _next(page.additional_data)
        if not cursor:
            return found


async def _leads(
    api: VendorApi, stream: str, since: datetime, start: int, account: PipedriveAccount, names: Names
) -> tuple[Sequence[Reading], str]:
    answer = await api.get(f"/api/v1/{stream}", sort="update_time DESC", start=start, limit=SIZE)
    listed = read_json(answer.content, _Listed).data or []
    readings = [readable("lead", partial(_lead, each, since, account, names)) for each in listed]
    recent = [reading for reading in readings if reading is not OLDER]
    is_last = len(listed) < SIZE or len(recent) < len(readings)
    return recent, "" if is_last else str(start + SIZE - OVERLAP)


def _lead(raw: msgspec.Raw, since: datetime, account: PipedriveAccount, names: Names) -> Reading:
    """Leads have no changelog."""
    prospect = of_lead(_read_lead(raw), account, names)
    if prospect.updated < since:
        return OLDER
    said = (*prospects.state(prospect), *prospects.owners(prospect), *prospects.since_update(prospect))
    return Reading("lead", said)


def _read_lead(raw: msgspec.Raw) -> Lead:
    """Version 1 of the API has custom fields beside a lead's own."""
    lead = read_json(raw, Lead)
    return msgspec.structs.replace(lead, custom_fields=_numbers.decode(raw))
