"""From an invitation to an event."""

import httpx
import pytest

from services.common.settings import Port
from tests.support.stack import RunningStack, wait_for


@pytest.fixture
def link(stack: RunningStack) -> str:
    with stack.http(Port.SURVEY) as client:
        made = client.post("/v1/invitations", json={"touchpoint": "delivery", "customer_id": "C-1", "language": "en"})
    assert made.status_code == 201, made.text
    return str(made.json()["link"])


def test_an_answer_is_taken_once(stack: RunningStack, link: str) -> None:
    form = httpx.get(f"{link}?score=9")
    assert form.status_code == 200
    assert 'value="9" required checked' in form.text
    first = httpx.post(link, data={"score": "9", "comment": "<b>good</b>"})
    assert first.status_code == 303
    assert "Thank you" in httpx.get(str(first.next_request.url)).text if first.next_request else False
    second = httpx.post(link, data={"score": "0"})
    assert second.status_code == 409
    assert "Already answered" in second.text
    wait_for(lambda: _outbox(stack) == 0, "the outbox is empty")


def _outbox(stack: RunningStack) -> float:
    lines = httpx.get(f"{stack.url(Port.SURVEY)}/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("cadran_survey_outbox_events "))
