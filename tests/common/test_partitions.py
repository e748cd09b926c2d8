"""The choice of a partition is the one of aiokafka, and so of every producer of Kafka."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from services.common.partitions import choose, partition_of

PARTITIONS = st.integers(min_value=1, max_value=200)


@given(key=st.binary(max_size=300), partitions=PARTITIONS)
def test_a_key_has_the_partition_that_aiokafka_gives_it(key: bytes, partitions: int) -> None:
    every = list(range(partitions))
    assert choose(key, every, every) == DefaultPartitioner()(key, every, every)


@given(key=st.text(max_size=100), partitions=PARTITIONS)
def test_a_name_has_the_partition_of_its_key(key: str, partitions: int) -> None:
    assert partition_of(key, partitions) == choose(key.encode(), range(partitions), [])


@given(partitions=PARTITIONS, available=st.lists(st.integers(0, 200), max_size=5))
def test_without_a_key_any_available_partition_is_chosen(partitions: int, available: list[int]) -> None:
    assert choose(None, range(partitions), available) in (available or range(partitions))
