"""`cadran doctor` on a stack, made to look at some things alone."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from services.common.settings import Settings
from services.common.windows import Clock, utc_now
from services.operations.doctor.all_checks import all_checks
from services.operations.doctor.examining import Check, examine
from services.operations.doctor.findings import Finding
from services.operations.doctor.installation import Installation, Limits
from tests.support.stack import RunningStack


class Doctor:
    """Looks at a stack, once, with these settings besides (`CADRAN_REDIS=…`)."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack

    def findings(
        self, *names: str, limits: Limits | None = None, clock: Clock = utc_now, **settings: str
    ) -> list[Finding]:
        """What the checks of these names find; those that they need are made before, and are to be good."""
        given = {name: value for name, value in self._stack.environment.items() if name.startswith("CADRAN_")}
        with patch.dict(os.environ, {**given, **settings}):
            installation = Installation(Settings.load(), clock, limits or Limits())
            outcomes = {outcome.check: outcome for outcome in examine(_with_needs(names), installation)}
        assert [outcomes[name].waits_for for name in names] == [""] * len(names), outcomes
        return [finding for name in names for finding in outcomes[name].findings]

    def finds(self, name: str, what: str, mend: str, **given: object) -> None:
        """The check finds something that reads so, and names this mend."""
        found = self.findings(name, **given)  # type: ignore[arg-type]
        assert [finding for finding in found if what in finding.what and mend in finding.mend], found


def _with_needs(names: tuple[str, ...]) -> list[Check]:
    by_name = {check.name: check for check in all_checks()}
    wanted, left = set[str](), list(names)
    while left:
        name = left.pop()
        wanted.add(name)
        left += by_name[name].needs
    return [check._replace(passes_within=0) for check in by_name.values() if check.name in wanted]


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield int(server.getsockname()[1])
