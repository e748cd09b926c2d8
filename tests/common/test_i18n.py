import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from services.common.i18n import best_language, load_translations

BOARD = Path("services/board")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB", "en"),
        ("de,en;q=0.5", "en"),
        ("de", "fr"),
        ("", "fr"),
        ("en;q=x,,;", "fr"),
        ("en;q=0", "fr"),
    ],
)
def test_a_browser_gets_the_language_it_likes_best(accepted: str, language: str) -> None:
    assert best_language(accepted, {"fr": 1, "en": 1}, "fr") == language


def test_every_text_of_the_pages_is_in_every_language() -> None:
    """Texts in templates, each translation with the same placeholders."""
    used = {text for path in BOARD.glob("templates/*.html") for text in re.findall(r'_\("([^"]+)"', path.read_text())}
    plain = {text for text in used if not text.endswith(" ")}
    with (BOARD / "locale" / "fr.po").open("rb") as file:
        french = read_po(file)
    missing = {text for text in plain if not french.get(text) or not french.get(text).string}
    assert missing == set()
    for message in french:
        if message.id:
            assert sorted(re.findall(r"%\(\w+\)s|%%", message.id)) == sorted(
                re.findall(r"%\(\w+\)s|%%", message.string)
            )


def test_both_catalogues_name_the_same_windows_cuts_and_flags() -> None:
    made = {}
    for language in ("fr", "en"):
        with (BOARD / "locale" / f"{language}.po").open("rb") as file:
            made[language] = {
                m.id for m in read_po(file) if m.id and m.id.split()[0] in ("window", "by", "flag", "beside", "word")
            }
    assert made["fr"] == made["en"]
    assert len(made["fr"]) >= 19


OUR_OWN = {
    *("added.span", "asked.cut", "asked.trend", "asked.window", "change.verdict", "cut", "entity.kind", "event.type"),
    *("flag", "measure", "name", "objective.details.verdict", "other", "reach", "span", "tile.cut", "trend.step"),
    *("unlisted", "window"),
}
"""Words of the product's own that are made at run time: every other text stands in the template."""


def test_no_template_hands_anything_but_our_own_words_to_gettext() -> None:
    """Jinja takes a translated text for safe markup: a name from outside would not be escaped."""
    for path in BOARD.glob("templates/*.html"):
        text = path.read_text()
        assert set(re.findall(r"\b_\(\s*(.)", text)) <= {'"'}, path.name
        assert set(re.findall(r'" ~ ([\w.]+)\)', text)) <= OUR_OWN, path.name


def test_a_further_language_is_a_further_file(tmp_path: Path) -> None:
    (tmp_path / "nl.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Window"\nmsgstr "Periode"\n'
    )
    assert load_translations(tmp_path)["nl"].gettext("Window") == "Periode"
