"""Files of secrets that sign links and sessions: one a line, the newest last."""

import os
import secrets
from pathlib import Path

from services.common.errors import ConfigurationError

LEAST_CHARACTERS = 32


def read_secrets(path: Path, field: str) -> list[str]:
    """The secrets of a file, made with one when missing; readable by the owner alone. `field` names its setting.

    :raises ConfigurationError: when it cannot be read, or holds none.
    """
    try:
        if not path.exists():  # where it is, its folder may be one that nobody can write to
            _make(path)
        found = path.read_text().split()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", field=field, mend="mend its rights"
        ) from None
    if not found or any(len(secret) < LEAST_CHARACTERS for secret in found):
        raise ConfigurationError(
            f"{path} must hold secrets of at least {LEAST_CHARACTERS} characters, one a line",
            field=field,
            mend="delete it to have one made; what was signed is no longer good then",
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
