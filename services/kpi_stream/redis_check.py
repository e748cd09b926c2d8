"""What Redis must be set to: a wrong setting makes numbers wrong, or triples the memory."""

from redis import Redis
from redis.exceptions import ResponseError

from services.common.errors import ConfigurationError
from services.common.faults import Fault
from services.common.logging import get_logger
from services.common.redis_clients import servers

log = get_logger(__name__)

POLICY = "noeviction"
LEAST_LISTPACK = {"hash-max-listpack-entries": 512, "hash-max-listpack-value": 1024}


def require_redis_settings(redis: Redis) -> None:
    """Refuse a Redis that may drop keys, or that would keep small hashes unpacked.

    :raises ConfigurationError: naming each setting that is wrong and what it must be.
    """
    try:
        faults = redis_faults(redis)
    except ResponseError as error:  # managed Redis may not let CONFIG through
        log.warning("Redis does not tell its settings: see deploy/redis/redis.conf", error=str(error))
        return
    if faults:
        raise ConfigurationError("Redis is not set as it must be: " + "; ".join(map(str, faults)))


def redis_faults(redis: Redis) -> list[Fault]:
    """Each setting that is wrong on some server, once.

    :raises ResponseError: when a server does not tell its settings.
    """
    found = [_settings_of(server) for server in servers(redis)]
    return list(dict.fromkeys(fault for settings in found for fault in wrong_settings(settings)))


def _settings_of(server: Redis) -> dict[str, str | None]:
    return {name: server.config_get(name).get(name) for name in ("maxmemory-policy", *LEAST_LISTPACK)}


def wrong_settings(found: dict[str, str | None]) -> list[Fault]:
    """What is wrong with some settings; one that is not known to this Redis is passed over."""
    faults = []
    policy = found.get("maxmemory-policy")
    if policy not in (POLICY, None):
        what = f"maxmemory-policy is {policy}, it must be {POLICY}: an evicted key is a wrong number"
        faults.append(Fault(what, _set("maxmemory-policy", POLICY)))
    for name, least in LEAST_LISTPACK.items():
        value = found.get(name)
        if value is not None and int(value) < least:
            what = f"{name} is {value}, it must be at least {least}: hashes would take three times the memory"
            faults.append(Fault(what, _set(name, least)))
    return faults


def _set(name: str, value: object) -> str:
    return f"set `{name} {value}` in redis.conf, and `redis-cli CONFIG SET {name} {value}` now"
