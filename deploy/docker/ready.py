"""`python ready.py URL [LINE]`: status 0 if the URL answers 200, and with that line where one is asked for.

The health check of a container: run every few seconds, so it imports little, and nothing of Cadran.
"""

import sys
import urllib.error
import urllib.request

SECONDS = 4.0


def fault(url: str, line: str | None) -> str | None:
    """What is wrong with the answer; None: nothing."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - the address stands in the Compose file
            text = answer.read().decode()
    except urllib.error.HTTPError as error:
        return f"{error.code}: {error.read().decode(errors='replace')[:500]}"
    except OSError as error:
        return str(error)
    return None if line is None or line in text.splitlines() else f"there is no line {line!r}"


if __name__ == "__main__":
    sys.exit(fault(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
