"""Which lines of the services were run: by tracing alone, as it is only ever asked of some inputs."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from deploy.local.programs import ROOT

SERVICES = str(ROOT / "services") + "/"


class Reached:
    """Lines that were run of functions that were entered."""

    def __init__(self) -> None:
        self._lines: dict[CodeType, set[int]] = {}
        self._grew = False

    def by(self, run: Callable[[], None]) -> bool:
        """Run something: did it reach a line that nothing reached before?"""
        self._grew = False
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            run()
        finally:
            sys.settrace(before)
        return self._grew

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        if not frame.f_code.co_filename.startswith(SERVICES):
            return None
        seen = self._lines.setdefault(frame.f_code, set())

        def line(frame: FrameType, event: str, arg: Any) -> Any:
            if event == "line" and frame.f_lineno not in seen:
                seen.add(frame.f_lineno)
                self._grew = True
            return line

        return line

    @property
    def lines(self) -> int:
        return sum(len(seen) for seen in self._lines.values())

    @property
    def there(self) -> int:
        """Lines of the functions that were entered."""
        return sum(len(_lines_of(code)) for code in self._lines)

    @property
    def modules(self) -> list[str]:
        return sorted({str(Path(code.co_filename).relative_to(ROOT)) for code in self._lines})


def _lines_of(code: CodeType) -> set[int]:
    return {line for _, _, line in code.co_lines() if line is not None and line != code.co_firstlineno}
