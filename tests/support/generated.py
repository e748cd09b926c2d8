"""Parts of pages that a command writes: between two marks, so that people can write around them."""

from pathlib import Path


def write_part(page: Path, name: str, text: str) -> None:
    """Put a text between the marks of this name.

    :raises ValueError: when the page does not have them.
    """
    begin, end = (f"<!-- {name}: {edge} -->" for edge in ("written by a command", "end"))
    before, found, rest = page.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{page}: lacks `{begin}` and `{end}`")
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}")
