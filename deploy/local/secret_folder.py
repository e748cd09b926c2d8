"""Whatever is secret in the secure form of the local stack: each file readable by its owner alone, and made once.

A file that was deleted is made anew by the next `up`: that is how it is changed.
"""

import secrets
from collections.abc import Iterable
from pathlib import Path

from deploy.local.certificates import make_certificates
from services.common.secret_files import read_secret
from services.common.whole_files import OURS_ALONE, replace_file
from services.operations.access.redis_rights import acl_lines
from services.operations.access.rights import OPERATOR, USERS

BROKER = "broker"
"""Who Kafka is to itself."""

FIRST_USERS = (BROKER, OPERATOR)
"""Those that a new Kafka knows; the operator tells it of the others."""


class SecretFolder:
    """The folder, and the files in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        self.servers = folder / "servers.pem"
        self.redis_users = folder / "redis.acl"
        self.operator_settings = folder / "operator.env"

    def password_file(self, user: str) -> Path:
        return self.folder / f"{user}.password"

    def password(self, user: str) -> str:
        return read_secret(self.password_file(user))

    def make(self) -> None:
        """Make what is missing."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (self.ca.exists() and self.servers.exists()):
            make_certificates(self.ca, self.servers)
        for user in (BROKER, *USERS):
            if not self.password_file(user).exists():
                self.write(self.password_file(user), [secrets.token_urlsafe(24)])
        self.write(self.redis_users, acl_lines(self.password))

    def write_format(self, arguments: Iterable[str]) -> Path:
        """The arguments of Kafka's formatting in a file: on a command line everybody could read the passwords."""
        path = self.folder / "kafka.format"
        users = (f"--add-scram=SCRAM-SHA-512=[name={user},password={self.password(user)}]" for user in FIRST_USERS)
        self.write(path, (*arguments, *users))
        return path

    def write(self, path: Path, lines: Iterable[str]) -> None:
        """Without an end of the last line: Kafka takes it for a part of a password."""
        replace_file(path, "\n".join(lines).encode(), OURS_ALONE)
