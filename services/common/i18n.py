"""Texts in several languages: English in the code, the others in `.po` files. A further language is a further file."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations


def load_translations(folder: Path) -> Mapping[str, NullTranslations]:
    """The catalogues of a folder by language (`fr.po` is `fr`); a text that one lacks is shown in English."""
    found: dict[str, NullTranslations] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.stem)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        found[path.stem] = Translations(compiled)
    return found


def best_language(accepted: str, offered: Mapping[str, object], default: str) -> str:
    """The language that a browser's `Accept-Language` likes best among those offered."""
    wishes = []
    for part in accepted.split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            wishes.append((float(quality or 1), name.split("-")[0].lower()))
        except ValueError:
            continue
    liked = [name for quality, name in sorted(wishes, key=lambda wish: -wish[0]) if quality > 0 and name in offered]
    return liked[0] if liked else default
