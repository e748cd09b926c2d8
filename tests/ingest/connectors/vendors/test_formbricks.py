"""Formbricks: what its deliveries say, which are taken for its own, and what its API lists."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.errors import Invalid, Malformed, Unauthenticated
from services.common.events.answers import NpsAnswered
from services.ingest.connectors.connector import Delivery, Reading, Said
from services.ingest.connectors.signing.standard_webhooks import signature
from services.ingest.connectors.vendors import formbricks
from services.ingest.connectors.vendors.formbricks import CONNECTOR, FormbricksAccount
from tests.support import stories
from tests.support.any_json import ANY_BODY, mutated, reading_of, words_of
from tests.support.bits import flipped, flipped_text
from tests.support.engine import Cell
from tests.support.events import RECEIVED
from tests.support.pulling import pages_of, said_in
from tests.support.stories import Teller, delivery, in_every_order
from tests.support.vendor_server import Answer, Asked, Trouble, running_vendor

FINISHED = msgspec.json.decode((Path(__file__).parents[1] / "examples" / "formbricks" / "finished.json").read_bytes())
SURVEY = Teller(
    CONNECTOR, FormbricksAccount(question="nps", scale="0-10", form="clsv000000000000000000001", reps={"u1": "ana"})
)
STARTED = datetime(2026, 11, 20, 10, tzinfo=UTC)
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = msgspec.json.encode(FINISHED)
SENT = str(int(RECEIVED.timestamp()))


def response(**changes: Any) -> dict[str, Any]:
    return {**FINISHED["data"], **changes}


def told(event: str = "responseFinished", **changes: Any) -> Delivery:
    return delivery({**FINISHED, "event": event, "data": response(**changes)})


def scored(score: object) -> dict[str, Any]:
    return {**FINISHED["data"]["data"], "nps": score}


def the_only(reading: Reading) -> tuple[Said, NpsAnswered]:
    (said,) = reading.said
    assert isinstance(said.data, NpsAnswered)
    return said, said.data


def test_an_answer_becomes_a_score_without_words_names_and_addresses() -> None:
    reading = SURVEY.read(delivery(FINISHED))
    said, data = the_only(reading)
    assert (said.type, said.subject, said.time) == ("nps.answered", "clrs000000000000000000001", STARTED)
    assert (data.score, data.touchpoint, data.channel, data.region) == (9, "delivery", "online", "FR")
    assert data.customer_id == SURVEY.names.customer("4711")
    assert [word for word in ("4711", "Ada", "xemple", "kind", "203.0") if word in words_of(reading)] == []


def test_an_answer_that_is_edited_counts_as_it_is_last_in_any_order() -> None:
    readings = [
        SURVEY.read(told(data=scored(3))),
        SURVEY.read(told("responseUpdated", data=scored(9), updatedAt="2026-11-20T12:00:00Z")),
        SURVEY.read(told("responseUpdated", data=scored(7), updatedAt="2026-11-20T11:00:00Z")),
        SURVEY.read(told(id="another", data=scored(0))),
    ]
    for engine in in_every_order(SURVEY, readings):
        found = {cell: n for cell, n in engine.by_day(["nps"]).items() if cell.cut == "all"}
        day = date(2026, 11, 20)
        assert found == {Cell("promoters", "", "all", "", day): 1, Cell("detractors", "", "all", "", day): 1}


def test_a_customer_is_who_the_hidden_field_says_else_the_contact() -> None:
    hidden = {**scored(8), "customer_id": 31, "rep_id": "u1"}
    _, data = the_only(SURVEY.read(told(data=hidden)))
    assert (data.customer_id, data.rep_id) == (SURVEY.names.customer("31"), "ana")
    _, data = the_only(SURVEY.read(told(contactAttributes=None)))
    assert data.customer_id == SURVEY.names.customer("4711")
    _, data = the_only(SURVEY.read(told(contactAttributes=None, contact=None)))
    assert data.customer_id is None


def test_by_e_mail_a_person_is_the_same_in_every_system() -> None:
    by_mail = Teller(CONNECTOR, msgspec.structs.replace(SURVEY.account, customers="email"))
    _, data = the_only(by_mail.read(delivery(FINISHED)))
    assert data.customer_id == by_mail.names.customer(None, " Ada.Exemple@example.org")


@pytest.mark.parametrize(
    ("given_delivery", "ignored"),
    [
        (told("responseCreated"), "only finished responses count"),
        (told("responseUpdated", finished=False), "only finished responses count"),
        (told(surveyId="another"), "it is of another survey"),
        (told(data={"why": "dismissed"}), "the question was not answered"),
        (told(data={"nps": ""}), "the question was not answered"),
    ],
)
def test_of_what_is_no_answer_nothing_is_made(given_delivery: Delivery, ignored: str) -> None:
    reading = SURVEY.read(given_delivery)
    assert (reading.said, reading.ignored) == ((), ignored)


def test_what_is_no_score_is_refused_and_not_repeated() -> None:
    with pytest.raises(Invalid, match="from 0 to 10") as refused:
        Teller(CONNECTOR, msgspec.structs.replace(SURVEY.account, question="why")).read(delivery(FINISHED))
    assert "Ada" not in str(refused.value)


def test_a_body_in_a_list_as_the_vendors_documents_show_it_is_read() -> None:
    assert SURVEY.read(delivery([FINISHED])) == SURVEY.read(delivery(FINISHED))
    with pytest.raises(Malformed):
        SURVEY.read(delivery([FINISHED, FINISHED]))


def test_a_part_that_is_missing_is_named() -> None:
    with pytest.raises(Invalid, match=r"^data.id: is missing"):
        SURVEY.read(delivery({"event": "responseFinished", "data": {"surveyId": "s"}}))
    assert SURVEY.read(delivery({"event": "surveyPublished", "data": {"surveyId": "s"}})).ignored


def test_its_trial_of_the_address_is_greeted_and_nothing_else() -> None:
    assert CONNECTOR.greets(delivery({"event": "testEndpoint"}))
    assert not CONNECTOR.greets(delivery(FINISHED))
    assert not CONNECTOR.greets(delivery(b"testEndpoint"))


def signed(secrets: Sequence[str] = (SECRET,), sent: str = SENT, received_at: datetime = RECEIVED) -> Delivery:
    message = f"msg_1.{sent}.".encode() + BODY
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": sent,
        "webhook-signature": " ".join(signature(secret, message) for secret in secrets),
    }
    return delivery(BODY, headers, received_at=received_at)


@pytest.mark.parametrize("secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_the_vector_of_standard_webhooks_is_taken(secret: str) -> None:
    """That of its specification, which the vendors' libraries test by as well."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1a,bm9ldHUKc3Q= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    given_delivery = delivery(b'{"test": 2432232314}', headers, received_at=at)
    CONNECTOR.verify(given_delivery, SURVEY.account, [SECRET, secret])
    for seconds, is_taken in ((299, True), (-299, True), (301, False), (-301, False)):
        late = given_delivery._replace(received_at=at + timedelta(seconds=seconds))
        if is_taken:
            CONNECTOR.verify(late, SURVEY.account, [secret])
        else:
            with pytest.raises(Unauthenticated, match="not of now"):
                CONNECTOR.verify(late, SURVEY.account, [secret])


