"""Which mutants are tried, by a seed."""

from collections import defaultdict
from collections.abc import Iterable
from random import Random

from tests.mutation.mutants import Mutant


def drawn(mutants: Iterable[Mutant], seed: int) -> list[Mutant]:
    """One mutant of each place, shuffled: any number of the first is a random sample, which more of them only widen."""
    random = Random(seed)
    places: defaultdict[object, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        places[mutant.place].append(mutant)
    one_each = [random.choice(choices) for choices in places.values()]
    random.shuffle(one_each)
    return one_each
