"""What is said of a whole order, on its lines."""

from collections.abc import Sequence

from services.common.money import share
from services.common.order_lines import Line, money_of


def spread(lines: Sequence[Line], name: str, amount: int) -> None:
    """Add an amount of the whole order to a field of its lines, which are `ordered`, in proportion to their amounts;
    no unit is lost."""
    weights = [line.get(money_of(line), 0) for line in lines]
    for line, part in zip(lines, share(amount, weights), strict=True):
        line[name] = line.get(name, 0) + part
