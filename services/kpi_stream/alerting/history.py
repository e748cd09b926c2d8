"""Who changed which alert, when, and what was asked of it before."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from services.common.logging import get_logger
from services.common.whole_files import OUR_GROUPS, replace_file
from services.kpi_stream.alerting.thresholds.changes import written_of
from services.kpi_stream.alerting.thresholds.file import Thresholds

log = get_logger(__name__)

BY_HAND = "the file"
"""Who changed it, where somebody wrote in the file of thresholds."""
MOST_KEPT = 1000
MOST_TOLD = 20


class Entry(msgspec.Struct, frozen=True):
    """One change of one alert: the fields that became others, as people write them in the file of thresholds.

    `by`: a person as the board signs them in, `the file`, or empty: somebody with a key of the API.
    """

    time: datetime
    by: str
    alert: str
    before: Mapping[str, str]
    after: Mapping[str, str]


class History:
    """The newest entries, in a file with one on each line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = deque(_read(path), maxlen=MOST_KEPT)

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep entries, the oldest first. One that cannot be written is kept until this process ends."""
        self._entries.extend(entries)
        lines = b"".join(msgspec.json.encode(entry) + b"\n" for entry in self._entries)
        try:
            replace_file(self._path, lines, OUR_GROUPS)
        except OSError as error:
            log.warning("the history of alerts is not written", error=error.strerror)

    def of(self, alert: str) -> Sequence[Entry]:
        """The newest of an alert, the newest first."""
        return [entry for entry in reversed(self._entries) if entry.alert == alert][:MOST_TOLD]


def entries(before: Thresholds, after: Thresholds, by: str, time: datetime) -> list[Entry]:
    """One for each alert of which not the same is asked."""
    was, now = _written(before), _written(after)
    found = []
    for alert in {**was, **now}:
        old, new = was.get(alert, {}), now.get(alert, {})
        others = [field for field in {**old, **new} if old.get(field) != new.get(field)]
        if others:
            found.append(Entry(time, by, alert, _those(old, others), _those(new, others)))
    return found


def _written(thresholds: Thresholds) -> dict[str, dict[str, str]]:
    on = {watched.threshold.name: written_of(watched) for watched in thresholds.alerts}
    return on | {watched.threshold.name: written_of(watched) | {"off": "yes"} for watched in thresholds.off}


def _those(fields: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: fields[name] for name in names if name in fields}


def _read(path: Path) -> list[Entry]:
    try:
        lines = path.read_bytes().splitlines()
        return [msgspec.json.decode(line, type=Entry) for line in lines]
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("the history of alerts cannot be read, and begins anew", error=str(error))
        return []
