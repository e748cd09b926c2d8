"""How Redis is reached: where it is, over TLS or not, and as whom."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from services.common.errors import ConfigurationError
from services.common.secret_files import read_secret
from services.common.tls import trusting

URL = "CADRAN_REDIS"
USER = "CADRAN_REDIS_USER"
PASSWORD_FILE = "CADRAN_REDIS_PASSWORD_FILE"  # noqa: S105 - names a setting
CA_FILE = "CADRAN_REDIS_CA_FILE"
SCHEMES = ("redis", "rediss", "redis+cluster", "rediss+cluster")
ON_CLUSTER = "+cluster://"


@dataclass(frozen=True)
class RedisAccess:
    """The way into one Redis. `user`: none for the default one. `ca_file`: none for the system's authorities."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None

    @property
    def is_cluster(self) -> bool:
        return ON_CLUSTER in self.url

    @property
    def has_tls(self) -> bool:
        return self.url.startswith("rediss")

    @property
    def server_url(self) -> str:
        """The URL as redis-py takes it."""
        return self.url.replace(ON_CLUSTER, "://")

    def options(self) -> dict[str, Any]:
        """What redis-py's clients take beside the URL."""
        options: dict[str, Any] = {}
        if self.password:
            options |= {"username": self.user or None, "password": self.password}
        if self.ca_file is not None:
            options["ssl_ca_certs"] = str(self.ca_file)
        return options


class RedisSettings(Protocol):
    """The settings that an access is made from."""

    @property
    def redis_url(self) -> str: ...
    @property
    def redis_user(self) -> str: ...
    @property
    def redis_password_file(self) -> Path | None: ...
    @property
    def redis_ca_file(self) -> Path | None: ...


def check_redis_url(url: str) -> str:
    """The URL, as it is.

    :raises ValueError: when it is none of Redis, or holds a name or a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"a URL of Redis begins with {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"a URL is shown and logged: set {USER} and {PASSWORD_FILE}, and leave them out here")
    return url


def read_redis_access(settings: RedisSettings) -> RedisAccess:
    """The access that the settings name; the files are read now.

    :raises ConfigurationError: naming the setting that is wrong.
    """
    file = settings.redis_password_file
    if settings.redis_user and file is None:
        raise ConfigurationError("a user needs a password", field=PASSWORD_FILE, mend=f"set it, or unset {USER}")
    password = "" if file is None else read_secret(file, PASSWORD_FILE)
    access = RedisAccess(settings.redis_url, settings.redis_user, password, settings.redis_ca_file)
    if access.has_tls:
        trusting(access.ca_file, CA_FILE)  # redis-py reads the file with its first connection, and tells no name
    elif access.ca_file is not None:
        mend = f"begin {URL} with rediss://, or unset it"
        raise ConfigurationError(f"{urlsplit(access.url).scheme}:// uses no TLS", field=CA_FILE, mend=mend)
    return access
