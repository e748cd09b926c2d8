"""What the check of sizes finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sizes import MOST_OF_A_FILE, MOST_OF_A_FUNCTION, code_files, too_long


def function(lines: int, indent: str = "", kind: str = "def") -> str:
    return f"{indent}{kind} made():\n" + f"{indent}    pass\n" * (lines - 1)


@given(st.integers(2, 2 * MOST_OF_A_FUNCTION), st.sampled_from(["def", "async def"]), st.booleans())
def test_a_function_is_found_by_its_length_wherever_it_is(lines: int, kind: str, in_a_class: bool) -> None:
    text = f"class Holder:\n{function(lines, '    ', kind)}" if in_a_class else function(lines, kind=kind)
    found = list(too_long("a.py", text))
    assert len(found) == (lines > MOST_OF_A_FUNCTION)
    assert all(f"made has {lines} lines" in line for line in found)


def test_decorators_are_not_of_its_length() -> None:
    text = "@one(\n" + "    1,\n" * MOST_OF_A_FUNCTION + ")\n" + function(MOST_OF_A_FUNCTION)
    assert list(too_long("a.py", text)) == []


@pytest.mark.parametrize("suffix", ["py", "css", "lua"])
def test_a_file_is_found_by_its_length(suffix: str) -> None:
    assert list(too_long(f"a.{suffix}", "\n" * MOST_OF_A_FILE)) == []
    (found,) = too_long(f"a.{suffix}", "\n" * (MOST_OF_A_FILE + 1))
    assert found.startswith(f"a.{suffix}: 401 lines")


def test_what_says_that_it_is_generated_may_be_long() -> None:
    assert list(too_long("a.yml", "# Generated. Do not edit.\n" + "\n" * MOST_OF_A_FILE)) == []


def test_code_is_looked_at_and_tables_of_tests_are_not() -> None:
    files = set(code_files())
    assert {"tests/sizes.py", "services/board/main.py", "deploy/local/setup.sh"} <= files
    assert not any(path.startswith("tests/pricing_watch/corpus") and path.endswith(".html") for path in files)