def test_while_the_sender_changes_its_secret_either_signature_does() -> None:
    other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    for both in ((SECRET, other), (other, SECRET)):
        CONNECTOR.verify(signed(both), SURVEY.account, [SECRET])
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify(signed((other,)), SURVEY.account, [SECRET])


@given(st.integers(0, 8 * len(BODY) - 1), st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]))
def test_one_bit_changed_anywhere_is_not_taken(bit: int, header: str) -> None:
    whole = signed()
    CONNECTOR.verify(whole, SURVEY.account, [SECRET])
    changed = {**whole.headers, header: flipped_text(whole.headers[header], bit)}
    for bad in (whole._replace(body=flipped(BODY, bit)), whole._replace(headers=changed)):
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(bad, SURVEY.account, [SECRET])


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_without_one_of_its_headers_it_is_not_taken(header: str) -> None:
    whole = signed()
    for headers in ({name: v for name, v in whole.headers.items() if name != header}, {**whole.headers, header: " "}):
        with pytest.raises(Unauthenticated):
            CONNECTOR.verify(whole._replace(headers=headers), SURVEY.account, [SECRET])


@pytest.mark.parametrize("secret", ["not base64!", "whsec_é"])
def test_a_secret_that_cannot_be_one_is_told(secret: str) -> None:
    with pytest.raises(Unauthenticated, match="base64"):
        CONNECTOR.verify(signed(), SURVEY.account, [secret])


