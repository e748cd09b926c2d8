"""Where the ledger of an import lies: under a name made of all that decides what it sends, and where."""

import time
from hashlib import blake2b, file_digest
from io import BufferedReader
from pathlib import Path

import msgspec

from services.ingest.importer.mapping import Mapping

MAKING = 1
"""Raise it when other events are made of the same file: what another release began is not gone on with."""

FORGOTTEN_AFTER = 30 * 86400.0
"""Seconds, after which an import that nobody goes on with is forgotten."""


def ledger_path(folder: Path, file: BufferedReader, mapping: Mapping, *target: str) -> Path:
    """The ledger of importing this very content by this mapping to this target; reads the file once."""
    digest = blake2b(msgspec.json.encode((MAKING, mapping, target)), digest_size=16)
    digest.update(file_digest(file, "blake2b").digest())
    file.seek(0)
    return folder / f"{digest.hexdigest()}.sqlite"


def forget_old(folder: Path) -> None:
    """Delete the ledgers that nobody goes on with: each is as large as its file."""
    for path in folder.glob("*.sqlite*"):
        if path.stat().st_mtime < time.time() - FORGOTTEN_AFTER:
            path.unlink(missing_ok=True)
