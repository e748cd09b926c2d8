"""Salesforce: which messages are taken for its own, and what becomes of hostile ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import CadranError, Malformed, Unauthenticated
from services.ingest.connectors.vendors.salesforce import CONNECTOR
from services.ingest.connectors.vendors.salesforce.payloads import full_id
from tests.ingest.connectors.vendors.salesforce_story import (
    ACCOUNT,
    ANA,
    CREATED,
    DEAL,
    LEAD_CREATED,
    MESSAGE,
    ORG,
    ORGANISATION,
    TASK_DONE,
    WON,
    message,
    read,
)
from tests.support.any_json import reading_of, words_of
from tests.support.bits import flipped
from tests.support.stories import delivery

# Ids.


@pytest.mark.parametrize("known", [ORGANISATION, DEAL, ANA, "001Dp00000P8QurIAF", "00De0000000pmu1EAA"])
def test_the_long_form_of_an_id_is_made_of_the_short_one(known: str) -> None:
    assert full_id(known[:15]) == full_id(known) == known


def test_a_lead_told_by_its_short_id_is_the_same_lead() -> None:
    assert read({**CREATED, "Id": DEAL[:15]})[0].said == read(CREATED)[0].said


@pytest.mark.parametrize("told", ["", "short", "0065w000023STA/", DEAL + "1", "é" * 15])
def test_what_is_no_id_is_refused(told: str) -> None:
    with pytest.raises(CadranError):
        read({**CREATED, "Id": told})


# Who sends.


@pytest.mark.parametrize("secret", [ORGANISATION, ORGANISATION[:15]])
@pytest.mark.parametrize("told", [ORGANISATION, ORGANISATION[:15]])
def test_the_organisation_is_known_by_its_long_and_its_short_id(told: str, secret: str) -> None:
    CONNECTOR.verify(delivery(message(CREATED, organisation=told)), ACCOUNT, ["00D000000000001AAA", secret])


@given(st.integers(0, len(ORGANISATION) * 8 - 1))
def test_one_bit_of_the_organisation_makes_the_difference(bit: int) -> None:
    at = MESSAGE.index(ORGANISATION.encode())
    forged = flipped(MESSAGE, at * 8 + bit)
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(delivery(forged), ACCOUNT, [ORGANISATION])


@pytest.mark.parametrize(
    "body", [message(CREATED, organisation=""), b"", b"{}", b"<a/>", b'{"organisation": 1, "changes": []}']
)
@pytest.mark.parametrize("secret", [ORGANISATION, "", "a password"])
def test_who_does_not_say_whose_it_is_is_not_taken(body: bytes, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(delivery(body), ACCOUNT, [secret])


# Whatever comes.

BOMB = b'<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa">%s]>' % b"".join(
    b'<!ENTITY %c "%s">' % (letter + 1, b"&%c;" % letter * 10) for letter in range(ord("a"), ord("j"))
)
DECLARED = MESSAGE.index(b"<soapenv:Envelope")


@pytest.mark.parametrize(
    "body",
    [
        MESSAGE[:DECLARED] + BOMB + MESSAGE[DECLARED:].replace(b"External Referral", b"&j;"),
        MESSAGE[:DECLARED] + BOMB + MESSAGE[DECLARED:].replace(b'xsi:type="sf:Opportunity"', b'xsi:type="&j;"'),
        MESSAGE[:DECLARED] + b"<!DOCTYPE m>" + MESSAGE[DECLARED:],
        MESSAGE[:DECLARED]
        + b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + MESSAGE[DECLARED:].replace(b"External Referral", b"&x;"),
        MESSAGE[:DECLARED] + b'<!DOCTYPE m SYSTEM "http://127.0.0.1:1/m.dtd">' + MESSAGE[DECLARED:],
        b"<a>" * 100_000,
        MESSAGE[:-20],
    ],
    ids=["bomb", "bomb in an attribute", "doctype", "file", "outside", "deep", "cut"],
)
def test_xml_that_does_harm_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        ORG.read(delivery(body))
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(delivery(body), ACCOUNT, [ORGANISATION])


@given(st.data())
def test_whatever_comes_is_read_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["Opportunity", "Lead", "Task", "Case", ""]))
    example = {"Opportunity": WON, "Lead": LEAD_CREATED, "Task": TASK_DONE}.get(kind, CREATED)
    texts = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=20)
    odd = st.sampled_from(["true", "1e999", "NaN", "-1", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", DEAL])
    changes = data.draw(st.dictionaries(st.sampled_from(list(example)), texts | odd, max_size=3))
    try:
        body = message({**example, **changes}, kind=kind)
    except ValueError:  # no XML can hold it
        return
    reading_of(ORG, body)


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(body: bytes) -> None:
    for each in (body, MESSAGE[:600] + body, MESSAGE.replace(b"Prospecting", body)):
        reading_of(ORG, each)


def test_nobody_is_named_in_what_goes_on() -> None:
    held = words_of(ORG.read(delivery(MESSAGE)))
    assert [name for name in ("Ada", "Exemple", "ada.exemple", "99 00 12", "0015w00002BFDeL") if name in held] == []
