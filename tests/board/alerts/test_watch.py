"""What is kept of the alerts: as new as their process answers, and old with since when while it does not."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from services.board.alerts import watch as module
from services.board.alerts.watch import Alerts
from services.board.answers import Told
from services.board.remote import Remote
from services.common.background import at_work
from services.common.errors import Conflict, Invalid, Unavailable
from tests.support.alerts_api import AlertsApi, alert, member


@pytest.fixture
def api() -> AlertsApi:
    return AlertsApi(alert("SalesFall", "sales", member("quiet", 0.1)))


@pytest.fixture
async def alerts(api: AlertsApi, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Alerts]:
    monkeypatch.setattr(module, "PAUSE", 0.001)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api.app()), base_url="http://alerts") as client:
        yield Alerts(Remote(client, "the alerts process"))


async def told(alerts: Alerts, *, old: bool) -> Told:
    """What is told, once it is old or is not."""
    for _ in range(5_000):
        if alerts.told is not None and (alerts.told.old_since is not None) == old:
            return alerts.told
        await asyncio.sleep(0.001)
    raise AssertionError(alerts.told)


async def test_what_was_never_told_is_not_made_up(api: AlertsApi, alerts: Alerts) -> None:
    api.is_away = True
    assert alerts.told is None
    with pytest.raises(Unavailable, match="the alerts process answers 503"):
        await alerts.renew()
    assert alerts.told is None


async def test_while_it_is_away_what_it_said_last_is_shown_and_since_when(api: AlertsApi, alerts: Alerts) -> None:
    async with at_work([alerts.watch]):
        new = await told(alerts, old=False)
        api.is_away = True
        old = await told(alerts, old=True)
        assert old.answer == new.answer
        since = old.old_since
        await asyncio.sleep(0.05)
        assert alerts.told == old._replace(old_since=since)
        api.is_away = False
        api.changes += 1
        assert (await told(alerts, old=False)).answer["version"] == "v2"


async def test_a_change_is_told_at_once_and_what_is_refused_says_why(api: AlertsApi, alerts: Alerts) -> None:
    await alerts.change("SalesFall", {"version": "v1", "level": -0.1}, "dora")
    assert (await alerts.renew()).answer["alerts"][0]["level"] == -0.1
    with pytest.raises(Conflict):
        await alerts.change("SalesFall", {"version": "v1", "level": -0.2}, "dora")
    with pytest.raises(Invalid) as refused:
        await alerts.change("SalesFall", {"version": "v2", "clear": -0.9}, "dora")
    assert (refused.value.field, refused.value.mend) == ("alerts.SalesFall.clear", "put it at the level")
