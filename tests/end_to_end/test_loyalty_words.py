"""What is only observed is nowhere called an effect: not in names, texts, boards, pages, docs or answers."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from services.common.events import Event
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.kpi import Kpi
from tests.support.events import at, event, line
from tests.support.world import engine_of, rows, world

LOYALTY = all_kpis()["loyalty"]
OBSERVED = re.compile(r"gap|observed|écart|observé", re.IGNORECASE)
EFFECT = re.compile(r"uplift|incr[eé]mental|\beffects?\b|\beffets?\b|\bcaus(?:e|es|ed|al)\b", re.IGNORECASE)
DENIED_EFFECT = re.compile(
    r"\b(?:no|(?:not|never)(?: an?| the)?) effects?\b|\b(?:aucun|pas (?:un|d[’']|l[’'])) ?effets?\b", re.IGNORECASE
)
BY_LOT = re.compile(r"\b(draws?|drew|drawn|lot|hold-out|holdout|random|témoin|tirés?|tirées?|tirage)\b", re.IGNORECASE)
BOARDS = sorted(Path("deploy/grafana/dashboards").glob("*.json"))
DOCS = [Path("README.md"), *sorted(Path("docs").rglob("*.md"))]
TEMPLATES = sorted(Path("services/board/templates").glob("*.html"))
SENTENCE_ENDS = re.compile(r"(?<=[.;|])\s+|\n\s*\n")


def names_an_effect(text: str) -> bool:
    """Does it speak of an effect otherwise than to deny one? A denial stands right before the word."""
    return bool(EFFECT.search(DENIED_EFFECT.sub("", text)))


def sentences(text: str) -> Iterator[str]:
    """Each on one line, whatever lines it was broken into."""
    return (" ".join(sentence.split()) for sentence in SENTENCE_ENDS.split(text))


def calls_it_an_effect(text: str) -> bool:
    """Does some sentence speak of what is observed and of an effect, and does not deny it?"""
    return any(OBSERVED.search(sentence) and names_an_effect(sentence) for sentence in sentences(text))


def texts_of(kpi: Kpi) -> Iterator[str]:
    for text in (kpi.title, kpi.question, kpi.formula, kpi.credit, *(panel.title for panel in kpi.panels)):
        yield from (text.en, text.fr)
    yield from (metric.help for metric in kpi.metrics)


def test_the_test_would_notice() -> None:
    assert calls_it_an_effect("The observed gap shows the effect of contact.")
    assert calls_it_an_effect("It is fine. L’écart observé : effet du contact.")
    assert calls_it_an_effect("The gap shows the uplift of contact.")
    assert calls_it_an_effect("The observed gap is the effect of contact, not chance.")
    assert calls_it_an_effect("The observed gap shows the effect only of contacts.")
    assert calls_it_an_effect("The gap is not small, and the\neffect of contact.")
    assert not calls_it_an_effect("The observed gap is no effect. An uplift needs a draw.")
    assert not calls_it_an_effect("L’écart observé n’est pas un effet ; il n’y a aucun effet dans cet écart.")
    assert not calls_it_an_effect("The gap is not told\nbecause there are few.")


def test_no_metric_of_what_is_observed_bears_the_name_of_an_effect() -> None:
    observed = [
        metric for metric in LOYALTY.metrics if metric.source not in ("uplift", "incremental_returning_customers")
    ]
    assert len(observed) > 4
    assert [metric.name for metric in observed if EFFECT.search(metric.name)] == []
    assert [metric.help for metric in observed if names_an_effect(metric.help)] == []


def test_no_text_of_the_kpi_does() -> None:
    assert [text for text in texts_of(LOYALTY) if calls_it_an_effect(text)] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_panel_does(language: str) -> None:
    boards = [json.loads(path.read_text()) for path in BOARDS if path.stem.endswith(f"-{language}")]
    panels = [panel for board in boards for panel in board["panels"] if "targets" in panel]
    observed = [
        panel for panel in panels if any("gap" in t["expr"] or "contacted" in t["expr"] for t in panel["targets"])
    ]
    assert observed
    for panel in observed:
        assert not names_an_effect(panel["title"])
        for sentence in sentences(panel["description"]):
            assert not names_an_effect(sentence) or BY_LOT.search(sentence), (panel["title"], sentence)
            assert not calls_it_an_effect(sentence)
    effects = [panel for panel in panels if any("uplift" in target["expr"] for target in panel["targets"])]
    assert all(BY_LOT.search(panel["title"]) for panel in effects)
    assert effects


@pytest.mark.parametrize("path", DOCS, ids=str)
def test_no_page_of_the_docs_does(path: Path) -> None:
    assert not calls_it_an_effect(path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_of_the_page_does(path: Path) -> None:
    assert [
        text for text in re.findall(r'"(.*?)"|>([^<]*)<', path.read_text()) if calls_it_an_effect("".join(text))
    ] == []


@pytest.mark.parametrize("kind", ["msgid", "msgstr"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_word_of_the_page_does(language: str, kind: str) -> None:
    """English sentences of the page are the keys of the French ones."""
    texts = re.findall(rf'^{kind} "(.*)"$', Path(f"services/board/locale/{language}.po").read_text(), re.MULTILINE)
    assert len(texts) > 20
    assert [text for text in texts if calls_it_an_effect(text)] == []


def test_no_metric_of_an_uplift_is_told_but_by_campaign() -> None:
    uplifts = [metric for metric in LOYALTY.metrics if EFFECT.search(metric.name)]
    assert {metric.source for metric in uplifts} == {"uplift", "incremental_returning_customers"}
    assert {cut.name for metric in uplifts for cut in metric.cuts} == {"campaign"}


def contacted_and_drawn() -> Iterator[Event]:
    """Twenty customers contacted after an order, by a campaign that drew by lot or by one that did not; half return."""
    first = at("2026-07-01 10:00")
    for i in range(40):
        customer, campaign = f"c{i}", ("drawn", "chosen")[i % 2]
        for day in (0, 40) if i % 3 else (0,):
            placed = {"channel": "online", "currency": "EUR", "lines": [line(1000)], "customer_id": customer}
            yield event("order.placed", f"O-{i}-{day}", first + timedelta(days=day), **placed)
        if campaign == "drawn":
            group = "contact" if i % 4 else "holdout"
            yield event("customer.assigned", customer, first, campaign_id=campaign, group=group)
        said = {"contact_id": f"k-{i}", "medium": "email", "campaign_id": campaign, "rep_id": "ana"}
        if i < 20:
            yield event("customer.contacted", customer, first + timedelta(days=1), **said)
        yield event("nps.answered", f"N-{i}", first + timedelta(days=2), score=8, touchpoint="t", customer_id=customer)


def test_no_answer_of_the_api_does_but_of_a_campaign_that_drew() -> None:
    here = world("2026-11-23 10:37")
    engine = engine_of(contacted_and_drawn(), here.now)
    told = {
        (cut.name, member): msgspec.json.encode(row).decode()
        for cut in LOYALTY.cuts
        for member, row in rows("loyalty", engine, here, window="2026-07-01/2026-11-23", by=cut.name).items()
    }
    assert told.keys() == {
        ("all", ""),
        ("medium", "email"),
        ("campaign", "drawn"),
        ("campaign", "chosen"),
        ("rep", "ana"),
    }
    assert all("observed_gap" in answer for answer in told.values())
    assert {name for name, answer in told.items() if EFFECT.search(answer)} == {("campaign", "drawn")}
