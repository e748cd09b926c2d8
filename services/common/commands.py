"""`cadran topics` and `cadran keys`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.common.auth import KeyRing, Scope
from services.common.errors import ConfigurationError
from services.common.settings import Settings
from services.common.topic_admin import create_topics, wrong_topics

console = Console()
topics = typer.Typer(help="Kafka's topics: create them, check them.", no_args_is_help=True)
keys = typer.Typer(help="API keys: create, list, revoke.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(topics, name="topics")
    app.add_typer(keys, name="keys")


@topics.command("create")
def create() -> None:
    """Create the topics that are missing; those that exist are left alone."""
    created = create_topics(Settings.load())
    console.print(f"created {', '.join(created)}" if created else "every topic exists", highlight=False)


@topics.command("check")
def check() -> None:
    """Say what is missing or different; status 1 if anything is."""
    faults = wrong_topics(Settings.load())
    for fault in faults:
        console.print(str(fault), highlight=False)
    if faults:
        raise typer.Exit(1)
    console.print("topics are as they must be")


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; repeat it for more.")],
    namespace: Annotated[
        str | None,
        typer.Option(
            help="Put before the ids of its orders, leads, offers and contacts, so that two sources never collide. "
            "The key's name unless given; sources that name the same orders need the same one, or none (empty)."
        ),
    ] = None,
) -> None:
    """Create a key and print it: it is never shown again."""
    namespace = name if namespace is None else namespace
    if ":" in namespace:
        raise ConfigurationError("a namespace has no colon", field="--namespace", mend="choose another")
    ring = KeyRing(Settings.load().api_keys_file)
    print(ring.create(name, tuple(scope), namespace))


@keys.command("list")
def list_keys() -> None:
    """Show the keys, without their secrets."""
    table = Table("id", "name", "scopes", "namespace", "created", box=None)
    for key in KeyRing(Settings.load().api_keys_file).all():
        table.add_row(key.id, key.name, " ".join(key.scopes), key.namespace, key.created.isoformat())
    console.print(table)


@keys.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="Its id, from `cadran keys list`.")]) -> None:
    """Revoke a key: it is refused from the next second on."""
    KeyRing(Settings.load().api_keys_file).revoke(key_id)
    console.print("revoked")
