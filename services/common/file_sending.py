"""Sending the lines of a CSV file to a service in batches, with progress; which were not taken, and why."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.common.client import ApiClient, ItemAnswer, refusal
from services.common.csv_rows import Rejected, Row, read_rows

BATCH, BATCH_BYTES = 200, 1_000_000
SHOWN = 10

console = Console()

File = Annotated[Path, typer.Argument(help="A CSV file in UTF-8; its first line names the columns.")]
Rejects = Annotated[Path | None, typer.Option(help="Where to write the lines that were not taken, with their reasons.")]


class Batches(NamedTuple):
    """Where the lines of a file go, and what is said of each besides what stands in the file."""

    method: str
    path: str
    defaults: Mapping[str, str]


Item = tuple[int, Mapping[str, Any]]
"""What is sent of a line, or of several: the number of the first, and its fields."""


def send_file(
    file: Path, kind: type[msgspec.Struct], batches: Batches, rejects: Path | None, client: ApiClient
) -> None:
    """Send every line whose columns are fields of `kind`, and print what became of them.

    :raises typer.Exit: with status 1, when a line was not taken.
    """
    rows, rejected = read_all(file, kind)
    send_items(rows, rejected, batches, rejects, client)


def read_all(file: Path, kind: type[msgspec.Struct]) -> tuple[list[Row], list[Rejected]]:
    """The lines of a file that can be read, and those that cannot."""
    rows = list(read_rows(file, kind))
    return [row for row in rows if isinstance(row, Row)], [row for row in rows if isinstance(row, Rejected)]


def send_items(
    items: Sequence[Item], rejected: Sequence[Rejected], batches: Batches, rejects: Path | None, client: ApiClient
) -> None:
    """Send what was made of lines, and print what became of it, and of the lines that were rejected before.

    :raises typer.Exit: with status 1, when a line was not taken.
    """
    counts, refused = _send(client, batches, items)
    _report(counts, sorted([*rejected, *refused]), rejects)


def _send(client: ApiClient, batches: Batches, items: Sequence[Item]) -> tuple[Counter[str], list[Rejected]]:
    """Send everything, with a bar; how many lines came to what, and which were not taken."""
    counts: Counter[str] = Counter()
    rejected: list[Rejected] = []
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(items))
        for part in _parts(items):
            for answer in _answers(client, batches, part):
                if answer.error is None:
                    counts[answer.status] += 1
                else:
                    rejected.append(Rejected(part[answer.index][0], _reason(answer.status, answer.error)))
            progress.advance(task, len(part))
    return counts, rejected


def _parts(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Consecutive items, as many as a request may hold."""
    part: list[Item] = []
    size = 0
    for item in items:
        bytes_of = len(msgspec.json.encode(item))
        if part and (len(part) == BATCH or size + bytes_of > BATCH_BYTES):
            yield part
            part, size = [], 0
        part.append(item)
        size += bytes_of
    if part:
        yield part


class _Answers(msgspec.Struct):
    results: list[ItemAnswer]


def _answers(client: ApiClient, batches: Batches, part: Sequence[Item]) -> list[ItemAnswer]:
    response = client.ask(batches.method, batches.path, [{**batches.defaults, **fields} for _, fields in part])
    if response.status_code != 200:
        raise refusal(client.name, response)
    return msgspec.json.decode(response.content, type=_Answers).results


def _reason(status: str, error: Mapping[str, Any]) -> str:
    place = f"{error['field']}: " if error.get("field") else ""
    mend = f" - {error['mend']}" if error.get("mend") else ""
    return f"{status.replace('_', ' ')}: {place}{error.get('detail', '')}{mend}"


def _report(counts: Mapping[str, int], rejected: Sequence[Rejected], rejects: Path | None) -> None:
    """How many lines were taken; which were not and why. Status 1 when there are any."""
    for status, number in sorted(counts.items()):
        console.print(f"{number:>9,} {status}", highlight=False)
    console.print(f"{len(rejected):>9,} not taken", highlight=False)
    for line, reason in rejected[:SHOWN]:
        console.print(f"{'':>9} line {line}: {reason}", highlight=False, markup=False, soft_wrap=True)
    if len(rejected) > SHOWN:
        where = f"all in {rejects}" if rejects else "--rejects writes them all to a file"
        console.print(f"{'':>9} and {len(rejected) - SHOWN:,} more: {where}", highlight=False, soft_wrap=True)
    if rejects is not None:
        with rejects.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("line", "reason"))
            writer.writerows(rejected)
    if rejected:
        raise typer.Exit(1)
