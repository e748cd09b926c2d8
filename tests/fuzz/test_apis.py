"""`make fuzz-apis` in small: no API fails, hangs, or answers otherwise than its document says, and all are counted."""

from tests.fuzz.apis.__main__ import DOCUMENTED, every_api
from tests.support.mail import running_mail_server
from tests.support.stack import running_stack

FEW = 60


def test_nothing_that_is_sent_to_an_api_makes_it_fail() -> None:
    with running_mail_server() as mail, running_stack(**mail.settings) as stack:
        found = list(every_api(stack, FEW, seed=0))
    assert {ran.name for ran in found} == {*DOCUMENTED, "survey pages", "board"}
    for ran in found:
        assert (ran.name, ran.failures, ran.server_errors) == (ran.name, [], 0)
        assert sum(ran.statuses.values()) >= ran.cases >= FEW
        assert any(status < "300" for status in ran.statuses), "what is refused alone reaches little"
