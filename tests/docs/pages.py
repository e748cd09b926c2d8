"""What stands in the README and in docs/: blocks of code, and commands in the text."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from services.common.settings import Port, Settings

PAGES = (Path("README.md"), *sorted(Path("docs").rglob("*.md")))
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"\s+# .*$")
INLINE = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """Code that a reader may copy, as it is written there."""

    page: Path
    language: str
    code: str


def blocks_of(page: Path) -> list[Block]:
    """Those of a page, in turn; one in a list without its indent."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [
        Block(page, language, re.sub(f"^{indent}", "", code, flags=re.MULTILINE)) for indent, language, code in found
    ]


def shell_lines(code: str) -> Iterator[str]:
    """The commands of a block: a line that ends in a backslash, or within quotes, goes on."""
    waiting = ""
    for line in code.splitlines():
        waiting += COMMENT.sub("", line)
        if waiting.endswith("\\"):
            waiting = waiting[:-1]
        elif waiting.count("'") % 2:
            waiting += "\n"
        else:
            if waiting.strip():
                yield waiting.strip()
            waiting = ""


def commands(page: Path, program: str) -> Iterator[str]:
    """Wherever a page names a program with something after it, in a block or in its text."""
    text = page.read_text(encoding="utf-8")
    for block in blocks_of(page):
        if block.language == "sh":
            yield from (line for line in shell_lines(block.code) if line.startswith(f"{program} "))
    for inline in INLINE.findall(BLOCK.sub("", text)):
        if inline.startswith(f"{program} "):
            yield inline


def pointed_at(text: str, settings: Settings, local_dir: Path) -> str:
    """What is written for the usual ports and folder, as it reads for a stack that has others."""
    usual = settings.model_copy(update={"port_offset": 0})
    for port in Port:
        text = text.replace(f"127.0.0.1:{usual.port(port)}", f"127.0.0.1:{settings.port(port)}")
    return text.replace(".local/", f"{local_dir}/")
