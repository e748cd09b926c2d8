"""Whatever the order of rows and the sizes of batches, and wherever an import stops: the same events."""

import itertools
import os
import time
from collections import Counter
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.errors import ConfigurationError
from services.ingest.importer import ledger as ledger_module
from services.ingest.importer import run as run_module
from services.ingest.importer.identity import FORGOTTEN_AFTER, forget_old, ledger_path
from services.ingest.importer.ledger import GATHERED, Ledger
from services.ingest.importer.mapping import Mapping, load_mapping
from tests.ingest.importing import Event, Imported, Inbox, a_ledger, carry_out, imported, numbered
from tests.support.dirt import invoice_lines, opportunities

RETAIL = load_mapping(Path("docs/examples/online_retail.yml"))
CRM = load_mapping(Path("docs/examples/crm_pipeline.yml"))
BOTH = msgspec.structs.replace(
    RETAIL,
    events=[
        *RETAIL.events,
        msgspec.convert(
            {
                "type": "customer.contacted",
                "when": {"CustomerID": "."},
                "subject": {"column": "CustomerID"},
                "time": {"column": "InvoiceDate", "format": "%Y-%m-%d %H:%M:%S"},
                "data": {"contact_id": {"column": "InvoiceDate"}, "medium": {"value": "email"}},
            },
            type(RETAIL.events[0]),
        ),
    ],
)
"""Of which some events are of one row and others of several."""

Rows = list[dict[str, str]]
TABLES = {"orders": (RETAIL, invoice_lines), "leads": (CRM, opportunities), "both": (BOTH, invoice_lines)}
SIZES = st.integers(1, 40)


def spoiled(rows: Rows, random: Random) -> Rows:
    """Some rows that cannot be read."""
    for row in rows:
        if random.random() < 0.05:
            row[random.choice(sorted(row))] = "?"
    return rows


def table(name: str, seed: int, count: int) -> tuple[Rows, Mapping]:
    mapping, make = TABLES[name]
    return spoiled(make(Random(seed), count), Random(seed)), mapping


def as_sets(done: Imported) -> tuple[list[str], Counter[str], Counter[str]]:
    """What an import came to, whatever came first; where a line stands is not of the content."""
    return (
        sorted({str(event) for event in done.events}),
        Counter(each.reason for each in done.rejected),
        Counter({name: count for name, count in done.counts.items() if count}),
    )


@given(st.sampled_from(sorted(TABLES)), st.integers(0, 2**32), st.integers(1, 120), SIZES, SIZES, SIZES)
def test_neither_the_order_of_rows_nor_the_size_of_batches_changes_anything(
    name: str, seed: int, count: int, events: int, lines: int, chunk: int
) -> None:
    rows, mapping = table(name, seed, count)
    plain = as_sets(imported(numbered(rows, mapping), mapping))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "BATCH_EVENTS", events)
        patch.setattr(run_module, "BATCH_LINES", lines)
        patch.setattr(ledger_module, "CHUNK", chunk)
        shuffled = Random(seed + 1).sample(rows, len(rows))
        assert as_sets(imported(numbered(shuffled, mapping), mapping)) == plain


@settings(deadline=None)
@given(st.sampled_from(sorted(TABLES)), st.integers(0, 2**32), st.integers(20, 120), st.lists(SIZES, max_size=4))
def test_stopped_anywhere_and_run_again_the_gateway_has_the_same_events(
    name: str, seed: int, count: int, stops: list[int]
) -> None:
    rows, mapping = table(name, seed, count)
    whole = imported(numbered(rows, mapping), mapping)
    taken: list[Event] = []
    with pytest.MonkeyPatch.context() as patch, a_ledger() as ledger:
        patch.setattr(run_module, "BATCH_EVENTS", 3)
        patch.setattr(run_module, "BATCH_LINES", 7)
        for stop in stops:
            inbox = Inbox(fails_after=stop)
            try:
                with Ledger(ledger.path.with_name("stopped.sqlite")) as stopped:
                    carry_out(numbered(rows, mapping), mapping, stopped, inbox)
            except ConnectionError:
                pass
            taken += inbox.events
        rest = Inbox()
        with Ledger(ledger.path.with_name("stopped.sqlite")) as stopped:
            carry_out(numbered(rows, mapping), mapping, stopped, rest)
            done = Imported([*taken, *rest.events], list(stopped.rejected()), stopped.counts)
    assert as_sets(done)[0] == as_sets(whole)[0]
    assert done.rejected == whole.rejected
    assert as_sets(done)[2] == as_sets(whole)[2]


def test_what_was_settled_is_not_sent_again() -> None:
    rows, mapping = table("orders", 1, 300)
    with pytest.MonkeyPatch.context() as patch, a_ledger() as ledger:
        patch.setattr(run_module, "BATCH_EVENTS", 5)
        first, rest = Inbox(fails_after=9), Inbox()
        with pytest.raises(ConnectionError):
            carry_out(numbered(rows, mapping), mapping, ledger, first)
        assert ledger.place.stage == GATHERED
        settled = ledger.counts["accepted"]
        carry_out(numbered(rows, mapping), mapping, ledger, rest)
    assert settled >= 5
    assert len(rest.events) == len(imported(numbered(rows, mapping), mapping).events) - settled


def test_an_event_of_too_many_lines_is_left_out_whole_and_its_lines_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "MOST_ROWS", 20)
    rows = [{**invoice_lines(Random(1), 1)[0], "InvoiceNo": str(number)} for number in [7] * 21 + [8] * 20]
    done = imported(numbered(rows, RETAIL), RETAIL)
    assert [event["subject"] for event in done.events] == ["8"]
    assert [each.line for each in done.rejected] == list(range(2, 23))
    assert "look at `subject`" in done.rejected[0].reason


def test_a_ledger_is_that_of_one_file_one_mapping_and_one_target(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("a")
    other.write_text("b")
    paths = []
    for path, mapping, target in itertools.product((one, other), (RETAIL, CRM), ("x", "y")):
        with path.open("rb") as file:
            paths.append(ledger_path(tmp_path, file, mapping, target, "0"))
            assert file.tell() == 0
    assert len(set(paths)) == 8
    copy = tmp_path / "copy.csv"
    copy.write_text("a")
    with copy.open("rb") as file:
        assert ledger_path(tmp_path, file, RETAIL, "x", "0") == paths[0]


def test_two_imports_of_one_file_at_once_are_refused() -> None:
    with a_ledger() as ledger, pytest.raises(ConfigurationError, match="is being imported"):
        Ledger(ledger.path)


def test_what_nobody_goes_on_with_is_forgotten(tmp_path: Path) -> None:
    for name, age in (("old.sqlite", FORGOTTEN_AFTER + 60), ("new.sqlite", 60)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    forget_old(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["new.sqlite"]
