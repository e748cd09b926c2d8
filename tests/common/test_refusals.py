"""What a client's error is told as: a server that answers is not to be started."""

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, NotEnoughReplicasError
from redis.exceptions import RedisError

from services.common import kafka_refusals, redis_refusals
from services.common.errors import CadranError
from services.common.kafka_access import KafkaAccess
from services.common.redis_access import RedisAccess
from services.common.redis_clients import blocking_redis
from tests.support.redis import free_port, running_redis


def of_kafka(error: KafkaError) -> str:
    access = KafkaAccess(f"127.0.0.1:{free_port()}")
    return str(asyncio.run(kafka_refusals.told(error, access)))


@pytest.mark.parametrize("silence", [KafkaConnectionError("no"), KafkaTimeoutError("no")])
def test_a_kafka_that_is_silent_is_to_be_started(silence: KafkaError) -> None:
    assert "does not answer" in of_kafka(silence)
    assert "start it" in of_kafka(silence)


def test_a_kafka_that_answers_is_told_in_its_own_words() -> None:
    told = of_kafka(NotEnoughReplicasError())
    assert "NotEnoughReplicasError" in told
    assert "does not answer" not in told
    assert "start it" not in told


def of_redis(url: str) -> CadranError:
    """What is told of a Redis to which something is written."""
    access = RedisAccess(url)
    with blocking_redis(access) as client, pytest.raises(RedisError) as raised:
        client.set("a", "b")
    return redis_refusals.told(raised.value, access)


def test_a_redis_that_is_silent_is_to_be_started() -> None:
    told = str(of_redis(f"redis://127.0.0.1:{free_port()}/0"))
    assert "does not answer" in told
    assert "start it" in told


def test_a_redis_that_answers_is_told_in_its_own_words() -> None:
    with running_redis("--maxmemory", "1") as url:
        told = str(of_redis(url))
    assert "used memory > 'maxmemory'" in told
    assert "does not answer" not in told
    assert "start it" not in told
