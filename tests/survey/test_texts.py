"""Every text of the pages, in every language."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

SURVEY = Path("services/survey")
FRENCH = SURVEY / "locale" / "fr.po"
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")


@pytest.fixture(scope="module")
def french() -> Catalog:
    with FRENCH.open("rb") as file:
        return read_po(file)


def texts() -> Iterator[str]:
    """Whatever is marked for translation, in templates and in code."""
    methods = [("templates/**", "jinja2"), ("**.py", "python")]
    for found in extract_from_dir(SURVEY, methods, keywords={"_": None}):
        assert isinstance(found[2], str)
        yield found[2]


def test_every_text_has_a_french_one_and_none_is_left_over(french: Catalog) -> None:
    translated = {message.id for message in french if message.id and message.string}
    assert translated == set(texts())
    assert len(translated) > 40


def test_translations_keep_what_is_filled_in(french: Catalog) -> None:
    for message in french:
        if message.id:
            assert sorted(PLACEHOLDER.findall(message.id)) == sorted(PLACEHOLDER.findall(str(message.string)))


OUR_OWN = {'faults["score"]', 'faults["comment"]', 'faults["form"]', "wrong", "text", "lowest", "highest"}
"""Texts of `fields.py` and of the two `forms.py`, marked there."""


def test_no_template_hands_anything_but_our_own_words_to_gettext() -> None:
    """Jinja takes a translated text for safe markup: what comes from outside would not be escaped."""
    for path in SURVEY.glob("templates/*"):
        handed = set(re.findall(r"\b_\(\s*([^\"][^)]*)\)", path.read_text()))
        assert handed <= OUR_OWN, path.name
