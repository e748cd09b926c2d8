"""Secrets that people keep in a file of their own: keys, passwords, tokens."""

from pathlib import Path

from services.common.errors import ConfigurationError


def read_secret(path: Path, field: str = "", mend: str = "mend the path or its rights") -> str:
    """What a file holds, without the end of its line. `field`: the setting that names the file.

    :raises ConfigurationError: naming the field, when it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = error.strerror
    except UnicodeDecodeError:
        reason = "it is no text"
    raise ConfigurationError(f"{path} cannot be read: {reason}", field=field, mend=mend)
