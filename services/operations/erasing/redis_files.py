"""Redis's files on disk, which hold what was written since they were last made anew: a former state among it."""

import time

from redis import Redis
from redis.exceptions import ResponseError

from services.common.redis_clients import servers

PAUSE = 0.2
AT_WORK = "already in progress"


def write_anew(redis: Redis) -> None:
    """Have every server begin to write its file anew. One that is at it began before now, and is waited for first."""
    for server in servers(redis):
        while not _begins(server):
            time.sleep(PAUSE)


def _begins(server: Redis) -> bool:
    is_appending = server.info("persistence")["aof_enabled"]
    try:
        server.bgrewriteaof() if is_appending else server.bgsave()
    except ResponseError as error:
        if AT_WORK not in str(error):
            raise
        return False
    return True
