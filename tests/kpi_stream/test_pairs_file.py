"""The file of pairs: read whole, or refused with every fault, its line and the mend; other pairs make another state."""

from pathlib import Path

import pytest

from services.common.errors import ConfigurationError
from services.common.settings import ROOT, Settings
from services.common.yaml_files import Document
from services.kpi_stream.declared import declared_by
from services.kpi_stream.live_state import require_fit
from services.kpi_stream.pairs_file import PAIRS, Pairs, load_pairs, pairs_of
from services.kpi_stream.state_version import StateVersion, digest
from services.simulator.company import PAIRS as SOLD_TOGETHER

GOOD = """\
# comments
pairs:
  DESK-1.5: [LAMP-01, CHAIR-01]
  007:
    - "on"
"""


def read(text: str) -> tuple[Pairs, list[tuple[int, str]]]:
    """The pairs of a text, and its faults."""
    document = Document(text, PAIRS)
    found = pairs_of(document)
    return found, [(line, str(error)) for line, error in document.faults]


def file_of(folder: Path, text: str) -> Path:
    path = folder / "pairs.yml"
    path.write_text(text)
    return path


def test_skus_stay_as_they_are_written() -> None:
    assert read(GOOD) == ({"007": ("on",), "DESK-1.5": ("CHAIR-01", "LAMP-01")}, [])


def test_none_are_declared_by_an_empty_mapping_or_an_empty_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_pairs(file_of(tmp_path, "pairs: {}")) == {}
    monkeypatch.setenv("CADRAN_PAIRS", "")
    assert declared_by(Settings.load()).pairs == {}


def test_what_the_repository_ships_are_the_pairs_of_the_simulated_company(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever folder a process is started in."""
    monkeypatch.chdir("/")
    assert declared_by(Settings.load()).pairs == {base: (offered,) for base, offered in SOLD_TOGETHER.items()}


BAD = {
    "a sku alone": ("[LAMP-01, CHAIR-01]", "LAMP-01", 3, "pairs.DESK-1.5: expected a list, got text - send a list"),
    "nothing": ("[LAMP-01, CHAIR-01]", "", 3, "pairs.DESK-1.5: is empty - send a list of skus, or leave it out"),
    "an empty list": ("[LAMP-01, CHAIR-01]", "[]", 3, "pairs.DESK-1.5: expected a list of length >= 1"),
    "an empty sku": ('- "on"', '- ""', 4, "pairs.007: expected text of length >= 1"),
    "a list in a list": ('- "on"', "- [on]", 4, "pairs.007: expected text, got a list"),
    "a sku that goes with itself": ('- "on"', '- "on"\n    - 007', 6, "pairs.007: goes with itself - leave it out"),
    "a sku twice": ("[LAMP-01, CHAIR-01]", "[A,\n    B,\n    A]", 5, "pairs.DESK-1.5: has 'A' twice - leave one out"),
    "a base twice": ("  007:", "  DESK-1.5:", 4, "DESK-1.5: stands twice"),
    "a misspelt word": ("pairs:", "pair:", 2, "pair: is no field here - did you mean pairs?"),
    "a control character": ('"on"', '"o\\tn"', 5, r"pairs: 'o\tn' holds a control character - write it without"),
    "one in a base": ("  007:", '  "0\\x7f":', 4, r"pairs: '0\x7f' holds a control character"),
    "one at the end": ('"on"', '"on\\n"', 5, r"pairs: 'on\n' holds a control character"),
    "no pairs": (GOOD[GOOD.index("pairs:") :], "pairs:", 2, "pairs: is empty - send by base sku a list of those"),
    "a list of pairs": (GOOD[GOOD.index("pairs:") :], "pairs: [DESK]", 2, "pairs: expected an object, got a list"),
    "half a file": (GOOD, "", 1, "pairs: is missing - send by base sku a list of those that go with it"),
    "no mapping at all": (GOOD, "- DESK", 1, "expected an object, got a list"),
    "no YAML": ("LAMP-01, CHAIR-01]", "LAMP-01", 4, "is no YAML"),
}


def listed(base: str, count: int) -> str:
    return f"  {base}: [{', '.join(f's{i}' for i in range(count))}]\n"


def test_at_most_100_are_offered_with_one_and_10_000_in_all() -> None:
    found, faults = read("pairs:\n" + "".join(listed(f"b{i}", 100) for i in range(100)))
    assert (sum(map(len, found.values())), faults) == (10_000, [])
    too_many = "".join(listed(f"b{i}", 100) for i in range(100)) + listed("c", 1)
    assert read(f"pairs:\n{too_many}") == (
        {},
        [(1, "pairs: holds 10001 pairs - declare at most 10000")],
    )
    assert read(f"pairs:\n  a: {'x' * 20_000}")[1][0][1].startswith("pairs.a: expected a list, got text")
    told = "pairs.b: expected a list of length <= 100 - send a list of at most 100 skus, for example [LAMP-01]"
    assert read("pairs:\n" + listed("a", 1) + listed("b", 101)) == ({"a": ("s0",)}, [(3, told)])


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_line_and_the_mend(name: str) -> None:
    found, instead, line, told = BAD[name]
    assert found in GOOD
    faults = read(GOOD.replace(found, instead))[1]
    assert faults[0][0] == line
    assert told in faults[0][1]


def test_every_fault_is_told_at_once_beneath_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_pairs(file_of(tmp_path, "pairs:\n  A: [A]\n  B: [C, C]\n"))
    assert str(refused.value) == (
        "CADRAN_PAIRS: the file of pairs cannot be used:\n"
        "  pairs.yml line 2: pairs.A: goes with itself - leave it out, or name another sku\n"
        "  pairs.yml line 3: pairs.B: has 'C' twice - leave one out"
    )


def test_a_file_that_is_named_and_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CADRAN_PAIRS", str(tmp_path / "none.yml"))
    with pytest.raises(ConfigurationError, match=r"CADRAN_PAIRS: .*none.yml cannot be read: No such file .*offers.md"):
        declared_by(Settings.load())


def test_other_pairs_need_a_rebuild_and_the_same_ones_in_another_order_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made_by(text: str) -> str:
        monkeypatch.setenv("CADRAN_PAIRS", str(file_of(tmp_path, text)))
        settings = Settings.load()
        return digest(settings, declared_by(settings))

    one = made_by("pairs:\n  A: [B, C]\n  D: [E]\n")
    assert made_by("pairs:\n  D: [E] # the same\n  A: [C, B]\n") == one
    assert made_by("pairs:\n  A: [B]\n  D: [E]\n") != one
    settings = Settings.load()
    state = StateVersion("v", one, "cluster", {}, settings.partitions, settings.shards, settings.entity_hashes)
    with pytest.raises(ConfigurationError, match=r"other pairs of products - run `cadran rebuild`"):
        require_fit(state, settings, declared_by(settings))


def test_docs_name_the_file_that_there_is() -> None:
    assert (ROOT / PAIRS.page).exists()
