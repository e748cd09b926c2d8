"""`python -m tests.faults.wrong_clock +300 services.ingest.main`: a program whose clock is so many seconds wrong.

The time of day alone: monotonic clocks go on as they would beside a wrong clock.
"""

import runpy
import sys
from datetime import UTC, datetime, timedelta

import time_machine


def main() -> None:
    offset, module = sys.argv[1:]
    sys.argv = [module]
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=int(offset)), tick=True):
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
