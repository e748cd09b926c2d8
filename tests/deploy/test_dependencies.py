"""What is checked of the pins; that they hold here is a part of `make check`."""

import pytest

from deploy.dependencies import FILES, ROOT, faults_of, installed, pins

HERE = installed()


@pytest.mark.parametrize(
    "line",
    [
        "redis>=8",
        "redis",
        "redis==8.*",
        "redis @ https://example.org/redis.whl",
        "git+https://example.org/redis",
        "-e .",
        "--index-url https://example.org",
    ],
)
def test_what_pins_no_version_of_the_registry_is_told(line: str) -> None:
    with pytest.raises(ValueError, match="write name==version"):
        list(pins([line]))


def test_pins_are_read_with_extras_and_beside_comments() -> None:
    lines = ["# why", "", "-r requirements.txt", "psycopg[binary]==3.3.9  # for PostgreSQL", "et_xmlfile==2.0.0"]
    assert list(pins(lines)) == [("psycopg", "3.3.9"), ("et-xmlfile", "2.0.0")]


def test_a_pin_that_is_missing_or_differs_is_told() -> None:
    version = HERE["limits"].version
    told = list(faults_of({"a": [f"limits=={version}", "redis==0.1"], "b": ["limits==0.1"]}, HERE))
    assert "b: limits==0.1 is " + version + " elsewhere" in told
    assert "redis==0.1 is pinned and not what is installed: run `make setup-dev`" in told
    assert "deprecated, which limits needs, is pinned nowhere" in told


def test_a_pin_that_stands_twice_is_told() -> None:
    version = HERE["six"].version
    assert list(faults_of({"a": [f"six=={version}"] * 2}, HERE)) == ["a: six stands twice"]


def test_every_file_of_requirements_is_looked_at() -> None:
    assert {path.name for path in ROOT.glob("requirements*.txt")} == set(FILES)
