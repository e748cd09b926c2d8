"""From a page to a reading. Never raises, whatever the page holds."""

from services.pricing_watch.reading.choosing import Surroundings, choose
from services.pricing_watch.reading.document import Document, Unreadable
from services.pricing_watch.reading.json_ld import read_json_ld
from services.pricing_watch.reading.page_style import page_style
from services.pricing_watch.records import Obstacle, Page, Reading, Wanted


def read_page(page: Page, wanted: Wanted) -> Reading:
    """The price of the product that is wanted, or why there is none."""
    try:
        document = Document(page)
    except Unreadable as why:
        return Reading(obstacle=Obstacle.UNREADABLE, reason=f"the page cannot be read: {why}")
    style = page_style(document, wanted)
    candidates = read_json_ld(document, style)
    around = Surroundings(url=page.url, canonical=document.canonical)
    choice = choose(candidates, wanted, around)
    if choice.candidate is None:
        return Reading(kind=choice.kind, obstacle=choice.obstacle, reason=choice.reason, candidates=tuple(candidates))
    found = choice.candidate
    return Reading(
        price_minor=found.price_minor,
        currency=found.currency,
        list_price_minor=found.list_price_minor,
        stock=found.stock,
        kind=choice.kind,
        method=found.method,
        confidence=0.8,
        reason=f"JSON-LD states it at {found.where}",
        candidates=tuple(candidates),
    )
