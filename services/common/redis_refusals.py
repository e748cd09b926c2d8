"""Why Redis lets somebody not in, or not do something: told as the setting to mend.

A Redis that does not answer refuses nobody: it may come back.
"""

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from redis.exceptions import AuthenticationError, NoPermissionError, RedisClusterException, RedisError
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NotInTime

from services.common.errors import CadranError, ConfigurationError, Unavailable
from services.common.redis_access import CA_FILE, PASSWORD_FILE, URL, USER, RedisAccess
from services.common.redis_clients import blocking_redis
from services.common.tls_refusals import not_trusted, speaks_tls

SILENCE = (NoConnection, NotInTime, RedisClusterException)
PATIENCE = 2.0
PORT = 6379


def require_redis_admits(access: RedisAccess) -> None:
    """Go on where Redis lets us in, or does not answer.

    :raises ConfigurationError: naming the setting for which it refuses.
    """
    try:
        with blocking_redis(access, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
            client.ping()
    except (RedisError, RedisClusterException) as error:
        refusal = _refusal(error, access)
        if refusal is not None:
            raise refusal from None


def told(error: Exception, access: RedisAccess) -> CadranError:
    """What a client's error comes from, and how to mend it."""
    refusal = _refusal(error, access)
    if refusal is not None:
        return refusal
    if isinstance(error, SILENCE):
        return Unavailable(f"Redis does not answer: {error}", mend="start it, or mend CADRAN_REDIS")
    return Unavailable(f"Redis does not do this: {error}", mend="see its log")


def _refusal(error: Exception, access: RedisAccess) -> ConfigurationError | None:
    who = access.user or "the default user"
    for cause in _chain(error):
        match cause:
            case NoPermissionError():
                mend = "take a user that may, or allow it: see docs/secure-connections.md"
                return ConfigurationError(f"Redis does not allow this to {who}: {cause}", field=USER, mend=mend)
            case AuthenticationError():
                mend = f"mend the password, or {USER}"
                return ConfigurationError(f"Redis does not let {who} in", field=PASSWORD_FILE, mend=mend)
            case ssl.SSLCertVerificationError():
                return not_trusted("Redis", cause, CA_FILE)
            case ssl.SSLError():
                return ConfigurationError("Redis speaks no TLS there", field=URL, mend="begin it with redis://")
    place = urlsplit(access.url)
    if not access.has_tls and speaks_tls(place.hostname or "", place.port or PORT):
        return ConfigurationError("Redis speaks TLS there", field=URL, mend="begin it with rediss://")
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
