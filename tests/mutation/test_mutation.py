"""What the measure of the tests does itself: draws, puts in, keeps and counts. Cosmic Ray makes the changes."""

import gc
import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mutation.apart import apart
from tests.mutation.drawing import drawn
from tests.mutation.equivalents import EQUIVALENTS
from tests.mutation.mutants import Mutant
from tests.mutation.outcome import Outcome
from tests.mutation.patching import Loaded
from tests.mutation.record import Record
from tests.mutation.report import Tried

ROOT = Path(__file__).resolve().parents[2]
MODULE = """
from functools import cache

@cache
def twice(n):
    return n * 2

def adder(n):
    def add(m):
        return m + n
    return add

class Counter:
    @property
    def one(self):
        return 1
"""


def mutant(line: int = 1, operator: str = "NumberReplacer", occurrence: int = 0, path: str = "a.py") -> Mutant:
    return Mutant(path, operator, occurrence, (line, 0))


many = st.lists(
    st.builds(mutant, st.integers(1, 9), st.sampled_from(["Add_Sub", "Add_Mul", "AddNot"]), st.integers(0, 99)),
    unique=True,
)


@given(many, st.integers())
def test_one_is_drawn_of_each_place(mutants: list[Mutant], seed: int) -> None:
    found = drawn(mutants, seed)
    assert sorted(each.place for each in found) == sorted({each.place for each in mutants})
    assert set(found) <= set(mutants)
    assert drawn(mutants, seed) == found


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("changed", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    path = tmp_path / "changed.py"
    path.write_text(MODULE)
    return load(path)


def test_a_change_reaches_whoever_holds_the_function(module: ModuleType) -> None:
    """Decorated, remembered, made by another, of a class: and whatever was worked out before is forgotten."""
    twice, adder, counter = module.twice, module.adder, module.Counter()
    assert (twice(3), adder(1)(2), counter.one) == (6, 3, 1)
    text = MODULE.replace("n * 2", "n * 5").replace("m + n", "m - n").replace("return 1", "return 7")
    Loaded().put_in(Path(module.__file__ or ""), text)
    assert (twice(3), adder(1)(2), counter.one) == (15, 1, 7)


def test_what_was_frozen_before_is_found_and_what_is_not_loaded_is_not(module: ModuleType) -> None:
    path = Path(module.__file__ or "")
    gc.freeze()
    loaded = Loaded()
    assert loaded.holds(path)
    assert not loaded.holds(path.with_name("other.py"))
    loaded.put_in(path, MODULE.replace("return 1", "return 7"))
    assert module.Counter().one == 7


def test_a_change_that_closes_over_something_else_is_refused(module: ModuleType) -> None:
    held = module.adder(1)
    with pytest.raises(ValueError, match="free vars"):
        Loaded().put_in(Path(module.__file__ or ""), MODULE.replace("m + n", "m + m"))
    assert held(2) == 3


def test_what_is_done_apart_leaves_nothing_here() -> None:
    here: list[int] = []

    def work() -> list[int]:
        here.append(1)
        return here

    assert apart(work) == [1]
    assert here == []


def test_what_was_tried_is_kept_until_the_module_is_changed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one")
    record = Record(tmp_path / "kept" / "outcomes.jsonl", tmp_path)
    record.add(mutant(1), Outcome.KILLED)
    record.add(mutant(2), Outcome.SURVIVED)
    again = Record(record.path, tmp_path)
    assert again.outcome(mutant(1)) is Outcome.KILLED
    assert list(again.survivors()) == [mutant(2)]
    again.add(mutant(2), Outcome.KILLED)
    assert list(Record(record.path, tmp_path).survivors()) == []
    (tmp_path / "a.py").write_text("two")
    assert Record(record.path, tmp_path).outcome(mutant(1)) is None


@given(st.lists(st.sampled_from(Outcome), max_size=60).filter(lambda found: set(found) - {Outcome.UNFIT}))
def test_the_score_is_of_what_could_be_noticed(found: Sequence[Outcome]) -> None:
    outcomes = dict(enumerate(found, 1))

    class Kept:
        def outcome(self, each: Mutant) -> Outcome | None:
            return outcomes.get(each.line)

    mutants = [mutant(line, path="tests/mutation/test_mutation.py") for line in outcomes]
    tried = Tried(100, mutants, Kept(), ROOT)  # type: ignore[arg-type]
    dead = sum(each in (Outcome.KILLED, Outcome.TIMED_OUT) for each in found)
    counted = sum(each is not Outcome.UNFIT for each in found)
    assert tried.score == dead / counted
    low, high = tried.interval
    assert low - 1e-9 <= tried.score <= high + 1e-9


@cache
def lines(path: str) -> list[str]:
    place = ROOT / path
    files = place.rglob("*.py") if place.is_dir() else [place]
    return [line for file in files for line in file.read_text().splitlines()]


def test_every_equivalent_is_still_there() -> None:
    """A reason for what is gone would hide what takes its place."""
    gone = [each for each in EQUIVALENTS if not any(each.text in line for line in lines(each.path))]
    assert gone == []
    assert all(each.why for each in EQUIVALENTS)
