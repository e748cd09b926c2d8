"""What was sent, with one bit of it changed."""


def flipped(content: bytes, bit: int) -> bytes:
    """The content with one bit the other way; bits are counted on from the beginning again after the last."""
    place, which = divmod(bit % (8 * len(content)), 8)
    return content[:place] + bytes([content[place] ^ 1 << which]) + content[place + 1 :]


def flipped_text(text: str, bit: int) -> str:
    """As `flipped`, of a text in Latin letters: a header, or a secret."""
    return flipped(text.encode("latin-1"), bit).decode("latin-1")
