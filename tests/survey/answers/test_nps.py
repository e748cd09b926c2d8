"""From an invitation to an event."""

import httpx

from tests.support.stack import RunningStack, wait_for
from tests.survey.asked import Asked, answer_of, metric


def test_an_answer_is_taken_once(stack: RunningStack, asked: Asked) -> None:
    form = httpx.get(f"{asked.link}?score=9")
    assert form.status_code == 200
    assert 'value="9" required checked' in form.text
    first = httpx.post(asked.link, data={"score": "9", "comment": "<b>good</b>"})
    assert first.status_code == 303
    assert "Thank you" in httpx.get(f"{asked.link}/thanks").text
    second = httpx.post(f"{asked.link}?lang=en", data={"score": "0"})
    assert second.status_code == 409
    assert "Already answered" in second.text
    assert answer_of(stack, asked)["score"] == 9
    wait_for(lambda: metric(stack, "cadran_survey_outbox_events") == 0, "the outbox is empty")


def test_nobody_is_thanked_for_nothing(asked: Asked) -> None:
    seen = httpx.get(f"{asked.link}/thanks?lang=en")
    assert (seen.status_code, seen.headers["location"]) == (303, f"/nps/{asked.token}?lang=en")
