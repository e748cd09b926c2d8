"""`cadran access`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.common.secret_files import read_secret
from services.common.settings import Settings
from services.common.topic_admin import admin_client
from services.operations.access.kafka_rights import grant
from services.operations.access.redis_rights import acl_lines
from services.operations.access.rights import RIGHTS

console = Console(soft_wrap=True, highlight=False)
access = typer.Typer(help="What each service may do at Kafka and at Redis.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(access, name="access")


@access.command("grant")
def grant_at_kafka() -> None:
    """Allow each user at Kafka what its service does. Safe to repeat; needs a user who may change rights."""
    with admin_client(Settings.load().kafka_access) as client:
        count = grant(client, RIGHTS)
    console.print(f"{count} rights granted to {', '.join(rights.user for rights in RIGHTS)}")


@access.command("redis")
def print_for_redis(
    passwords: Annotated[Path, typer.Argument(help="The folder that holds each user's password as <user>.password.")],
) -> None:
    """Print Redis's ACL file. Of the passwords it holds hashes alone."""
    for text in acl_lines(lambda user: read_secret(passwords / f"{user}.password")):
        print(text)
