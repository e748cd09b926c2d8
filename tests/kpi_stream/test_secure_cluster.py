"""A Redis Cluster over TLS, where each service has a user of its own: all of them do their work there."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from redis.cluster import RedisCluster
from redis.exceptions import NoPermissionError

from deploy.local.secret_folder import SecretFolder
from services.common.errors import ConfigurationError
from services.common.keys import SEEN
from services.common.redis_access import RedisAccess
from services.common.redis_clients import async_redis, blocking_redis
from services.common.redis_refusals import require_redis_admits
from services.common.windows import days_window
from services.ingest.store import Marks
from services.kpi_stream.exporter.queries import Query
from services.kpi_stream.exporter.service import rows
from services.kpi_stream.kpis import all_kpis
from services.kpi_stream.kpis.cuts import ALL
from services.kpi_stream.live_state import drop, prepare, switch
from services.kpi_stream.redis_check import require_redis_settings
from services.operations.access.redis_rights import acl_lines
from tests.kpi_stream.test_cluster import FIRST, LAST, SET_AS_IT_MUST_BE, fill, history, observatory_of, state_called
from tests.support.redis import free_port, running_redis_cluster

STATE = state_called("0123abcd")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> SecretFolder:
    folder = SecretFolder(tmp_path_factory.mktemp("secrets"))
    folder.make()
    return folder


@pytest.fixture(scope="module")
def url(kept: SecretFolder) -> Iterator[str]:
    """The nodes meet before their users are made: until then anybody may tell them to."""
    tls = ("--tls-cert-file", kept.servers, "--tls-key-file", kept.servers, "--tls-ca-cert-file", kept.ca)
    options = ("--tls-cluster", "yes", "--tls-auth-clients", "no", *map(str, tls), *SET_AS_IT_MUST_BE)
    ports: list[int] = []

    def own() -> tuple[str, ...]:
        ports.append(free_port())
        return "--tls-port", str(ports[-1])

    with running_redis_cluster(3, *options, own=own) as plain:
        with RedisCluster.from_url(plain.replace("redis+cluster", "redis")) as anybody:
            for node in anybody.get_primaries():
                _make_users(anybody.get_redis_connection(node), kept)
        yield f"rediss+cluster://127.0.0.1:{ports[0]}"


def _make_users(server: Redis, kept: SecretFolder) -> None:
    default, *others = (line.split()[1:] for line in acl_lines(kept.password))
    for name, *rules in (*others, default):  # the default user last: it is who does this
        server.execute_command("ACL SETUSER", name, *rules)


@pytest.fixture
def access_of(url: str, kept: SecretFolder) -> Any:
    return lambda user: RedisAccess(url, user, kept.password(user), kept.ca)


async def test_each_service_does_its_work(access_of: Any) -> None:
    with blocking_redis(access_of("worker")) as worker:
        require_redis_settings(worker)
        prepare(worker, STATE)
        with pytest.raises(NoPermissionError):
            switch(worker, STATE)
    with blocking_redis(access_of("operator")) as operator:
        switch(operator, STATE)

    async with async_redis(access_of("worker")) as applying:
        await fill(applying, STATE, history(), 20)

    async with async_redis(access_of("exporter")) as reading:
        observatory = observatory_of(reading)
        moment = await observatory.look()
        query: Any = Query(all_kpis()["sales"], ALL, days_window(FIRST, LAST, moment.world.calendar), {})
        (row,) = await observatory.read(rows(query, moment), moment)
        assert row.value
        with pytest.raises(NoPermissionError):
            await reading.set("cadran:state", "x")

    async with async_redis(access_of("ingest"), decode_responses=True) as taking:
        marks = Marks(taking)
        known = {f"{SEEN}:{i}": f"print {i}" for i in range(50)}
        await marks.remember(known)
        assert await marks.fingerprints([*known, f"{SEEN}:other"]) == known

    with blocking_redis(access_of("worker")) as worker:
        assert drop(worker, STATE)


def test_who_is_not_let_in_is_told_why(access_of: Any, url: str, kept: SecretFolder) -> None:
    require_redis_admits(access_of("worker"))
    with pytest.raises(ConfigurationError, match="CADRAN_REDIS_PASSWORD_FILE"):
        require_redis_admits(RedisAccess(url, "worker", "wrong", kept.ca))
    with pytest.raises(ConfigurationError, match="CADRAN_REDIS_CA_FILE"):
        require_redis_admits(RedisAccess(url, "worker", kept.password("worker")))
    with pytest.raises(ConfigurationError, match="CADRAN_REDIS: Redis speaks TLS"):
        require_redis_admits(RedisAccess(url.replace("rediss", "redis"), "worker", kept.password("worker")))
