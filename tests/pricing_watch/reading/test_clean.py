"""Texts of readings can be encoded, stored and printed, whatever stands on the page."""

import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.reading.clean import MAX_LENGTH, MAX_NUMBERS, clean, clean_text
from services.pricing_watch.reading.reader import read_page
from services.pricing_watch.records import Candidate, Method, Page, Reading, Wanted
from tests.pricing_watch.reading.pages import BUY, HEADING, URL, json_ld, page

any_text = st.text(st.characters(categories=["L", "N", "P", "Zs", "Cc", "Cs", "Cf"]), max_size=30)


def texts(record: object) -> list[str]:
    if isinstance(record, str):
        return [record]
    if isinstance(record, msgspec.Struct):
        record = [getattr(record, name) for name in record.__struct_fields__]
    return [text for value in record for text in texts(value)] if isinstance(record, list | tuple) else []


def is_fit(reading: Reading) -> bool:
    msgspec.json.encode(reading).decode("utf-8")
    return all(
        len(text) <= MAX_LENGTH and not any(unicodedata.category(char) in {"Cc", "Cs"} for char in text)
        for text in texts(reading)
    )


def escaped(text: str) -> str:
    """A string of JSON in plain ASCII, lone surrogates as escapes."""
    return "".join(
        char if char.isascii() and char.isalnum() else f"\\u{unit:04x}" for char in text for unit in units(char)
    )


def units(char: str) -> list[int]:
    written = char.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(written[at : at + 2], "big") for at in range(0, len(written), 2)]


@given(any_text, any_text, any_text, any_text)
def test_any_text_in_json_ld(name: str, sku: str, price: str, key: str) -> None:
    script = (
        f'{{"@type":"Product","name":"Lamp Luna {escaped(name)}","sku":"{escaped(sku)}","{escaped(key)}":"1",'
        f'"offers":{{"price":"12.90{escaped(price)}","priceCurrency":"EUR","seller":{{"name":"{escaped(name)}"}}}}}}'
    )
    assert is_fit(read_page(page(HEADING + BUY, head=json_ld(script)), Wanted()))


@given(st.binary(max_size=500), st.none() | any_text)
def test_any_bytes_and_any_selector(body: bytes, selector: str | None) -> None:
    assert is_fit(read_page(Page(url=URL, body=b"<h1>" + body + b"</h1><p>12,90 EUR</p>"), Wanted(selector=selector)))


@given(any_text, st.lists(any_text, max_size=3))
def test_any_candidate(text: str, numbers: list[str]) -> None:
    one = Candidate(method=Method.JSON_LD, where=text, name=text, refused=text, url=text * 100, numbers=tuple(numbers))
    assert is_fit(clean(Reading(reason=text, unit=text, candidates=(one,))))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Lamp \ud83d", "Lamp \ufffd"),
        ("a\0b", "a\ufffdb"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("\x9b31m", "\ufffd31m"),
        ("two\nlines\tand\rmore", "two lines and more"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("Lámpara 月 😀", "Lámpara 月 😀"),
        ("x" * 5000, "x" * MAX_LENGTH),
    ],
)
def test_a_text(written: str, kept: str) -> None:
    assert clean_text(written) == kept


def test_numbers_are_bounded() -> None:
    one = Candidate(method=Method.JSON_LD, where="", numbers=tuple(str(number) for number in range(500)))
    assert len(clean(Reading(candidates=(one,))).candidates[0].numbers) == MAX_NUMBERS
