"""Are the groups as large as they were drawn to be? A check of the sample ratio, pure."""

from collections.abc import Sequence
from math import erfc, sqrt
from typing import Literal, NamedTuple

import msgspec

from services.ingest.campaigns.records import Group

FEWEST = 30
FEWEST_EXPECTED = 5.0
"""In either group: with fewer, chi-square is not yet distributed as it is read (Cochran, 1954)."""
ALARM = 0.001
"""Low, as the check is looked at again and again while customers are drawn."""


class Tally(NamedTuple):
    """How many were drawn into a group while a share was in force."""

    share: float
    group: Group
    customers: int


class Balance(msgspec.Struct, omit_defaults=True):
    """What the check says. `p`: how often chance alone is at least so far off."""

    verdict: Literal["balanced", "unbalanced", "too_few"]
    text: str
    expected_contact: float
    chi_square: float | None = None
    p: float | None = None


def drawn_into(group: Group, tallies: Sequence[Tally]) -> int:
    return sum(tally.customers for tally in tallies if tally.group is group)


def check_balance(tallies: Sequence[Tally]) -> Balance:
    """Compare who was drawn to be contacted with the shares in force when each was drawn.

    Pearson's chi-square with one degree of freedom, for draws of unequal shares: (contacted - sum of shares)^2 / sum of
    share x (1 - share), of which the root is normal, so that p = erfc(sqrt(chi^2 / 2)).
    """
    drawn = sum(tally.customers for tally in tallies)
    contact = drawn_into(Group.CONTACT, tallies)
    expected = sum(tally.share * tally.customers for tally in tallies)
    fewest = min(expected, drawn - expected)
    if drawn < FEWEST or fewest < FEWEST_EXPECTED:
        text = (
            f"too few to say: {drawn:,} drawn, of whom {fewest:,.1f} are expected in the smaller group; "
            f"it takes {FEWEST} and {FEWEST_EXPECTED:.0f}"
        )
        return Balance("too_few", text, expected)
    chi_square = (contact - expected) ** 2 / sum(t.customers * t.share * (1 - t.share) for t in tallies)
    p = erfc(sqrt(chi_square / 2))
    found = f"{contact:,} of {drawn:,} drawn to be contacted, {expected:,.1f} expected"
    if p >= ALARM:
        return Balance("balanced", f"balanced: {found}", expected, chi_square, p)
    warning = (
        f"not as it was drawn: {found}; chance is so far off less than once in {1 / ALARM:,.0f} times. "
        "Find out why before you compare these groups: were assignments deleted or changed in the database?"
    )
    return Balance("unbalanced", warning, expected, chi_square, p)
