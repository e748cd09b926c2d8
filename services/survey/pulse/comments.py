"""What the team's reader may read of the free text."""

from collections.abc import Sequence
from random import Random

FEWEST_FOR_COMMENTS = 10
"""Answers that a team must have given before its comments are shown: words tell more of a person than a score does."""


def comments_to_show(comments: Sequence[str], answered: int, order: Random) -> list[str]:
    """The comments of one team's closed round, in an order that says nothing; none where too few answered.

    There is no such list for the total: less the teams that are shown it would be that of a small one.
    """
    return order.sample(comments, len(comments)) if answered >= FEWEST_FOR_COMMENTS else []
