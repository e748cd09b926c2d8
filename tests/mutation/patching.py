"""A mutant put into a process that has everything loaded: its functions get the changed code, whoever holds them."""

import gc
from collections import defaultdict
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType

Name = tuple[str, int]
"""What tells a function of a file from the others: its qualified name, and its first line."""


class Loaded:
    """All functions that there are by now, and all that remembers what they gave."""

    def __init__(self) -> None:
        self._functions: defaultdict[str, list[FunctionType]] = defaultdict(list)
        self._memories: list[_lru_cache_wrapper[object]] = []
        gc.unfreeze()  # what is frozen is not among the objects
        for each in gc.get_objects():
            if isinstance(each, FunctionType):
                self._functions[each.__code__.co_filename].append(each)
            elif isinstance(each, _lru_cache_wrapper):
                self._memories.append(each)

    def holds(self, path: Path) -> bool:
        return str(path) in self._functions

    def put_in(self, path: Path, text: str) -> None:
        """Give every function of a module the code that it has in a text, and forget what was worked out before.

        :raises ValueError: when the changed code does not fit: it closes over something else.
        :raises SyntaxError: when it is no code.
        """
        changed = {_name(code): code for code in _codes(compile(text, str(path), "exec"))}
        for function in self._functions[str(path)]:
            function.__code__ = changed[_name(function.__code__)]
        for memory in self._memories:
            memory.cache_clear()


def _name(code: CodeType) -> Name:
    return code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)
