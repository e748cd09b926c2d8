"""Tally: what its deliveries say, which are taken for its own, and what its API lists."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.errors import CadranError, Invalid, Unauthenticated
from services.common.events.answers import NpsAnswered
from services.ingest.connectors.connector import Reading, Said
from services.ingest.connectors.signing.signatures import sha256_base64
from services.ingest.connectors.vendors import tally
from services.ingest.connectors.vendors.tally import CONNECTOR, TallyAccount
from tests.support.any_json import ANY_BODY, mutated, reading_of, words_of
from tests.support.bits import flipped, flipped_text
from tests.support.engine import Cell
from tests.support.pulling import pages_of, said_in
from tests.support.stories import SECRET, Teller, delivery, in_every_order
from tests.support.vendor_server import Answer, Asked, Trouble, running_vendor

EXAMPLES = Path(__file__).parents[1] / "examples" / "tally"
RESPONSE = msgspec.json.decode((EXAMPLES / "response.json").read_bytes())
SUBMISSIONS = msgspec.json.decode((EXAMPLES / "api" / "submissions.json").read_bytes())
FORM = Teller(CONNECTOR, TallyAccount(question="question_sco001", scale="0-10", form="fRm001"))
SUBMITTED = datetime(2026, 11, 20, 10, tzinfo=UTC)
BODY = msgspec.json.encode(RESPONSE)
SIGNED = delivery(BODY, {"tally-signature": sha256_base64(SECRET, BODY)})


def asking(question: str) -> Teller:
    return Teller(CONNECTOR, TallyAccount(question=question, scale="0-10"))


def answered(response_id: str, score: object, *, told: str = "2026-11-20T10:00:00.250Z") -> dict[str, Any]:
    fields = [{**f, "value": score} if f["key"] == "question_sco001" else f for f in RESPONSE["data"]["fields"]]
    return {**RESPONSE, "createdAt": told, "data": {**RESPONSE["data"], "responseId": response_id, "fields": fields}}


def the_only(reading: Reading) -> tuple[Said, NpsAnswered]:
    (said,) = reading.said
    assert isinstance(said.data, NpsAnswered)
    return said, said.data


def test_an_answer_becomes_a_score_without_words_names_and_numbers() -> None:
    reading = FORM.read(delivery(RESPONSE))
    said, data = the_only(reading)
    assert (said.type, said.subject, said.time) == ("nps.answered", "Rsp001", SUBMITTED)
    assert (data.score, data.touchpoint, data.customer_id) == (9, "delivery", FORM.names.customer("4711"))
    assert [word for word in ("4711", "Ada", "xemple", "kind", "12 34") if word in words_of(reading)] == []


def test_an_answer_that_is_edited_counts_as_it_is_last_in_any_order() -> None:
    readings = [
        FORM.read(delivery(body))
        for body in (
            answered("a", 3),
            answered("a", 9, told="2026-11-20T12:00:00.000Z"),
            answered("a", 7, told="2026-11-20T11:00:00.000Z"),
            answered("b", 0),
        )
    ]
    for engine in in_every_order(FORM, readings):
        found = {cell: n for cell, n in engine.by_day(["nps"]).items() if cell.cut == "all"}
        day = date(2026, 11, 20)
        assert found == {Cell("promoters", "", "all", "", day): 1, Cell("detractors", "", "all", "", day): 1}


@pytest.mark.parametrize("question", ["question_sco001", "sco001", "Would you recommend us?"])
def test_a_question_is_found_by_its_key_its_id_and_its_label(question: str) -> None:
    assert the_only(asking(question).read(delivery(RESPONSE)))[1].score == 9


def test_a_choice_counts_by_the_text_of_its_option() -> None:
    assert the_only(asking("question_cho001").read(delivery(RESPONSE)))[1].score == 7


@pytest.mark.parametrize("question", ["What was good?", "question_box001_opt-a", "question_nam001"])
def test_what_is_no_scale_is_refused_and_not_repeated(question: str) -> None:
    with pytest.raises(Invalid, match="from 0 to 10") as refused:
        asking(question).read(delivery(RESPONSE))
    assert "Ada" not in str(refused.value)


def test_a_label_that_two_questions_bear_is_refused() -> None:
    fields = [*RESPONSE["data"]["fields"], {"key": "question_x", "label": "Would you recommend us?", "value": 1}]
    with pytest.raises(Invalid, match="several questions"):
        asking("Would you recommend us?").read(delivery({**RESPONSE, "data": {**RESPONSE["data"], "fields": fields}}))


@pytest.mark.parametrize(
    ("body", "ignored"),
    [
        ({**RESPONSE, "eventType": "FORM_VIEWED"}, "only responses to the form count"),
        ({**RESPONSE, "data": {**RESPONSE["data"], "formId": "other"}}, "it is of another form"),
        (answered("a", None), "the question was not answered"),
        (answered("a", []), "the question was not answered"),
    ],
)
def test_of_what_is_no_answer_nothing_is_made(body: dict[str, Any], ignored: str) -> None:
    reading = FORM.read(delivery(body))
    assert (reading.said, reading.ignored) == ((), ignored)


def test_a_signature_that_was_worked_out_elsewhere_is_taken() -> None:
    """By `printf '{"eventType":"FORM_RESPONSE"}' | openssl dgst -sha256 -hmac tally-secret -binary | base64`."""
    header = {"tally-signature": "CXe9xE7H1upQtaRdvkj3/6Dhsx9PWzE1eAAqnQhSK+o="}
    CONNECTOR.verify(delivery(b'{"eventType":"FORM_RESPONSE"}', header), FORM.account, ["the next one", "tally-secret"])


def test_a_body_that_came_written_otherwise_is_taken_as_the_vendors_own_example_takes_it() -> None:
    """`JSON.stringify` of what was parsed: no spaces, no escapes that can be done without."""
    spaced = msgspec.json.format(BODY, indent=2).replace("é".encode(), b"\\u00e9").replace(b'\\"/', b'\\"\\/')
    assert spaced != BODY
    CONNECTOR.verify(SIGNED._replace(body=spaced), FORM.account, [SECRET])


@given(st.integers(0, 8 * len(BODY) - 1))
def test_one_bit_changed_anywhere_is_not_taken(bit: int) -> None:
    CONNECTOR.verify(SIGNED, FORM.account, ["another", SECRET])
    for changed, secret in (
        (SIGNED._replace(body=flipped(BODY, bit)), SECRET),
        (SIGNED._replace(headers={"tally-signature": flipped_text(SIGNED.headers["tally-signature"], bit)}), SECRET),
        (SIGNED, flipped_text(SECRET, bit)),
    ):
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(changed, FORM.account, [secret])


@given(st.binary(max_size=40))
def test_what_is_not_signed_is_not_taken(body: bytes) -> None:
    for headers in ({}, {"tally-signature": ""}):
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(delivery(body, headers), FORM.account, [SECRET])


class Submissions:
    """The API of a form's submissions as it is documented: newest first, page by page."""

    def __init__(self, count: int) -> None:
        (one,) = SUBMISSIONS["submissions"]
        times = [SUBMITTED + timedelta(minutes=i) for i in range(count)]
        self.items = [{**one, "id": f"r{i}", "submittedAt": time.isoformat()} for i, time in enumerate(times)][::-1]

    def answer(self, asked: Asked) -> Answer:
        if asked.path != "/forms/fRm001/submissions" or asked.query["filter"] != "completed":
            return Answer({"error": "not found"}, 404)
        start = datetime.fromisoformat(asked.query["startDate"])
        found = [item for item in self.items if datetime.fromisoformat(item["submittedAt"]) >= start]
        number, size = int(asked.query["page"]), int(asked.query["limit"])
        page = found[(number - 1) * size : number * size]
        totals = {"all": len(found), "completed": len(found), "partial": 0}
        return Answer(
            {
                **SUBMISSIONS,
                "page": number,
                "limit": size,
                "hasMore": number * size < len(found),
                "totalNumberOfSubmissionsPerFilter": totals,
                "submissions": page,
            }
        )


