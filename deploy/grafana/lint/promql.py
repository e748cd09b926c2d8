"""What a PromQL expression names: metrics, labels, the functions around them.

No parser: whether an expression is well formed is for promtool to say (`syntax.py`). Of one that is, this finds every
selector with its matchers, and every label that it groups or matches by.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

TOKEN = re.compile(
    r"""\s+ | \#[^\n]*
    | (?P<text> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | `[^`]*` )
    | (?P<range> \[ [^\]]* \] )
    | (?P<word> [A-Za-z_:][\w:]* )
    | (?P<number> [\d.]\w*(?:[eE][-+]?\d+)? )
    | (?P<sign> =~ | !~ | != | == | <= | >= | [-+*/%^=<>(){},@$] )""",
    re.VERBOSE,
)
LABELS_FOLLOW = {"by", "without", "on", "ignoring", "group_left", "group_right"}
WORDS = {"bool", "offset", "and", "or", "unless", "inf", "nan", "atan2", "start", "end"}
AGGREGATIONS = {
    "sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile"
}  # fmt: skip


class Matcher(NamedTuple):
    label: str
    sign: str
    value: str


class Selector(NamedTuple):
    """A selector: `functions` are those that it stands in, the innermost last."""

    name: str
    matchers: tuple[Matcher, ...]
    functions: tuple[str, ...]
    range: str

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric, or those that `__name__` allows."""
        named = [m.value for m in self.matchers if m.label == "__name__"]
        return (self.name,) if self.name else tuple(name for value in named for name in value.split("|"))

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(matcher.label for matcher in self.matchers if matcher.label != "__name__")


class Named(NamedTuple):
    """What an expression names."""

    selectors: tuple[Selector, ...]
    grouped_by: frozenset[str]


class Token(NamedTuple):
    kind: str
    text: str


def named(expression: str) -> Named:
    """:raises ValueError: at a character that PromQL does not have."""
    return _Reading(list(_tokens(expression))).all()


def _tokens(expression: str) -> Iterator[Token]:
    at = 0
    while at < len(expression):
        found = TOKEN.match(expression, at)
        if found is None:
            raise ValueError(f"{expression[at]!r} is no PromQL")
        if found.lastgroup:
            yield Token(found.lastgroup, found[0])
        at = found.end()
    yield Token("end", "")


class _Reading:
    """Goes through the tokens once, and remembers in which parentheses it is."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._functions: list[str] = []
        self._called = ""
        self._selectors: list[Selector] = []
        self._grouped_by: set[str] = set()

    def all(self) -> Named:
        while (token := self._next()).kind != "end":
            if token.kind == "word":
                self._word(token.text)
            elif token.text == "{":
                self._selector("")
            elif token.text == "(":
                self._functions.append(self._called)
                self._called = ""
            elif token.text == ")" and self._functions:
                self._functions.pop()
        return Named(tuple(self._selectors), frozenset(self._grouped_by))

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _follows(self, text: str) -> bool:
        return self._tokens[self._at].text == text

    def _word(self, word: str) -> None:
        if word.lower() in LABELS_FOLLOW:
            if self._follows("("):
                self._grouped_by |= {token.text for token in self._until(")") if token.kind == "word"}
        elif word.lower() in AGGREGATIONS or (self._follows("(") and word.lower() not in WORDS):
            self._called = word
        elif word.lower() not in WORDS:
            self._selector(word)

    def _until(self, closing: str) -> Iterator[Token]:
        while (token := self._next()).text != closing and token.kind != "end":
            yield token

    def _selector(self, name: str) -> None:
        """A metric's name has been read, or the brace of a selector without one."""
        inside: list[Token] = []
        if not name or self._follows("{"):
            if name:
                self._next()
            inside = [token for token in self._until("}") if token.text != ","]
        matchers = tuple(
            Matcher(label.text, sign.text, value.text[1:-1])
            for label, sign, value in zip(inside[::3], inside[1::3], inside[2::3], strict=False)
        )
        span = self._next().text if self._tokens[self._at].kind == "range" else ""
        self._selectors.append(Selector(name, matchers, tuple(filter(None, self._functions)), span[1:-1]))
