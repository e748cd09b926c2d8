"""The one price among a source's candidates: first which product, then which variant, then which offer."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from services.pricing_watch.reading.conditions import NEW, condition_of
from services.pricing_watch.reading.figures import figures
from services.pricing_watch.reading.identity import (
    are_akin,
    are_two_models,
    bears,
    bears_itself,
    is_the_shop,
    likeness,
    same_page,
    same_variant,
    words,
)
from services.pricing_watch.reading.numbering import Numbering
from services.pricing_watch.records import Candidate, Kind, Obstacle, Role, Stock, Wanted

LIKE = 0.6
"""From this likeness on, two names mean the same product, where the next best is further off than by `APART`."""
APART = 0.15

_NOT_TO_BE_HAD = {Stock.OUT_OF_STOCK, Stock.DISCONTINUED}


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says of its product outside of the source at hand."""

    url: str
    canonical: str | None = None
    names: tuple[str, ...] = ()
    """The heading, the title: what the page calls its product."""
    shop: tuple[str, ...] = ()
    """What the shop is called, by the page and by its host."""
    currency: str | None = None
    """What the page's country pays with."""
    numbering: Numbering | None = None
    """Where its number may stand."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A source's price, or why it has none."""

    candidate: Candidate | None = None
    kind: Kind = Kind.NONE
    obstacle: Obstacle | None = None
    reason: str = ""
    siblings: frozenset[tuple[int | None, str | None]] = frozenset()
    """Prices of the variants beside the one that was named: sources that say these tell of another variant."""
    is_silent: bool = False
    """The source says nothing of the page's product: a less trusted one may speak for itself."""


def choose(candidates: Sequence[Candidate], wanted: Wanted, around: Surroundings) -> Choice:
    """The price of the product that is wanted, or of the page's own."""
    meant = _product(candidates, wanted, around)
    if isinstance(meant, Choice):
        return meant
    variants = _variants(meant)
    if len(variants) > 1:
        return _among_variants(variants, wanted, around)
    choice = _among_offers(meant, wanted, around)
    siblings = [one for one in candidates if one.role is Role.VARIANT and one not in meant]
    return _beside(choice, siblings) if siblings or any(one.role is Role.VARIANT for one in meant) else choice


def _beside(choice: Choice, siblings: Iterable[Candidate]) -> Choice:
    """The choice of one variant among others."""
    prices = frozenset((one.price_minor, one.currency) for one in siblings)
    return msgspec.structs.replace(choice, kind=Kind.VARIANTS, siblings=prices)


def _product(candidates: Sequence[Candidate], wanted: Wanted, around: Surroundings) -> list[Candidate] | Choice:
    """The candidates of the product that is meant, its variants with it."""
    own = [candidate for candidate in candidates if candidate.role is not Role.RELATED]
    if wanted.sku or wanted.gtin:
        named = [candidate for candidate in own if bears(candidate, wanted)]
        if named:
            return [one for one in named if one.role is not Role.LISTED] or named
    own = [candidate for candidate in own if candidate.role is not Role.LISTED]
    if not own:
        return _silent("it tells of no product that is the page's own")
    groups = _by(own, _same_product)
    meant = own if len(groups) == 1 else _main(groups, wanted, around)
    if meant is None and len({one.product for one in own}) == 1:
        meant = own
    if meant is None:
        names = sorted({candidate.name or candidate.product for candidate in own})[:3]
        return Choice(obstacle=Obstacle.AMBIGUOUS, reason=f"it holds several products: {', '.join(names)}")
    if not any(_is_the_pages(candidate, wanted, around) for candidate in meant):
        name = meant[0].name
        return _silent(f"it tells of {name!r}, which the page is not about, as it seems")
    problem = _another(meant, wanted, around)
    return Choice(obstacle=Obstacle.OTHER_PRODUCT, reason=problem) if problem else meant


def _same_product(candidate: Candidate) -> str:
    """What the candidates of one product have in common: pages describe a product in two places by the same name."""
    if candidate.role is Role.VARIANT:
        return "variants"
    return " ".join(sorted(words(candidate.name or ""))) or candidate.product


def _silent(reason: str) -> Choice:
    return Choice(obstacle=Obstacle.NO_PRICE, reason=reason, is_silent=True)