class Responses:
    """The management API as its source has it: sorted by the time of the update, by skip and limit."""

    def __init__(self, count: int) -> None:
        self.items = [self.item(i) for i in range(count)]

    def item(self, i: int) -> dict[str, Any]:
        updated = STARTED + timedelta(minutes=i)
        fields = {name: value for name, value in response().items() if name not in ("contact", "survey")}
        return {**fields, "id": f"r{i}", "updatedAt": updated.isoformat(), "contactId": "clct1", "data": scored(i % 11)}

    def answer(self, asked: Asked) -> Answer:
        query = asked.query
        if asked.headers.get("x-api-key") != stories.SECRET or query["surveyId"] != SURVEY.account.form:  # type: ignore[attr-defined]
            return Answer({"error": {"code": 401}}, 401)
        assert (query["sortBy"], query["order"]) == ("updatedAt", "desc")
        ordered = sorted(self.items, key=lambda item: datetime.fromisoformat(item["updatedAt"]), reverse=True)
        skip, limit = int(query["skip"]), int(query["limit"])
        page = ordered[skip : skip + limit]
        return Answer({"data": page, "meta": {"total": len(ordered), "limit": limit, "offset": skip}})


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formbricks, "PAGE_SIZE", 4)
    monkeypatch.setattr(formbricks, "OVERLAP", 1)


@pytest.mark.usefixtures("small_pages")
def test_its_api_tells_what_its_webhooks_tell() -> None:
    responses = Responses(11)
    responses.items[5] |= {"data": scored("Ada Exemple")}
    with running_vendor(responses.answer) as server:
        teller = SURVEY._replace(account=msgspec.structs.replace(SURVEY.account, api=server.url))
        whole = pages_of(teller, STARTED)
        webhooks = [
            SURVEY.read(delivery({"event": "responseFinished", "data": item})).said
            for i, item in enumerate(responses.items)
            if i != 5
        ]
        assert said_in(whole) == sorted((said for one in webhooks for said in one), key=repr)
        reasons = {reading.ignored or reading.refused for page in whole for reading in page.readings} - {""}
        assert len(reasons) == 1
        assert "Ada" not in reasons.pop()
        for interrupted in range(1, len(whole)):
            server.troubles.extend([Trouble.LIMITED, Trouble.FAILS, Trouble.HANGS_UP, Trouble.NO_JSON])
            begun = pages_of(teller, STARTED, most=interrupted)
            assert said_in([*begun, *pages_of(teller, STARTED, begun[-1].cursor)]) == said_in(whole)
        server.troubles.append(Trouble.HANGS)
        recent = pages_of(teller, STARTED + timedelta(minutes=9))
        assert {said.subject for said in said_in(recent)} == {"r9", "r10"}


@pytest.mark.usefixtures("small_pages")
def test_what_is_edited_or_deleted_meanwhile_hides_no_other() -> None:
    responses = Responses(11)
    with running_vendor(responses.answer) as server:
        teller = SURVEY._replace(account=msgspec.structs.replace(SURVEY.account, api=server.url))
        begun = pages_of(teller, STARTED, most=1)
        responses.items[2]["updatedAt"] = (STARTED + timedelta(hours=1)).isoformat()
        responses.items.append(responses.item(11))
        rest = pages_of(teller, STARTED, begun[-1].cursor)
        assert {f"r{i}" for i in range(11)} - {said.subject for said in said_in([*begun, *rest])} == {"r2"}
        begun = pages_of(teller, STARTED, most=1)
        responses.items = [item for item in responses.items if item["id"] != "r11"]
        rest = pages_of(teller, STARTED, begun[-1].cursor)
        assert {f"r{i}" for i in range(11)} <= {said.subject for said in said_in([*begun, *rest])}


@given(ANY_BODY)
def test_any_body_is_read_or_refused(body: Any) -> None:
    CONNECTOR.greets(delivery(body))
    reading_of(SURVEY, body)


@given(mutated(FINISHED))
@settings(deadline=None, max_examples=200)
def test_an_example_with_a_part_that_is_wrong_is_read_or_refused(body: Any) -> None:
    reading_of(SURVEY, body)
