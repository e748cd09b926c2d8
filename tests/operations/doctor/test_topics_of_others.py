"""Topics that somebody made without settings of their own: they have the brokers'."""

from collections.abc import Iterator

import pytest
from kafka.admin import NewTopic

from services.common.topic_admin import admin_client
from services.common.topics import Topic
from services.common.windows import utc_now
from services.operations.doctor.installation import Installation, Limits
from services.operations.doctor.kafka_checks import replication, topics
from tests.support.stack import running_servers, wait_for


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with running_servers() as servers:
        settings = servers.settings
        with admin_client(settings.kafka_access) as kafka:
            kafka.delete_topics([Topic.DEAD.value])
            wait_for(lambda: Topic.DEAD not in kafka.list_topics(), "the topic is gone")
            kafka.create_topics([NewTopic(Topic.DEAD.value, settings.partitions, settings.replication)])
            wait_for(lambda: Topic.DEAD in kafka.list_topics(), "the topic is there")
        yield Installation(settings, utc_now, Limits())


def test_the_brokers_number_of_replicas_in_sync_is_as_good_as_its_own(installation: Installation) -> None:
    assert list(replication(installation)) == []


def test_of_the_brokers_settings_those_that_forget_are_told_alone(installation: Installation) -> None:
    (forgets,) = topics(installation)
    assert forgets.what == "cadran.dead has retention.ms=604800000, it must be -1"
