"""All boards, and their files: classic JSON for file provisioning, one for each board and language.

Nothing in `deploy/grafana/dashboards` is written by hand.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from services.kpi_stream.grafana.direction import direction
from services.kpi_stream.grafana.edition import LANGUAGES, Edition
from services.kpi_stream.grafana.platform import platform
from services.kpi_stream.grafana.reps import reps
from services.kpi_stream.grafana.subjects import subject_board
from services.kpi_stream.kpis.kpi import Board, Kpi

BOARDS: Mapping[str, Callable[[Sequence[Kpi], Edition], Dashboard]] = {
    "direction": direction,
    **{board.value: partial(subject_board, board) for board in Board},
    "reps": reps,
    "platform": platform,
}


def as_json(name: str, kpis: Sequence[Kpi], edition: Edition) -> str:
    """A board's file, the same for the same KPIs."""
    return JSONEncoder(sort_keys=True, indent=2).encode(BOARDS[name](kpis, edition).build()) + "\n"


def write_boards(kpis: Iterable[Kpi], currency: str, folder: Path) -> list[Path]:
    """Write every board in every language; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    declared, written = list(kpis), []
    for language in LANGUAGES:
        for name in BOARDS:
            path = folder / f"cadran-{name}-{language}.json"
            path.write_text(as_json(name, declared, Edition(language, currency)), encoding="utf-8")
            written.append(path)
    return written