def _main(groups: dict[str, list[Candidate]], wanted: Wanted, around: Surroundings) -> list[Candidate] | None:
    """The product that the page is about: so called by it, at its address, or named as its heading."""
    tests: tuple[Callable[[Candidate], bool], ...] = (
        lambda candidate: candidate.role is Role.MAIN,
        lambda candidate: same_page(candidate.url, around.canonical) or same_page(candidate.url, around.url),
    )
    for test in tests:
        found = _one_group(group for group in groups.values() if any(test(candidate) for candidate in group))
        if found is not None:
            return found
    for names in ([wanted.name] if wanted.name else []), around.names:
        best = _best_named(list(groups.values()), names)
        if best is not None:
            return best
    return None


def _one_group(groups: Iterable[list[Candidate]]) -> list[Candidate] | None:
    """The only one of these; all as one, where they say the same: pages often describe a product twice."""
    passing = list(groups)
    prices = {(one.price_minor, one.currency) for group in passing for one in group}
    return [one for group in passing for one in group] if len(passing) == 1 or len(prices) == 1 else None


def _is_the_pages(candidate: Candidate, wanted: Wanted, around: Surroundings) -> bool:
    """May it be the page's product? Not one with another name than the page's and another address."""
    if candidate.name is None or not around.names or candidate.role is Role.MAIN:
        return True
    if same_page(candidate.url, around.canonical) or same_page(candidate.url, around.url):
        return True
    akin = [name for name in (*around.names, wanted.name or "") if are_akin(candidate.name, name)]
    may_follow = around.numbering is not None and all(are_two_models(candidate.name, name) for name in akin)
    return bool(akin) and not (may_follow and around.numbering and around.numbering.tells_of_succession())


def _best_named(groups: list[list[Candidate]], names: Iterable[str]) -> list[Candidate] | None:
    """The group with just this name, else the one whose name is like it and like no other's."""
    for name in names:
        same = _one_group(group for group in groups if any(words(one.name or "") == words(name) for one in group))
        if same is not None:
            return same
        scored = [(max(likeness(one.name, name) for one in group), group) for group in groups]
        best = max(score for score, _ in scored)
        close = _one_group(group for score, group in scored if score > best - APART)
        if best >= LIKE and close is not None:
            return close
    return None


def _another(meant: list[Candidate], wanted: Wanted, around: Surroundings) -> str | None:
    """Why the page's product is not the one that is wanted, where their numbers say so."""
    asked = wanted.sku or wanted.gtin
    numbers = sorted({number for candidate in meant for number in candidate.numbers})
    if not asked or not numbers or (around.numbering is not None and around.numbering.calls_it(asked)):
        return None
    return f"the page's product is called {', '.join(numbers[:3])}, not {asked}"


def _by(candidates: Iterable[Candidate], key: Callable[[Candidate], str]) -> dict[str, list[Candidate]]:
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(key(candidate), []).append(candidate)
    return groups


def _variants(candidates: list[Candidate]) -> dict[str, list[Candidate]]:
    """Candidates by the variant that they are of: another product, or another number in an offer of the same one."""
    if any(candidate.role is Role.VARIANT for candidate in candidates):
        return _by(candidates, lambda candidate: candidate.product)
    numbered = {candidate.sku or candidate.gtin for candidate in candidates}
    if len(numbered) > 1 and len({candidate.seller for candidate in candidates}) == 1:
        return _by(candidates, lambda candidate: candidate.sku or candidate.gtin or candidate.where)
    addresses = {candidate.url for candidate in candidates}
    if len(addresses) > 1 and len({candidate.seller for candidate in candidates}) == 1:
        return _by(candidates, lambda candidate: candidate.url or candidate.where)
    return {"": candidates}


def _among_variants(variants: dict[str, list[Candidate]], wanted: Wanted, around: Surroundings) -> Choice:
    chosen = _named_variant(variants, wanted, around)
    if chosen is not None:
        siblings = [one for group in variants.values() for one in group if one not in chosen]
        return _beside(_among_offers(chosen, wanted, around), siblings)
    choices = [_among_offers(group, wanted, around) for group in variants.values()]
    priced = [choice for choice in choices if choice.candidate is not None]
    prices = {(c.candidate.price_minor, c.candidate.currency) for c in priced if c.candidate is not None}
    if not priced:
        return msgspec.structs.replace(choices[0], kind=Kind.VARIANTS)
    if len(prices) == 1:
        to_be_had = [choice for choice in priced if choice.candidate and choice.candidate.stock not in _NOT_TO_BE_HAD]
        return msgspec.structs.replace((to_be_had or priced)[0], kind=Kind.VARIANTS)
    candidates = [choice.candidate for choice in priced if choice.candidate is not None]
    if wanted.cheapest:
        return msgspec.structs.replace(_cheapest(candidates), kind=Kind.VARIANTS)
    return Choice(
        kind=Kind.VARIANTS,
        obstacle=Obstacle.AMBIGUOUS,
        reason=f"its variants differ in price ({figures(candidates)}): name one by its sku or GTIN",
    )


