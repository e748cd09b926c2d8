"""Links that only we can make: an id and its signature. Nothing of a person is in them.

Whether an invitation is still open is not in the link but in the database, so that it can be withdrawn or prolonged.
"""

import os
import secrets
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer

from services.common.errors import ConfigurationError, NotFound

ID_BYTES = 12


class Purpose(StrEnum):
    """What a link is for: one made for the one is no good for the other."""

    NPS = "nps"
    PULSE = "pulse"
    UNSUBSCRIBE = "unsubscribe"


def new_id() -> str:
    """A random id of 96 bits, good in a URL and in an event."""
    return secrets.token_urlsafe(ID_BYTES)


class Links:
    """Makes links and reads them. `keys`: secrets, the newest last; it signs, the others are still good."""

    def __init__(self, keys: Sequence[str], base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._signers = {p: URLSafeSerializer(list(keys), salt=f"cadran-{p}") for p in Purpose}

    def token(self, purpose: Purpose, id_: str) -> str:
        return str(self._signers[purpose].dumps(id_))

    def url(self, purpose: Purpose, id_: str) -> str:
        return f"{self._base_url}/{purpose}/{self.token(purpose, id_)}"

    def read(self, purpose: Purpose, token: str) -> str:
        """The id in a token.

        :raises NotFound: when we did not make it, or for another purpose.
        """
        try:
            id_ = self._signers[purpose].loads(token)
        except BadData:
            raise NotFound("this link is not one of ours", mend="open it as it stands in the letter, whole") from None
        return str(id_)


def read_secrets(path: Path) -> list[str]:
    """The secrets of a file, made with one when missing; readable by the owner alone.

    :raises ConfigurationError: when it cannot be read, or holds none.
    """
    try:
        _make(path)
        found = path.read_text().split()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", field="CADRAN_SURVEY_SECRET_FILE", mend="mend its rights"
        ) from None
    if not found or any(len(secret) < 32 for secret in found):
        raise ConfigurationError(
            f"{path} must hold secrets of at least 32 characters, one a line",
            field="CADRAN_SURVEY_SECRET_FILE",
            mend="delete it to have one made; links already sent are no longer good then",
        )
    return found


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.touch(mode=0o600)
    draft.write_text(f"{secrets.token_urlsafe(32)}\n")
    try:
        os.link(draft, path)  # unlike a rename, it never replaces what another process made meanwhile
    except FileExistsError:
        pass
    finally:
        draft.unlink()
