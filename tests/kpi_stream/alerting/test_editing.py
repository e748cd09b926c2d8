"""An edit changes the fields that it is of, and no other line of the file."""

import difflib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Conflict
from services.kpi_stream.alerting.rules.series import Watched
from services.kpi_stream.alerting.thresholds.changes import Change, fields_of, written_of
from services.kpi_stream.alerting.thresholds.editing import edited
from services.kpi_stream.alerting.thresholds.file import ThresholdReader
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.threshold import Hours, Severity, Side

KPIS = all_kpis()
READER = ThresholdReader(KPIS, "EUR")
DEFAULTS = [Watched(kpi, alert, "EUR") for kpi in KPIS.values() for alert in kpi.alerts]
SHIPPED = Path("deploy/alerts/thresholds.yml").read_bytes()
FILLED = """# of ours
teams:   {direction: {}, operations: {language: "en"}}  # two


alerts:   # what is changed
    # pace
    SalesBehindPace:   # since May
        below:  "90 %"   # was 85

        # it ends there
        clear: 95 %

    CompetitorsRaisedPrices: off   # nobody wants it
    NpsFalls: {severity: 'info', lasts: 2h}  # in one line

    OnlineSalesFall:
        kpi: sales
        by:   channel
        only: [ online,  shop ]
        window: 7d
        of: change
        below: −10 %
        lasts: 1h
        title: {en: Online, fr: "En ligne: baisse"}
# the end""".encode()
TEXTS = (SHIPPED, FILLED, FILLED + b"\n", FILLED.replace(b"\n", b"\r\n"))


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, dict[str, str | None]]:
    """An alert, and fields as the API writes them."""
    watched = draw(st.sampled_from(DEFAULTS))
    scale = 86400 if watched.unit == "seconds" else 0.001
    level, apart = draw(st.integers(50, 900)), draw(st.integers(0, 50))
    clear = level + (apart if watched.threshold.side is Side.BELOW else -apart)
    change = Change(
        version="",
        level=level * scale,
        clear=clear * scale,
        least=draw(st.none() | st.integers(0, 10_000).map(float)),
        lasts=draw(st.none() | st.sampled_from(["90s", "30m", "2h", "4h"])),
        severity=draw(st.none() | st.sampled_from(Severity)),
        team=draw(st.none() | st.sampled_from(["direction", "operations"])),
        hours=draw(st.none() | st.sampled_from(Hours)),
        off=draw(st.none() | st.booleans()),
    )
    return watched.threshold.name, fields_of(watched, change)


def said(content: bytes) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(content, yaml.BaseLoader)  # noqa: S506 - knows texts alone
    return loaded


@given(st.sampled_from(TEXTS), st.lists(changes(), min_size=1, max_size=4))
def test_the_text_says_what_was_changed_and_all_else_as_before(
    text: bytes, made: list[tuple[str, dict[str, str | None]]]
) -> None:
    wanted = said(text)
    content = text
    for name, fields in made:
        content = edited(content, name, fields)
        own = wanted["alerts"].get(name, {})
        own = {"off": "yes"} if own == "off" else own
        wanted["alerts"][name] = {field: value for field, value in {**own, **fields}.items() if value is not None}
    assert said(content) == wanted


@given(st.sampled_from(TEXTS), st.lists(changes(), min_size=1, max_size=4))
def test_every_other_line_stays_as_it_was(text: bytes, made: list[tuple[str, dict[str, str | None]]]) -> None:
    content = text
    for name, fields in made:
        content = edited(content, name, fields)
    changed = {*(field for _, fields in made for field in fields), *(name for name, _ in made), "alerts"}
    before, after = (of.decode().splitlines(keepends=True) for of in (text + b"\n", content + b"\n"))
    gone = [line[2:] for line in difflib.ndiff(before, after) if line.startswith("- ")]
    assert [line for line in gone if line.partition(":")[0].strip() not in changed and line.strip("\r\n")] == []
    comments = [line for line in before if line.lstrip().startswith("#") and line.endswith("\n")]
    assert [line.strip() for line in after if line.lstrip().startswith("#")] == [line.strip() for line in comments]


@given(changes())
def test_what_is_taken_out_again_leaves_the_shipped_file(change: tuple[str, dict[str, str | None]]) -> None:
    name, fields = change
    assert edited(edited(SHIPPED, name, fields), name, dict.fromkeys(fields)) == SHIPPED


@given(changes())
def test_what_is_written_is_read_as_what_was_meant(change: tuple[str, dict[str, str | None]]) -> None:
    name, fields = change
    held = READER.read("thresholds.yml", edited(SHIPPED, name, fields))
    watched = next(each for each in (*held.alerts, *held.off) if each.threshold.name == name)
    written = written_of(watched)
    assert {field: text for field, text in fields.items() if text and field != "off"}.items() <= written.items()
    assert (watched in held.off) == (fields.get("off") == "yes")


def test_comments_behind_a_field_stay_where_it_is_changed() -> None:
    content = edited(FILLED, "SalesBehindPace", {"below": "80 %"})
    assert content == FILLED.replace(b'below:  "90 %"', b"below: 80 %")


def test_an_alert_in_one_line_gets_a_line_for_each_field() -> None:
    content = edited(FILLED, "NpsFalls", {"lasts": "3h", "off": None}).decode()
    assert "    NpsFalls:  # in one line\n      severity: 'info'\n      lasts: 3h\n" in content


def test_an_alert_that_is_off_and_is_switched_on_is_as_the_kpi_has_it() -> None:
    content = edited(FILLED, "CompetitorsRaisedPrices", {"off": None})
    assert content == FILLED.replace(b"    CompetitorsRaisedPrices: off   # nobody wants it\n", b"")


def test_a_file_without_alerts_gets_them_at_its_end() -> None:
    content = edited(b"teams: {}", "NpsFalls", {"off": "yes"})
    assert content == b"teams: {}\nalerts:\n  NpsFalls:\n    off: yes\n"


@pytest.mark.parametrize("team", ["night: crew", "# 3", "off ", "'", 'a"b\\', "équipe"])
def test_a_name_of_any_signs_is_read_again_as_it_is(team: str) -> None:
    assert said(edited(SHIPPED, "NpsFalls", {"team": team}))["alerts"] == {"NpsFalls": {"team": team}}


@pytest.mark.parametrize(
    "text",
    [
        "teams: [",
        "- a list",
        "",
        "alerts: {a: 1}\n---\nalerts: {}\n",
        "{teams: {}, alerts: {}}",
        "usual: &usual {below: 90 %}\nalerts:\n  NpsFalls: *usual\n",
        "level: &level 90 %\nalerts:\n  NpsFalls:\n    below: *level\n",
        "alerts:\n- NpsFalls\n",
        "alerts: {NpsFalls: perhaps}\n",
        "\udcff",
    ],
)
def test_a_text_that_cannot_be_changed_so_is_left_to_people(text: str) -> None:
    with pytest.raises(Conflict, match="by hand"):
        edited(text.encode(errors="surrogateescape"), "NpsFalls", {"below": "80 %"})
