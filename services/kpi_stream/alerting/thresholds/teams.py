"""Who can be told."""

from pathlib import Path
from typing import Literal

import msgspec

Language = Literal["en", "fr"]
OPERATIONS = "operations"
"""The team that looks after Cadran itself."""


class Team(msgspec.Struct, frozen=True):
    """People who are told together, and by which ways. A secret stands in a file that is named here, never here.

    `slack_file`, `teams_file`: the file of the address that Slack or Microsoft Teams gave. `webhook_token_file`: the
    file of what is sent to `webhook` as a bearer token.
    """

    name: str
    language: Language = "fr"
    email: tuple[str, ...] = ()
    slack_file: Path | None = None
    teams_file: Path | None = None
    webhook: str = ""
    webhook_token_file: Path | None = None

    @property
    def can_be_told(self) -> bool:
        """Is there any way to it?"""
        return bool(self.email or self.slack_file or self.teams_file or self.webhook)
