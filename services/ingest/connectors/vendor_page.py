"""A vendor's page in the documentation, from its facts and the words of its accounts."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from services.ingest.connectors.connector import Account, Connector

PLACES = {
    "url": "https://cadran.example.org/v1/connectors/{vendor}/paris",
    "secret_file": "/run/secrets/{vendor}_paris",
    "account": "paris",
}
"""What stands in the steps of a page, where `cadran connectors check` says what is really so."""


def page(connector: Connector) -> str:
    """The whole page, in Markdown."""
    facts = connector.facts
    places = {name: value.replace("{vendor}", connector.vendor) for name, value in PLACES.items()}
    lines = [
        f"Vendor: `{connector.vendor}`. Its own documentation: <{facts.docs}>. Verified by: {facts.signed}, with "
        f"{facts.signed_with}.",
        "",
        "## Set it up",
        "",
        *(f"{number}. {placed(step, places)}" for number, step in enumerate(facts.steps, 1)),
        "",
        f"`cadran connectors check {connector.vendor} paris` tells these steps with your own address, waits for a "
        "delivery and says what it became.",
    ]
    if facts.test:
        lines += ["", f"A trial: {facts.test}"]
    lines += ["", "## What becomes of it", "", "| it sends | we make |", "| --- | --- |"]
    lines += [f"| `{topic.name}` | {topic.becomes} |" for topic in facts.topics]
    lines += [
        "",
        "| ours | from |",
        "| --- | --- |",
        *(f"| `{field.ours}` | {field.theirs} |" for field in facts.fields),
    ]
    if facts.traps:
        lines += ["", "## Know this", "", *(f"- {trap}" for trap in facts.traps)]
    lines += ["", "## Words of an account", "", "| word | default | what it is |", "| --- | --- | --- |"]
    lines += list(_words(connector.account))
    lines += [
        "",
        f"Completed by its API: {_yes(connector.fetch)}. Pulled by `cadran connectors sync`: {_yes(connector.pages)}.",
    ]
    return "\n".join(lines)


def placed(text: str, places: Mapping[str, str]) -> str:
    """A step with what stands for `{url}` and the like."""
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _words(account: type[Account]) -> Iterator[str]:
    """The vendor's own words first, then those of every account."""
    common = {field.name for field in msgspec.structs.fields(Account)}
    properties: dict[str, Any] = msgspec.json.schema(account)["$defs"][account.__name__]["properties"]
    for own in (True, False):
        for field in msgspec.structs.fields(account):
            if (field.name in common) is not own:
                description = properties[field.encode_name].get("description", "")
                yield f"| `{field.encode_name}` | {_default(field)} | {description} |"


def _default(field: Any) -> str:
    if field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT:
        return "needed"
    default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return f"`{default}`" if default else ""


def _yes(part: object) -> str:
    return "yes, where `token_file` is set" if part else "no"