def _named_variant(
    variants: dict[str, list[Candidate]], wanted: Wanted, around: Surroundings
) -> list[Candidate] | None:
    tests: tuple[Callable[[Candidate], bool], ...] = (
        lambda candidate: bears_itself(candidate, wanted),
        lambda candidate: bears(candidate, wanted),
        lambda candidate: same_variant(candidate.url, around.url),
        lambda candidate: candidate.role is Role.MAIN,
    )
    for test in tests:
        passing = [group for group in variants.values() if any(test(candidate) for candidate in group)]
        if len(passing) == 1:
            return passing[0]
    if wanted.name:
        return _best_named(list(variants.values()), [wanted.name])
    return None


def _among_offers(candidates: list[Candidate], wanted: Wanted, around: Surroundings) -> Choice:
    """The new one that can be had; the cheapest only if that is asked for."""
    kind = _kind(candidates)
    usable = [candidate for candidate in candidates if candidate.refused is None and candidate.price_minor is not None]
    if not usable:
        reasons = [candidate.refused for candidate in candidates if candidate.refused] or ["is not stated"]
        says_nothing = not any(candidate.text for candidate in candidates) and set(reasons) <= {"is not stated"}
        return Choice(kind=kind, obstacle=Obstacle.NO_PRICE, reason=f"its price {reasons[0]}", is_silent=says_nothing)
    new = [candidate for candidate in usable if condition_of(candidate) == NEW]
    if not new:
        return Choice(
            kind=kind,
            obstacle=Obstacle.CONDITION,
            reason=f"only offers that are {condition_of(usable[0])} have a price ({figures(usable)})",
        )
    right = _in_currency(new, wanted, around)
    if not right:
        stated = sorted({candidate.currency or "none" for candidate in new})
        asked = wanted.currency or "its country's"
        return Choice(kind=kind, obstacle=Obstacle.CURRENCY, reason=f"it is in {', '.join(stated)}, not in {asked}")
    if len(right) < len(new):
        kind = _kind(right)
    with_tax = [candidate for candidate in right if candidate.tax_included]
    right = [candidate for candidate in right if candidate.tax_included is not False] if with_tax else right
    to_be_had = [candidate for candidate in right if candidate.stock not in _NOT_TO_BE_HAD] or right
    return _one_of(to_be_had, _kind(right) if with_tax else kind, wanted, around)


def _one_of(offers: list[Candidate], kind: Kind, wanted: Wanted, around: Surroundings) -> Choice:
    if wanted.cheapest:
        return msgspec.structs.replace(_cheapest(offers), kind=kind)
    single = [offer for offer in offers if offer.high_minor in {None, offer.price_minor}]
    if len({offer.price_minor for offer in single}) == 1:
        low_ends = {offer.price_minor for offer in offers} - {offer.price_minor for offer in single}
        if not low_ends and len(single) == len(offers):
            return Choice(candidate=single[0], kind=kind)
    own = [offer for offer in single if is_the_shop(offer.seller, around.shop)]
    if len({offer.price_minor for offer in own}) == 1:
        return Choice(candidate=own[0], kind=kind)
    ranges = [offer for offer in offers if offer not in single]
    reason = f"it states {figures(offers)}" if not ranges else f"it states a range from {figures(ranges)}"
    return Choice(
        kind=kind, obstacle=Obstacle.AMBIGUOUS, reason=f"{reason}, and none of them is clearly the page's price"
    )


def _cheapest(offers: list[Candidate]) -> Choice:
    return Choice(candidate=min(offers, key=lambda offer: offer.price_minor or 0))


def _in_currency(candidates: list[Candidate], wanted: Wanted, around: Surroundings) -> list[Candidate]:
    codes = {candidate.currency for candidate in candidates}
    if wanted.currency:
        return [candidate for candidate in candidates if candidate.currency == wanted.currency]
    if len(codes) <= 1:
        return candidates
    return [candidate for candidate in candidates if candidate.currency == around.currency]


def _kind(candidates: list[Candidate]) -> Kind:
    sellers = {candidate.seller for candidate in candidates}
    is_range = any(candidate.high_minor is not None for candidate in candidates)
    return Kind.AGGREGATE if is_range or len(sellers) > 1 or _differ(candidates) else Kind.SINGLE


def _differ(candidates: list[Candidate]) -> bool:
    new = [one for one in candidates if one.refused is None and condition_of(one) == NEW]
    return len({one.price_minor for one in new}) > 1
