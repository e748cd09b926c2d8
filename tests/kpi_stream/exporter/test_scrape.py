"""What Prometheus is told where the state cannot be read."""

import pytest

from services.common.kafka_access import KafkaAccess
from services.common.redis_access import RedisAccess
from services.common.redis_clients import async_redis
from services.common.settings import Settings
from services.kpi_stream.clients import build_observatory
from services.kpi_stream.exporter.log_ends import LogEnds
from services.kpi_stream.exporter.scrape import Scrape
from services.kpi_stream.exporter.service import KpiService
from services.kpi_stream.kpis import all_kpis
from tests.support.events import RECEIVED


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis+cluster://127.0.0.1:1"])
async def test_no_server_answers(url: str) -> None:
    redis = async_redis(RedisAccess(url))
    observatory = build_observatory(Settings(), redis, LogEnds(KafkaAccess(""), 1, lambda: RECEIVED))
    text = await Scrape(KpiService(observatory, all_kpis(), stale_after=60)).text()
    assert [line for line in text.decode().splitlines() if line[0] != "#"] == ["cadran_exporter_store_up 0.0"]
    await redis.aclose()
