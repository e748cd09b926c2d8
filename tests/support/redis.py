"""Real Redis servers for a test, without the rest of the stack."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import redis

from tests.support.stack import wait_for

SLOTS = 16384


@contextmanager
def running_redis(*options: str) -> Iterator[str]:
    """The URL of a Redis that keeps nothing."""
    port = free_port()
    folder = tempfile.mkdtemp(prefix="cadran-redis-")
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--save", "", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            client = redis.Redis(port=port)
            wait_for(client.ping, "Redis answers")
            client.close()
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait(timeout=20)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_redis_cluster(nodes: int, *options: str, own: Callable[[], Sequence[str]] = tuple) -> Iterator[str]:
    """The URL of a Redis Cluster whose nodes share the slots evenly. `own`: options that each node has others of."""
    with ExitStack() as stack:
        urls = []
        for _ in range(nodes):
            bus = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
            urls.append(stack.enter_context(running_redis(*bus, *options, *own())))
        clients = [stack.enter_context(redis.Redis.from_url(url)) for url in urls]
        for i, client in enumerate(clients):
            client.execute_command("CLUSTER ADDSLOTSRANGE", i * SLOTS // nodes, (i + 1) * SLOTS // nodes - 1)
            client.execute_command("CLUSTER SET-CONFIG-EPOCH", i + 1)
        for client in clients:
            ports = client.config_get("port")["port"], client.config_get("cluster-port")["cluster-port"]
            clients[0].execute_command("CLUSTER MEET", "127.0.0.1", *ports)
        for client in clients:
            wait_for(lambda client=client: _knows(client, nodes), "the nodes have met")
        yield urls[0].replace("redis://", "redis+cluster://").removesuffix("/0")


def _knows(client: redis.Redis, nodes: int) -> bool:
    info = client.cluster("INFO")
    return info["cluster_state"] == "ok" and int(info["cluster_known_nodes"]) == nodes


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
