from pathlib import Path

import pytest

from services.common.i18n import best_language, load_translations


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


def test_a_further_language_is_a_further_file(tmp_path: Path) -> None:
    (tmp_path / "nl.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Window"\nmsgstr "Periode"\n'
    )
    assert load_translations(tmp_path)["nl"].gettext("Window") == "Periode"
