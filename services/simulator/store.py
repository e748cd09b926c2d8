"""How far a simulation has been sent: a small file in the local folder, so that it goes on where it stopped."""

from datetime import date, datetime
from pathlib import Path

import msgspec

from services.common.errors import ConfigurationError


class Progress(msgspec.Struct, frozen=True):
    """A simulation: its seed, its first day, the day on which its past was loaded, and what was sent."""

    seed: int
    first: date
    today: date
    sent_until: datetime


class ProgressFile:
    """The file that it is kept in."""

    def __init__(self, local_dir: Path) -> None:
        self._path = local_dir / "simulator.json"

    def read(self) -> Progress | None:
        """What was sent; none if nothing was.

        :raises ConfigurationError: when the file is damaged.
        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Progress)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise ConfigurationError(f"{self._path} is damaged: {error}", mend="delete it to simulate anew") from None

    def write(self, progress: Progress) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".tmp")
        draft.write_bytes(msgspec.json.encode(progress))
        draft.replace(self._path)
