"""Why a price that one source states alone, and that visitors do not see, is not believed.

Templates are copied with another product's data, shops fill in `1` or `9999` until a price is known, and accessories
and packs are called after what they are for.
"""

import re

from services.common.money import to_major
from services.pricing_watch.reading.choosing import Surroundings
from services.pricing_watch.reading.figures import figures
from services.pricing_watch.reading.identity import bears, likeness, same_page
from services.pricing_watch.records import Candidate, Method, Role, Wanted

NAMESAKE = 0.75
"""From this likeness on, a name is the page's own."""

_FILLED_IN = re.compile(r"1|9999|9999\.9{1,2}|999\.99|1111|12345?|1234\.56")
_ANOTHER = re.compile(
    r"\+|\b(?:for|pour|für|per|para|voor|till|compatible|kompatibel|compatibile|lot de|pack of|set of|set de|bundle|"
    r"\d+er[ -]?(?:pack|set)|pack de|confezione da|duo|trio)\b|\bx ?\d+\b|\b\d+ ?x\b",
    re.IGNORECASE,
)
"""Words that make a pack or an accessory of a product's name."""


def doubt_of_one(found: Candidate, wanted: Wanted, around: Surroundings) -> str | None:
    """Why a price that nothing else confirms may be another's, or none."""
    if found.price_minor is None or found.currency is None:
        return None
    told = figures([found])
    if _FILLED_IN.fullmatch(f"{to_major(found.price_minor, found.currency).normalize():f}"):
        return f"{told} may stand for a price that is not told, and nothing else on the page states it"
    names = [name for name in (*around.names, wanted.name) if name]
    if found.method is Method.META and found.name in names and len(names) > 1:
        names.remove(found.name)
    if found.name is None or not names or found.role in {Role.MAIN, Role.VARIANT} or bears(found, wanted):
        return None
    is_own = found.method is not Method.META and same_page(found.url, around.url)
    if not is_own and max(likeness(found.name, name) for name in names) < NAMESAKE:
        return f"{told} is of {found.name!r}, which the page is not about, as it seems"
    if _ANOTHER.search(found.name) and not any(_ANOTHER.search(name) for name in names):
        return f"{told} is of {found.name!r}, a pack or an accessory of what the page is about"
    return None
