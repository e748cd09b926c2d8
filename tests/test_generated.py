"""Parts of pages that commands write."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.generated import write_part

PAGE = "# One\n\nabove\n\n<!-- a: written by a command -->\n<!-- a: end -->\n\nbelow\n"
words = st.text(st.characters(exclude_characters="<\r", exclude_categories=("Cs",)))


@given(words, words)
def test_a_part_is_written_anew_and_nothing_else_is(
    tmp_path_factory: pytest.TempPathFactory, one: str, two: str
) -> None:
    page = tmp_path_factory.mktemp("page") / "page.md"
    page.write_text(PAGE)
    write_part(page, "a", one)
    write_part(page, "a", two)
    text = page.read_text()
    assert text.startswith("# One\n\nabove\n\n<!--")
    assert text.endswith("-->\n\nbelow\n")
    assert text.count(two.strip()) >= 1
    write_part(page, "a", two)
    assert page.read_text() == text


def test_a_page_without_the_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    with pytest.raises(ValueError, match="b: written by a command"):
        write_part(page, "b", "text")
    assert page.read_text() == PAGE
