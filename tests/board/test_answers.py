"""What is kept of the read API's answers: asked for once, as new as it must be, and old only while it is away."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from services.board import answers as module
from services.board.answers import Answers, Told
from services.board.read_api import ChangeSignal
from services.common.errors import NotFound, Unavailable


class Api:
    """A read API that counts how often it is asked, and goes away."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_away = False

    async def get(self, path: str, parameters: Mapping[str, str]) -> Any:
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise Unavailable("it is away")
        if path == "/nothing":
            raise NotFound("nothing is there")
        return self.asked


class Parts:
    def __init__(self) -> None:
        self.api = Api()
        self.changes = ChangeSignal(self.api)  # type: ignore[arg-type]
        self.changes.is_heard = True
        self.answers = Answers(self.api, self.changes)  # type: ignore[arg-type]

    async def told(self) -> Told:
        return await self.answers.get("/sales", kpi="sales")

    async def sales(self) -> Any:
        return (await self.told()).answer


@pytest.fixture
def parts() -> Parts:
    return Parts()


async def test_what_many_ask_at_once_is_asked_for_once(parts: Parts) -> None:
    assert await asyncio.gather(*(parts.sales() for _ in range(50))) == [1] * 50


async def test_it_is_asked_for_again_when_it_may_have_changed(parts: Parts) -> None:
    assert [await parts.sales(), await parts.sales()] == [1, 1]
    await parts.changes._tell(["new_leads"])
    assert await parts.sales() == 1
    await parts.changes._tell(["sales", "nps"])
    assert await parts.sales() == 2


async def test_it_is_asked_for_again_when_it_is_old(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await parts.sales() == 1
    monkeypatch.setattr(module.time, "monotonic", lambda: 1e9)
    assert await parts.sales() == 2


async def test_while_changes_are_not_heard_nothing_is_taken_for_new(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    assert await parts.sales() == 1
    parts.changes.is_heard = False
    assert await parts.sales() == 2


async def test_while_it_is_away_what_it_said_last_is_shown_and_since_when(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await parts.told() == Told(1, None)
    parts.api.is_away = True
    await parts.changes._tell(["sales"])
    old = await parts.told()
    assert old.answer == 1
    assert old.old_since is not None
    asked = parts.api.asked
    assert await parts.told() == old
    assert parts.api.asked == asked  # not again and again
    monkeypatch.setattr(module, "PAUSE", 0.0)
    assert await parts.told() == old
    parts.api.is_away = False
    assert await parts.told() == Told(parts.api.asked, None)


async def test_what_was_never_told_is_not_made_up(parts: Parts) -> None:
    parts.api.is_away = True
    for _ in range(2):
        with pytest.raises(Unavailable, match="it is away"):
            await parts.sales()


async def test_a_refusal_is_no_absence(parts: Parts) -> None:
    with pytest.raises(NotFound):
        await parts.answers.get("/nothing")
    assert (await parts.told()).old_since is None


async def test_it_keeps_no_more_than_it_may(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    for number in range(10):
        await parts.answers.get("/sales", {"number": str(number)}, "sales")
    assert len(parts.answers._kept) == 3


async def test_whoever_leaves_while_waiting_does_not_keep_others_from_the_answer(parts: Parts) -> None:
    leaving, staying = asyncio.create_task(parts.sales()), asyncio.create_task(parts.sales())
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 1
