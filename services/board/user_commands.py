"""`cadran users`: who may sign in to the board."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.board.settings import BoardSettings
from services.board.users import Role, Users
from services.common.secret_files import read_secret
from services.common.settings import Settings

console = Console()
users = typer.Typer(help="Who may sign in to the board: add, list, remove.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name to sign in with; with OIDC, as the other service tells it.")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="A file with the password, instead of being asked for it.", exists=True)
]


def register(app: typer.Typer) -> None:
    app.add_typer(users, name="users")


@users.command("add")
def add(
    name: Name,
    role: Annotated[
        Role,
        typer.Option(
            help="director: sees all, sets targets and promotions; rep: their own line and the totals; "
            "reader: NPS and team satisfaction."
        ),
    ],
    rep: Annotated[str | None, typer.Option(help="For a rep: the rep_id whose line it is.")] = None,
    password_file: PasswordFile = None,
    no_password: Annotated[bool, typer.Option("--no-password", help="They come in by OIDC alone.")] = False,
) -> None:
    """Add somebody; they may sign in at once."""
    _users().add(name, role, rep, None if no_password else _password(password_file))
    console.print(f"{name} may sign in as {role}", highlight=False)


@users.command("password")
def password(name: Name, password_file: PasswordFile = None) -> None:
    """Give somebody a new password; wherever they are signed in, they no longer are."""
    _users().set_password(name, _password(password_file))
    console.print("changed")


@users.command("list")
def list_users() -> None:
    """Show who may sign in."""
    table = Table("name", "role", "rep", "password", "added", box=None)
    for user in _users().all():
        table.add_row(user.name, user.role, user.rep or "", "yes" if user.password else "no", user.created.isoformat())
    console.print(table)


@users.command("remove")
def remove(name: Name) -> None:
    """Remove somebody; they are signed out within a second."""
    _users().remove(name)
    console.print("removed")


def _users() -> Users:
    return Users(BoardSettings.load().users_path(Settings.load().local_dir))


def _password(file: Path | None) -> str:
    if file is None:
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return read_secret(file, "--password-file")
