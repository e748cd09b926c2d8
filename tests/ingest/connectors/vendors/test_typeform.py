"""Typeform: what its deliveries say, which are taken for its own, and what its API lists."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.errors import ConfigurationError, Invalid, Unauthenticated
from services.common.events.answers import NpsAnswered
from services.common.events.explain import explain
from services.ingest.connectors.connector import Reading, Said
from services.ingest.connectors.signing.signatures import sha256_base64
from services.ingest.connectors.vendors import typeform
from services.ingest.connectors.vendors.typeform import CONNECTOR, TypeformAccount
from tests.support.any_json import ANY_BODY, mutated, reading_of, words_of
from tests.support.bits import flipped, flipped_text
from tests.support.engine import Cell
from tests.support.pulling import pages_of, said_in
from tests.support.stories import SECRET, Teller, delivery, in_every_order
from tests.support.vendor_server import Answer, Asked, Trouble, running_vendor

COMPLETED = msgspec.json.decode((Path(__file__).parents[1] / "examples" / "typeform" / "completed.json").read_bytes())
FORM = Teller(CONNECTOR, TypeformAccount(question="nps", scale="0-10", form="frmA1"))
SUBMITTED = datetime(2026, 11, 20, 10, tzinfo=UTC)
BODY = msgspec.json.encode(COMPLETED)
SIGNED = delivery(BODY, {"typeform-signature": f"sha256={sha256_base64(SECRET, BODY)}"})


def answered(token: str, score: object, **hidden: Any) -> dict[str, Any]:
    response = COMPLETED["form_response"]
    answers = [{**response["answers"][0], "number": score}]
    return {**COMPLETED, "form_response": {**response, "token": token, "answers": answers, "hidden": hidden}}


def the_only(reading: Reading) -> tuple[Said, NpsAnswered]:
    (said,) = reading.said
    assert isinstance(said.data, NpsAnswered)
    return said, said.data


def test_an_answer_becomes_a_score_without_the_words_or_the_address() -> None:
    reading = FORM.read(delivery(COMPLETED))
    said, data = the_only(reading)
    assert (said.type, said.subject, said.time) == ("nps.answered", "tok-0001", SUBMITTED)
    assert (data.score, data.touchpoint, data.channel) == (9, "delivery", "online")
    assert data.customer_id == FORM.names.customer("4711")
    assert [word for word in ("4711", "Ada", "exemple", "kind") if word in words_of(reading)] == []


def test_every_order_of_arrival_gives_the_same_scores() -> None:
    readings = [FORM.read(delivery(answered(f"t{score}", score))) for score in (10, 9, 7, 0)]
    for engine in in_every_order(FORM, readings):
        found = {cell.measure: n for cell, n in engine.by_day(["nps"]).items() if cell.cut == "all"}
        assert found == {"promoters": 2, "passives": 1, "detractors": 1}
        assert Cell("promoters", "", "touchpoint", "survey", date(2026, 11, 20)) in engine.by_day(["nps"])


def test_hidden_fields_say_who_and_where() -> None:
    hidden = {"customer_id": 4711, "rep_id": "u1", "store_id": " lyon ", "region": "FR", "channel": None}
    account = TypeformAccount(question="nps", scale="0-10", reps={"u1": "ana"}, touchpoint="visit")
    _, data = the_only(Teller(CONNECTOR, account).read(delivery(answered("t", 8, **hidden))))
    assert (data.rep_id, data.store_id, data.region, data.channel) == ("ana", "lyon", "FR", None)
    assert (data.touchpoint, data.customer_id) == ("visit", FORM.names.customer("4711"))


def test_a_question_is_found_by_its_id_and_by_its_ref_where_the_answer_bears_none() -> None:
    body = answered("t", 8)
    body["form_response"]["answers"][0]["field"] = {"id": "q1", "type": "opinion_scale"}
    for question in ("nps", "q1"):
        _, data = the_only(Teller(CONNECTOR, TypeformAccount(question=question, scale="0-10")).read(delivery(body)))
        assert data.score == 8


def test_a_choice_whose_label_is_a_number_is_a_score() -> None:
    body = answered("t", None)
    body["form_response"]["answers"][0] |= {"type": "choice", "choice": {"id": "c1", "ref": "r1", "label": "10"}}
    assert the_only(FORM.read(delivery(body)))[1].score == 10


@pytest.mark.parametrize(
    ("body", "ignored"),
    [
        ({**COMPLETED, "event_type": "form_response_partial"}, "only completed responses count"),
        ({"event_type": "form_response_partial", "form_response": {}}, "only completed responses count"),
        (
            {**COMPLETED, "form_response": {**COMPLETED["form_response"], "answers": None}},
            "the question was not answered",
        ),
        ({**COMPLETED, "form_response": {**COMPLETED["form_response"], "form_id": "other"}}, "it is of another form"),
    ],
)
def test_of_what_is_no_answer_nothing_is_made(body: dict[str, Any], ignored: str) -> None:
    reading = FORM.read(delivery(body))
    assert (reading.said, reading.ignored) == ((), ignored)


@pytest.mark.parametrize("score", [11, -1, 8.5, True, None, "9/10", "ada.exemple@example.org", "1" * 5000])
def test_what_is_no_score_is_refused_and_not_repeated(score: object) -> None:
    with pytest.raises(Invalid, match="from 0 to 10") as refused:
        FORM.read(delivery(answered("t", score)))
    assert "exemple" not in str(refused.value)


@pytest.mark.parametrize("words", [{}, {"scale": "1-10"}, {"scale": "0-5"}])
def test_the_ends_of_the_scale_must_be_affirmed(words: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError, match="scale") as refused:
        msgspec.convert({"question": "nps", **words}, TypeformAccount)
    assert "runs from 0 to 10" in explain(refused.value, TypeformAccount, "").mend


def test_a_signature_that_was_worked_out_elsewhere_is_taken() -> None:
    """By `printf '{"event_type":"form_response"}' | openssl dgst -sha256 -hmac tf-secret -binary | base64`."""
    header = {"typeform-signature": "sha256=H43gOHfDW0bsKiMHukP2cMBaq/DqHPf9dPhpXPZmG1Y="}
    CONNECTOR.verify(delivery(b'{"event_type":"form_response"}', header), FORM.account, ["the next one", "tf-secret"])


@given(st.integers(0, 8 * len(BODY) - 1))
def test_one_bit_changed_anywhere_is_not_taken(bit: int) -> None:
    CONNECTOR.verify(SIGNED, FORM.account, ["another", SECRET])
    header = {"typeform-signature": flipped_text(SIGNED.headers["typeform-signature"], bit)}
    for changed, secret in (
        (SIGNED._replace(body=flipped(BODY, bit)), SECRET),
        (SIGNED._replace(headers=header), SECRET),
        (SIGNED, flipped_text(SECRET, bit)),
    ):
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(changed, FORM.account, [secret])


def test_what_is_not_signed_is_not_taken() -> None:
    for headers in ({}, {"typeform-signature": ""}, {"typeform-signature": sha256_base64(SECRET, BODY)}):
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(SIGNED._replace(headers=headers), FORM.account, [SECRET])


class Responses:
    """The Responses API as it is documented: newest first, `since` a second on, `before` a token."""

    def __init__(self, count: int) -> None:
        item = {key: value for key, value in COMPLETED["form_response"].items() if key != "definition"}
        hidden = {"customer_id": "4711"}
        times = [SUBMITTED + timedelta(minutes=i) for i in range(count)]
        self.items = [
            {**item, "token": f"t{i}", "submitted_at": time.isoformat(), "hidden": hidden, "metadata": {"browser": "x"}}
            for i, time in enumerate(times)
        ][::-1]

    def answer(self, asked: Asked) -> Answer:
        if asked.path != "/forms/frmA1/responses" or asked.headers.get("Authorization") != f"Bearer {SECRET}":
            return Answer({"code": "FORBIDDEN"}, 403)
        since = datetime.fromisoformat(asked.query["since"]).replace(tzinfo=UTC)
        found = [item for item in self.items if datetime.fromisoformat(item["submitted_at"]) >= since]
        tokens = [item["token"] for item in found]
        begin = tokens.index(asked.query["before"]) + 1 if "before" in asked.query else 0
        page = found[begin : begin + int(asked.query["page_size"])]
        return Answer({"total_items": len(found), "page_count": 1, "items": page})


def test_its_api_tells_what_its_webhooks_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeform, "PAGE_SIZE", 3)
    responses = Responses(8)
    responses.items[4] |= {"answers": [{**COMPLETED["form_response"]["answers"][0], "number": 99}]}
    responses.items.insert(2, {"token": "landed", "submitted_at": "0001-01-01T00:00:00Z", "answers": None})
    with running_vendor(responses.answer) as server:
        teller = FORM._replace(account=msgspec.structs.replace(FORM.account, api=server.url))
        whole = pages_of(teller, SUBMITTED)
        assert [page.total for page in whole] == [8, 8, 8]
        webhooks = [
            FORM.read(delivery({**COMPLETED, "form_response": item})).said
            for item in responses.items
            if item["token"] not in ("landed", "t3")
        ]
        assert said_in(whole) == sorted((said for one in webhooks for said in one), key=repr)
        told = [reading.refused for page in whole for reading in page.readings if reading.refused]
        assert len(told) == 1
        assert told[0].startswith("question: is not answered by a whole number from 0 to 10")
        for interrupted in range(1, len(whole)):
            server.troubles.extend([Trouble.LIMITED, Trouble.FAILS, Trouble.HANGS_UP])
            begun = pages_of(teller, SUBMITTED, most=interrupted)
            rest = pages_of(teller, SUBMITTED, begun[-1].cursor)
            assert said_in([*begun, *rest]) == said_in(whole)
        server.troubles.append(Trouble.HANGS)
        assert said_in(pages_of(teller, SUBMITTED + timedelta(minutes=6))) == said_in(whole)[-2:]


def test_without_a_form_its_api_cannot_be_asked() -> None:
    with running_vendor(Responses(1).answer) as server, pytest.raises(ConfigurationError, match="form"):
        pages_of(Teller(CONNECTOR, TypeformAccount(question="nps", scale="0-10", api=server.url)), SUBMITTED)


@given(ANY_BODY)
def test_any_body_is_read_or_refused(body: Any) -> None:
    reading_of(FORM, body)


@given(mutated(COMPLETED))
@settings(deadline=None, max_examples=200)
def test_an_example_with_a_part_that_is_wrong_is_read_or_refused(body: Any) -> None:
    reading_of(FORM, body)
