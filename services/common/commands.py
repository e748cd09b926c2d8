"""`cadran topics`, `cadran keys` and `cadran audit`."""

from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from services.common.audit import AuditLog, Entry
from services.common.audited_commands import Told
from services.common.auth import ApiKey, KeyRing, Scope
from services.common.errors import ConfigurationError
from services.common.lengths import LENGTH, read_length
from services.common.printing import console
from services.common.settings import Settings
from services.common.topic_admin import create_topics, wrong_topics
from services.common.windows import utc_now

topics = typer.Typer(help="Kafka's topics: create them, check them.", no_args_is_help=True)
keys = typer.Typer(help="API keys: create, list, rotate, revoke.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="Its id, from `cadran keys list`."), Told(r"[0-9a-f]{12}")]


def register(app: typer.Typer) -> None:
    app.add_typer(topics, name="topics")
    app.add_typer(keys, name="keys")
    app.command("audit")(audit)


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
    scope: Annotated[list[Scope], typer.Option(help="What it may do; repeat it for more."), Told(r"[a-z:]+")],
    namespace: Annotated[
        str | None,
        typer.Option(
            help="Put before the ids of its orders, leads, offers and contacts, so that two sources never collide. "
            "The key's name unless given; sources that name the same orders need the same one, or none (empty)."
        ),
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="After how long it is refused: 90d. Never unless given."), Told(LENGTH)
    ] = None,
) -> None:
    """Create a key and print it: it is never shown again."""
    namespace = name if namespace is None else namespace
    if ":" in namespace:
        raise ConfigurationError("a namespace has no colon", field="--namespace", mend="choose another")
    ring = KeyRing(Settings.load().api_keys_file)
    lifetime = None if expires is None else read_length(expires, "--expires")
    if lifetime is not None and not lifetime:
        raise ConfigurationError("a key that is over at once is good for nothing", field="--expires", mend="say 90d")
    print(ring.create(name, tuple(scope), namespace, lifetime))


@keys.command("list")
def list_keys() -> None:
    """Show the keys, without their secrets."""
    table = Table("id", "name", "scopes", "namespace", "created", "expires", "earlier secret until", box=None)
    for key in KeyRing(Settings.load().api_keys_file).all():
        table.add_row(key.id, key.name, " ".join(key.scopes), key.namespace, key.created.isoformat(), *_ends(key))
    console.print(table)


def _ends(key: ApiKey) -> tuple[str, str]:
    now = utc_now()
    expires = "never" if key.expires is None else f"{key.expires.isoformat()}{' (over)' if key.is_over(now) else ''}"
    until = [former.until.isoformat() for former in key.still_former(now)]
    return expires, max(until, default="")


@keys.command("rotate")
def rotate(
    key_id: KeyId,
    grace: Annotated[
        str,
        typer.Option(help="How long the earlier secret is still good: 24h, or 0s where it has leaked."),
        Told(LENGTH),
    ] = "24h",
) -> None:
    """Give a key another secret and print it as a whole: it is never shown again. All else of the key stays."""
    print(KeyRing(Settings.load().api_keys_file).rotate(key_id, read_length(grace, "--grace")))


@keys.command("revoke")
def revoke(key_id: KeyId) -> None:
    """Revoke a key: it is refused from the next second on."""
    KeyRing(Settings.load().api_keys_file).revoke(key_id)
    console.print("revoked")


def audit(
    last: Annotated[int, typer.Option(help="How many acts, the last ones.", min=1)] = 50,
) -> None:
    """Show who did what to this installation; status 1, and where, if the log is not as it was written."""
    acts: dict[str, Entry] = {}
    for entry in AuditLog(Settings.load().audit_path).entries():
        begun = acts.get(entry.act, entry)
        acts[entry.act] = msgspec.structs.replace(entry, time=begun.time)
    table = Table("begun", "who", "what", "subject", "outcome", box=None)
    for act in list(acts.values())[-last:]:
        outcome = "not ended" if act.outcome == "begun" else f"{act.outcome} {act.why}"
        table.add_row(*map(escape, (act.time.isoformat(timespec="seconds"), act.who, act.what, act.subject, outcome)))
    console.print(table)
    console.print(f"{len(acts)} acts; the log is as it was written", highlight=False)
