"""Redis's files are made anew though it is at it already, on a real Redis."""

import threading

import pytest
from redis import Redis

from services.operations.erasing import redis_files
from tests.support.redis import running_redis
from tests.support.stack import wait_for


@pytest.mark.parametrize(
    ("appending", "command", "at_work", "done"),
    [
        ("yes", "BGREWRITEAOF", "aof_rewrite_in_progress", "aof_rewrites"),
        ("no", "BGSAVE", "rdb_bgsave_in_progress", "rdb_saves"),
    ],
)
def test_a_file_that_is_being_written_is_waited_for_and_written_once_more(
    appending: str, command: str, at_work: str, done: str
) -> None:
    slow = ("--appendonly", appending, "--rdb-key-save-delay", "10000", "--enable-debug-command", "yes")
    with running_redis(*slow) as url, Redis.from_url(url) as redis:

        def told(name: str) -> int:
            return int(redis.info("persistence")[name])

        redis.execute_command("DEBUG", "POPULATE", 1000)
        before = told(done)
        redis.execute_command(command)
        wait_for(lambda: told(at_work), "it is at work")
        waiting = threading.Thread(target=redis_files.write_anew, args=(redis,))
        waiting.start()
        assert told(at_work)
        redis.config_set("rdb-key-save-delay", 0)
        waiting.join(timeout=60)
        assert not waiting.is_alive()
        wait_for(lambda: told(done) == before + 2, "it was written twice")
