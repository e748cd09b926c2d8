"""Links that only we can make: an id and its signature. Nothing of a person is in them.

Whether an invitation is still open is not in the link but in the database, so that it can be withdrawn or prolonged.
"""

import secrets
from collections.abc import Sequence
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

from services.common.errors import NotFound

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
