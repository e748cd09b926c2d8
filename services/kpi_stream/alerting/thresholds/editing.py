"""Changes one alert in the text of the file of thresholds; comments and all else stay as people wrote them."""

from collections.abc import Mapping
from io import BytesIO

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from services.common.errors import Conflict


def edited(content: bytes, name: str, fields: Mapping[str, str | None]) -> bytes:
    """The text with some fields of an alert written anew; those that are None are left out.

    :raises Conflict: when the text is no YAML: somebody must mend it first.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        document = yaml.load(content)
    except YAMLError:
        raise Conflict("the file of thresholds is no YAML at the moment", mend="mend the file first") from None
    alerts = _mapping(document, "alerts")
    entry = _mapping(alerts, name)
    for field, text in fields.items():
        if text is None:
            entry.pop(field, None)
        else:
            entry[field] = text
    if not entry:
        del alerts[name]
    written = BytesIO()
    yaml.dump(document, written)
    return written.getvalue()


def _mapping(parent: CommentedMap, name: str) -> CommentedMap:
    """What stands below a name, made where nothing does; `off` alone is a field of its own then."""
    found = parent.get(name)
    if not isinstance(found, CommentedMap):
        parent[name] = CommentedMap() if found is None else CommentedMap({"off": "yes"})
    mapping: CommentedMap = parent[name]
    mapping.fa.set_block_style()
    return mapping
