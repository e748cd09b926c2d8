"""Typeform: what its deliveries say, and which are taken for its own."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.common.errors import Invalid, Unauthenticated
from services.common.events.answers import NpsAnswered
from services.ingest.connectors.signatures import sha256_base64
from services.ingest.connectors.vendors.typeform import CONNECTOR, TypeformAccount
from tests.support.engine import Cell
from tests.support.stories import SECRET, Teller, delivery, in_every_order

COMPLETED = msgspec.json.decode((Path(__file__).parents[1] / "examples" / "typeform" / "completed.json").read_bytes())
FORM = Teller(CONNECTOR, TypeformAccount(question="nps", scale="0-10"))
SUBMITTED = datetime(2026, 11, 20, 10, tzinfo=UTC)


def answered(token: str, score: int, **hidden: str) -> dict[str, Any]:
    response = COMPLETED["form_response"]
    answers = [{**response["answers"][0], "number": score}]
    return {**COMPLETED, "form_response": {**response, "token": token, "answers": answers, "hidden": hidden}}


def test_an_answer_becomes_a_score_without_the_words_or_the_address() -> None:
    (said,) = FORM.read(delivery(COMPLETED)).said
    assert (said.type, said.subject, said.time) == ("nps.answered", "tok-0001", SUBMITTED)
    assert isinstance(said.data, NpsAnswered)
    assert (said.data.score, said.data.touchpoint, said.data.channel) == (9, "delivery", "online")
    assert said.data.customer_id == FORM.names.customer("4711")
    assert b"4711" not in msgspec.json.encode(said.data)
    assert b"Ada" not in msgspec.json.encode(said.data)


def test_every_order_of_arrival_gives_the_same_scores() -> None:
    readings = [FORM.read(delivery(answered(f"t{score}", score))) for score in (10, 9, 7, 0)]
    for engine in in_every_order(FORM, readings):
        found = {cell.measure: n for cell, n in engine.by_day(["nps"]).items() if cell.cut == "all"}
        assert found == {"promoters": 2, "passives": 1, "detractors": 1}
        assert Cell("promoters", "", "touchpoint", "survey", date(2026, 11, 20)) in engine.by_day(["nps"])


def test_a_question_is_found_by_its_id_and_by_its_ref_where_the_answer_bears_none() -> None:
    body = answered("t", 8)
    body["form_response"]["answers"][0]["field"] = {"id": "q1", "type": "opinion_scale"}
    for question in ("nps", "q1"):
        (said,) = Teller(CONNECTOR, TypeformAccount(question=question, scale="0-10")).read(delivery(body)).said
        assert said.data.score == 8  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "ignored"),
    [
        ({**COMPLETED, "event_type": "form_response_partial"}, "only completed responses count"),
        (
            {**COMPLETED, "form_response": {**COMPLETED["form_response"], "answers": []}},
            "the question was not answered",
        ),
    ],
)
def test_of_what_is_no_answer_nothing_is_made(body: dict[str, Any], ignored: str) -> None:
    reading = FORM.read(delivery(body))
    assert (reading.said, reading.ignored) == ((), ignored)


def test_a_question_that_no_number_answers_is_told() -> None:
    with pytest.raises(Invalid, match="from 0 to 10"):
        Teller(CONNECTOR, TypeformAccount(question="why", scale="0-10")).read(delivery(COMPLETED))


def test_only_what_the_secret_signs_is_taken() -> None:
    body = msgspec.json.encode(COMPLETED)
    signed = delivery(body, {"typeform-signature": f"sha256={sha256_base64(SECRET, body)}"})
    CONNECTOR.verify(signed, FORM.account, [SECRET])
    CONNECTOR.verify(signed, FORM.account, ["the next one", SECRET])
    for bad in (signed._replace(body=body + b" "), signed._replace(headers={})):
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(bad, FORM.account, [SECRET])
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(signed, FORM.account, ["another"])
