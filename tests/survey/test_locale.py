"""Every text of the pages and letters is there in every language that is offered."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import services.survey

HERE = Path(services.survey.__file__).parent
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract"), ("**.txt", "jinja2.ext:babel_extract")]
LANGUAGES = sorted(path.stem for path in (HERE / "locale").glob("*.po") if path.stem != "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_in_english(language: str) -> None:
    options = {pattern: {"trimmed": "true"} for pattern, _ in METHODS[1:]}
    found = {message for _, _, message, _, _ in extract_from_dir(HERE, METHODS, options)}
    with (HERE / "locale" / f"{language}.po").open("rb") as file:
        translated = {message.id for message in read_po(file) if message.id and message.string}
    assert found - translated == set()
    assert translated - found == set()
