"""`python -m deploy.docker.public`: refuses to go into production with addresses that customers cannot open safely."""

import os
import sys
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

ADDRESSES = ("CADRAN_BOARD_URL", "CADRAN_ALERTS_BOARD_URL", "CADRAN_SURVEY_URL", "CADRAN_INGEST_PUBLIC_URL")


def faults(environ: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the addresses that letters, links and vendors bear."""
    for name in ADDRESSES:
        address = urlsplit(environ.get(name, ""))
        if address.scheme != "https" or not address.hostname:
            yield f"{name}: set it to the address that people reach it at, beginning with https://"


if __name__ == "__main__":
    sys.exit("\n".join(faults(os.environ)) or None)
