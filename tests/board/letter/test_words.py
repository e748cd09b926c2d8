"""What is said, and that all of it is said in French too."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.board.formats import Formats
from services.board.letter.judging import Judgement, Noise, Verdict
from services.board.letter.story import KpiWeek, Month, Story
from services.board.letter.weeks import Week
from services.board.letter.words import Words
from services.board.letter.writing import load_words
from tests.board.letter.company import WEEK
from tests.support.events import PARIS

LETTER = Path("services/board/letter")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
JUDGED = ("moved", "steady")
FR, EN = load_words(PARIS)["fr"], load_words(PARIS)["en"]
NOVEMBER = date(2026, 11, 1)


@pytest.fixture(scope="module")
def french() -> Catalog:
    with (LETTER / "locale" / "fr.po").open("rb") as file:
        return read_po(file)


def texts() -> Iterator[object]:
    """Whatever is marked for translation, in templates and in code."""
    methods = [("templates/**", "jinja2"), ("**.py", "python")]
    for found in extract_from_dir(LETTER, methods, keywords={"_": None, "ngettext": (1, 2)}):
        if found[2] != "flag ":  # the board's
            yield found[2]


def test_every_text_has_a_french_one_and_none_is_left_over(french: Catalog) -> None:
    translated = {message.id for message in french if message.id and all(chain(message.string))}
    assert translated == set(texts())
    assert len(translated) > 40


def test_translations_keep_what_is_filled_in(french: Catalog) -> None:
    for message in french:
        if message.id:
            wanted = message.id if isinstance(message.id, str) else message.id[1]
            given = [message.string] if isinstance(message.string, str) else message.string
            for text in given:
                assert sorted(PLACEHOLDER.findall(str(text))) == sorted(PLACEHOLDER.findall(wanted)), wanted


def week_of(verdict: Verdict = Verdict.STEADY, noise: Noise | None = None, **fields: Any) -> KpiWeek:
    row = {
        "value": 274, "n": 192, "flags": [], "related": {}, "compared": {"value": 274, "previous": 192},
        **fields.pop("row", {}),
    }  # fmt: skip
    usual: dict[str, Any] = {
        "id": "new_leads", "title": {"fr": "Nouveaux prospects", "en": "New leads"}, "unit": "count", "good": "up",
        "as_of": datetime(2026, 11, 22, 17, tzinfo=UTC), "cohort": None, "month": None,
    }  # fmt: skip
    return KpiWeek(**{**usual, **fields}, row=row, judgement=Judgement(verdict, 1.5, noise))


def plain(text: str) -> str:
    return text.replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("kpi", "french", "english"),
    [
        (
            week_of(Verdict.MOVED, Noise(180, 250, False)),
            "+43 % sur la semaine d’avant (192), hors de ce que laissent attendre les semaines précédentes : "
            "de 180 à 250, 95 fois sur 100.",
            "+43% on the week before (192), beyond what the weeks before let expect: 180 to 250, 95 times in 100.",
        ),
        (
            week_of(Verdict.STEADY, Noise(-0.02, 0.06, True), unit="ratio",
                    row={"compared": {"value": 0.2, "previous": 0.18}}),
            "+2,0 pt sur la semaine d’avant (18,0 %), ce qui peut être le hasard : "
            "l’évolution réelle est entre −2,0 pt et +6,0 pt, 95 fois sur 100.",
            "+2.0 pt on the week before (18.0%), which may be chance: "
            "the true change lies between −2.0 pt and +6.0 pt, 95 times in 100.",
        ),
        (
            week_of(Verdict.STEADY, Noise(1, 2, False), row={"compared": {"value": 7, "previous": 7}}),
            "Comme la semaine d’avant.",
            "As in the week before.",
        ),
        (
            week_of(Verdict.FEW, row={"n": 1}),
            "Seul 1 était attendu, trop peu pour distinguer une évolution du hasard.",
            "Only 1 was to be expected, too few to tell a change from chance.",
        ),
        (
            week_of(Verdict.FEW, unit="ratio", row={"n": 60, "numerator": 3, "related": {"change": {"n": 12}}}),
            "Ne repose que sur 12 cas, trop peu pour distinguer une évolution du hasard.",
            "It rests on 12 cases only, too few to tell a change from chance.",
        ),
        (
            week_of(Verdict.PART),
            "Seul ce qui est arrivé avant le 22 nov. 2026, 18:00 y est : ce n’est pas toute la semaine.",
            "Only what came in before 22 Nov 2026, 18:00 is in it: that is not the whole week.",
        ),
        (
            week_of(Verdict.UNKNOWN, row={"flags": ["suppressed"]}),
            "Trop peu de réponses pour le montrer.",
            "Too few answered for it to be shown.",
        ),
        (
            week_of(Verdict.SHORT),
            "+43 % sur la semaine d’avant (192) ; trop peu de semaines sont connues pour dire ce qui est habituel.",
            "+43% on the week before (192); too few weeks are known to say what is usual.",
        ),
    ],
)  # fmt: skip
def test_what_is_said_of_a_change(kpi: KpiWeek, french: str, english: str) -> None:
    assert (plain(FR.said(kpi)), plain(EN.said(kpi))) == (french, english)


def test_every_verdict_has_its_words() -> None:
    said = {words.said(week_of(verdict)) for words in (FR, EN) for verdict in Verdict if verdict.value not in JUDGED}
    assert len(said) == 2 * (len(Verdict) - len(JUDGED))


@pytest.mark.parametrize(
    ("month", "unit", "french"),
    [
        (Month(NOVEMBER, 852, 1200, 0.71, 0.852, None), "count", "Novembre 2026 : 852 sur 1 200, rythme 85 %."),
        (Month(NOVEMBER, 1100, 1200, 0.917, None, None), "count", "Novembre 2026 : 1 100 sur 1 200 (92 %)."),
        (Month(NOVEMBER, 0.18, 0.2, None, None, -0.02), "ratio", "Novembre 2026 : 18,0 %, objectif 20,0 % (−2,0 pt)."),
    ],
)
def test_the_month_and_its_target(month: Month, unit: str, french: str) -> None:
    assert plain(FR.target(week_of(month=month, unit=unit))) == french


def test_the_summary_counts_what_moved() -> None:
    def summary(words: Words, *verdicts: Verdict) -> str:
        return words.summary(Story(WEEK, [week_of(verdict) for verdict in verdicts], [], [], None))

    moved, steady = Verdict.MOVED, Verdict.STEADY
    assert summary(FR, moved, steady, steady) == "1 chiffre sur 3 a bougé"
    assert summary(FR, moved, moved, steady) == "2 chiffres sur 3 ont bougé"
    assert summary(EN, moved, steady, steady) == "1 figure of 3 moved"
    assert summary(EN, steady) == "nothing moved beyond noise"
    assert summary(EN, moved, Verdict.PART) == "the week is not whole"


def test_figures_are_written_as_the_board_writes_them() -> None:
    kpi = week_of(unit="EUR", row={"value": 896400.49, "compared": {"value": 896400.49, "previous": 736759.6}})
    for words, formats in ((FR, Formats("fr", PARIS)), (EN, Formats("en", PARIS))):
        assert words.value(kpi) == formats.value(896400.49, "EUR")
        assert words.previous(kpi) == formats.value(736759.6, "EUR")
        assert words.change(kpi) == formats.change(896400.49, 736759.6, "EUR")


def test_a_week_over_the_new_year_names_both_years() -> None:
    assert FR.week(Week(date(2026, 12, 28))) == "Semaine du 28 décembre 2026 au 3 janvier 2027"
    assert FR.week(WEEK) == "Semaine du 16 novembre au 22 novembre 2026"