def test_its_api_tells_what_its_webhooks_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "PAGE_SIZE", 3)
    submissions = Submissions(8)
    submissions.items[4] |= {"responses": [{"questionId": "sco001", "answer": "Ada Exemple"}]}
    with running_vendor(submissions.answer) as server:
        teller = FORM._replace(account=msgspec.structs.replace(FORM.account, api=server.url))
        whole = pages_of(teller, SUBMITTED)
        assert [page.total for page in whole] == [8, 8, 8]
        assert len(said_in(whole)) == 7
        told = [reading.refused for page in whole for reading in page.readings if reading.refused]
        assert len(told) == 1
        assert "Ada" not in told[0]
        for interrupted in range(1, len(whole)):
            server.troubles.extend([Trouble.LIMITED, Trouble.FAILS, Trouble.HANGS_UP, Trouble.NO_JSON])
            begun = pages_of(teller, SUBMITTED, most=interrupted)
            assert said_in([*begun, *pages_of(teller, SUBMITTED, begun[-1].cursor)]) == said_in(whole)
        server.troubles.append(Trouble.HANGS)
        assert len(said_in(pages_of(teller, SUBMITTED + timedelta(minutes=6)))) == 2


def test_an_answer_of_its_api_is_that_of_its_webhook() -> None:
    with running_vendor(lambda _: Answer(SUBMISSIONS)) as server:
        teller = FORM._replace(account=msgspec.structs.replace(FORM.account, api=server.url))
        (pulled_said,) = said_in(pages_of(teller, SUBMITTED))
    said, data = the_only(FORM.read(delivery({**RESPONSE, "createdAt": RESPONSE["data"]["createdAt"]})))
    assert pulled_said == said
    assert data.touchpoint == "delivery"


@given(ANY_BODY)
def test_any_body_is_read_or_refused(body: Any) -> None:
    reading_of(FORM, body)


@given(mutated(RESPONSE))
@settings(deadline=None, max_examples=200)
def test_an_example_with_a_part_that_is_wrong_is_read_or_refused(body: Any) -> None:
    reading_of(FORM, body)


def test_a_list_with_a_part_that_is_wrong_is_read_or_refused() -> None:
    told: dict[str, Any] = {}
    with running_vendor(lambda _: Answer(told)) as server:
        teller = FORM._replace(account=msgspec.structs.replace(FORM.account, api=server.url))

        @given(mutated(SUBMISSIONS))
        @settings(deadline=None, max_examples=60)
        def read(page: dict[str, Any]) -> None:
            told.clear()
            told.update(page)
            with suppress(CadranError):
                pages_of(teller, SUBMITTED, most=1)

        read()
