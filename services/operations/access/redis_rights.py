"""The rights at Redis, as the lines of its ACL file."""

from collections.abc import Callable, Iterator
from hashlib import sha256

from services.operations.access.rights import CONNECTING, ON_A_CLUSTER, OPERATOR, RIGHTS, RedisRights


def acl_lines(password_of: Callable[[str], str]) -> Iterator[str]:
    """A line for each user that Redis knows; nobody else gets in. Passwords are in it as hashes alone."""
    yield "user default off resetchannels"
    for rights in RIGHTS:
        if rights.redis is not None:
            yield f"user {rights.user} on {_hash(password_of(rights.user))} {rules(rights.redis)}"
    yield f"user {OPERATOR} on {_hash(password_of(OPERATOR))} ~* &* +@all"


def rules(rights: RedisRights) -> str:
    """What is allowed, in Redis's own words."""
    sign = "%R~" if rights.only_reads else "~"
    keys = [f"{sign}{pattern}" for pattern in rights.keys]
    commands = [f"+{command}" for command in sorted({*rights.commands, *CONNECTING, *ON_A_CLUSTER})]
    return " ".join(("resetchannels", *keys, "-@all", *commands))


def _hash(password: str) -> str:
    return f"#{sha256(password.encode()).hexdigest()}"
