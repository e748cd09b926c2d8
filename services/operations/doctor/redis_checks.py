"""Redis: it answers and takes writes, it is set as it must be, it has room."""

from collections.abc import Iterator, Mapping
from typing import Any

from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from services.common.errors import Unavailable
from services.common.faults import Fault
from services.common.redis_clients import servers
from services.kpi_stream.redis_check import redis_faults
from services.operations.doctor.findings import Finding, Severity, found
from services.operations.doctor.installation import NO_REDIS, Installation

Told = Mapping[str, Any]
"""What `INFO` says."""


def answers(installation: Installation) -> Iterator[Finding]:
    try:
        with installation.redis() as redis:
            for server in servers(redis):
                if server.info("replication")["role"] != "master":
                    yield Finding(
                        "this is a replica, which takes no writes", "name the primary in CADRAN_REDIS, or promote this"
                    )
    except (AuthenticationError, NoPermissionError) as error:
        yield Finding(f"it does not let us in: {error}", "mend the user and password that CADRAN_REDIS… name")
    except NO_REDIS as error:
        raise Unavailable(f"does not answer: {error}", mend="see its log and start it, or mend CADRAN_REDIS") from None


def settings(installation: Installation) -> Iterator[Finding]:
    with installation.redis() as redis:
        try:
            faults: list[Fault] = redis_faults(redis)
        except ResponseError:  # a managed Redis may not tell
            faults = []
            policies = {server.info("memory").get("maxmemory_policy") for server in servers(redis)}
            yield Finding(
                f"it does not tell its settings; its maxmemory-policy is {', '.join(map(str, policies))}",
                "compare them with deploy/redis/redis.conf by hand",
                Severity.WARNING,
            )
        persistence = [server.info("persistence") for server in servers(redis)]
    yield from found(faults)
    for told in persistence:
        yield from not_kept(told)


def not_kept(told: Told) -> Iterator[Finding]:
    """What a crash of Redis would take away."""
    if not told["aof_enabled"]:
        yield Finding(
            "appendonly is off: after a crash everything is replayed from Kafka, which takes long",
            "set `appendonly yes` in redis.conf, and `redis-cli CONFIG SET appendonly yes` now",
            Severity.WARNING,
        )
    elif told.get("aof_last_write_status", "ok") != "ok":
        yield Finding("it cannot write its append-only file", "see its log: is its disk full, or broken?")


def memory(installation: Installation) -> Iterator[Finding]:
    with installation.redis() as redis:
        for server in servers(redis):
            yield from too_full(server.info("memory"), installation.limits.memory_percent)


def too_full(told: Told, limit_percent: float) -> Iterator[Finding]:
    """Where little is left of what Redis may take, or of the machine."""
    used, most = told["used_memory"], told["maxmemory"] or told["total_system_memory"]
    percent = 100 * used / most
    if percent >= limit_percent:
        of = "maxmemory" if told["maxmemory"] else "the machine's memory"
        yield Finding(
            f"it takes {percent:.0f} % of {of}: once that is full, nothing is applied any more",
            "raise maxmemory, give it a larger machine, or go over to a cluster (docs/scaling.md)",
        )
