"""What is only observed is nowhere called an effect: not in names, texts, boards, pages or docs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.kpi import Kpi

LOYALTY = all_kpis()["loyalty"]
OBSERVED = re.compile(r"observed.gap|gap is|observed|écart observé", re.IGNORECASE)
EFFECT = re.compile(r"uplift|incremental|\beffects?\b|\beffets?\b|causes?\b", re.IGNORECASE)
DENIED = re.compile(r"\b(no|not|nothing|never|only|pas|aucun|seul)\b|n’est", re.IGNORECASE)
BY_LOT = re.compile(r"\b(draws?|drew|drawn|lot|hold-out|holdout|random|témoin|tirés?|tirées?)\b", re.IGNORECASE)
BOARDS = sorted(Path("deploy/grafana/dashboards").glob("*.json"))
DOCS = [Path("README.md"), *sorted(Path("docs").rglob("*.md"))]


def calls_it_an_effect(text: str) -> bool:
    """Does some sentence speak of what is observed and of an effect, and does not deny it?"""
    sentences = re.split(r"(?<=[.;|])\s+", text.replace("\n", " "))
    return any(OBSERVED.search(s) and EFFECT.search(s) and not DENIED.search(s) for s in sentences)


def texts_of(kpi: Kpi) -> Iterator[str]:
    for text in (kpi.title, kpi.question, kpi.formula, kpi.credit, *(panel.title for panel in kpi.panels)):
        yield from (text.en, text.fr)
    yield from (metric.help for metric in kpi.metrics)


def test_the_test_would_notice() -> None:
    assert calls_it_an_effect("The observed gap shows the effect of contact.")
    assert calls_it_an_effect("It is fine. L’écart observé : effet du contact.")
    assert not calls_it_an_effect("The observed gap is no effect. An uplift needs a draw.")


def test_no_metric_of_what_is_observed_bears_the_name_of_an_effect() -> None:
    observed = [
        metric for metric in LOYALTY.metrics if metric.source not in ("uplift", "incremental_returning_customers")
    ]
    assert len(observed) > 4
    assert [metric.name for metric in observed if EFFECT.search(metric.name)] == []
    assert [metric.help for metric in observed if EFFECT.search(metric.help) and not DENIED.search(metric.help)] == []


def test_no_text_of_the_kpi_does() -> None:
    assert [text for text in texts_of(LOYALTY) if calls_it_an_effect(text)] == []


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_no_panel_does(path: Path) -> None:
    panels = [panel for panel in json.loads(path.read_text())["panels"] if "targets" in panel]
    observed = [
        panel for panel in panels if any("gap" in t["expr"] or "contacted" in t["expr"] for t in panel["targets"])
    ]
    assert observed
    for panel in observed:
        for text in (panel["title"], panel.get("description", "")):
            assert not EFFECT.search(text) or DENIED.search(text), (panel["title"], text)
    effects = [panel for panel in panels if any("uplift" in target["expr"] for target in panel["targets"])]
    assert all(BY_LOT.search(panel["title"]) for panel in effects)
    assert effects


@pytest.mark.parametrize("path", DOCS, ids=str)
def test_no_page_of_the_docs_does(path: Path) -> None:
    assert not calls_it_an_effect(path.read_text())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_word_of_the_page_does(language: str) -> None:
    texts = re.findall(r'msgstr "(.*)"', Path(f"services/board/locale/{language}.po").read_text())
    assert [text for text in texts if calls_it_an_effect(text)] == []


def test_the_api_gives_an_uplift_to_draws_alone() -> None:
    """Its only source in the KPI is the module that reads draws; the row of a cut without draws has no such number."""
    modules = Path("services/kpi_stream/kpis").glob("*.py")
    naming = {path.stem for path in modules if re.search(r'"uplift"', path.read_text())}
    assert naming == {"hold_out", "loyalty"}
    named = {metric.source for metric in LOYALTY.metrics if "uplift" in metric.name}
    assert named == {"uplift"}
    assert all(cut.name == "campaign" for metric in LOYALTY.metrics if metric.source == "uplift" for cut in metric.cuts)
