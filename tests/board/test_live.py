"""What is pushed to open pages: put together, it is always the page as it is."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board import live as module
from services.board.live import PART, Content, Live
from services.board.read_api import ChangeSignal
from services.common.errors import Unavailable

words = st.text("abc<> ", max_size=5)
pages = st.builds(
    lambda frame, parts: frame + "".join(f"<!--part {name}-->{text}<!--end-->{frame}" for name, text in parts.items()),
    words,
    st.dictionaries(st.sampled_from(["one", "two", "three"]), words),
)


def put_together(page: str, event: module.ServerSentEvent | None) -> str:
    """What a browser has after an event."""
    if event is None:
        return page
    if event.event == "content":
        return str(event.data)
    changed = json.loads(str(event.data))

    def replaced(part: "module.re.Match[str]") -> str:
        return f"<!--part {part[1]}-->{changed.get(part[1], part[2])}<!--end-->"

    return PART.sub(replaced, page)


@given(st.lists(pages, min_size=1))
def test_what_is_pushed_makes_the_page_as_it_is(versions: list[str]) -> None:
    shown, before = "", None
    for version in versions:
        content = Content.of(version)
        shown = put_together(shown, content.since(before))
        before = content
        assert shown == version


def test_only_what_changed_of_a_page_is_pushed() -> None:
    page = "a<!--part one-->1<!--end-->b<!--part two-->2<!--end-->"
    event = Content.of(page.replace("2", "3")).since(Content.of(page))
    assert event is not None
    assert (event.event, json.loads(str(event.data))) == ("parts", {"two": "3"})
    assert Content.of(page).since(Content.of(page)) is None


class Numbers:
    """Pages that are rendered by counting."""

    def __init__(self) -> None:
        self.rendered = 0

    async def render(self, key: str) -> str:
        self.rendered += 1
        return f"{key} {self.rendered}"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_PAUSE", 0.01)
    monkeypatch.setattr(module, "MOST_PAUSE", 0.01)


def live(numbers: Numbers) -> Live[str]:
    return Live(ChangeSignal(None), numbers.render)  # type: ignore[arg-type] # it is never listened to


async def some(events: AsyncIterator[module.ServerSentEvent], count: int) -> list[str]:
    return [str((await anext(events)).data) for _ in range(count)]


@pytest.mark.usefixtures("quick")
async def test_however_many_look_at_a_page_it_is_rendered_once_for_all() -> None:
    numbers = Numbers()
    pages = live(numbers)
    seen = await asyncio.gather(*(some(pages.follow("page"), 5) for _ in range(50)))
    assert all(each == [f"page {n}" for n in range(1, 6)] for each in seen)
    assert numbers.rendered < 15


@pytest.mark.usefixtures("quick")
async def test_a_page_that_nobody_looks_at_is_not_rendered() -> None:
    numbers = Numbers()
    events = live(numbers).follow("page")
    await some(events, 2)
    await events.aclose()  # type: ignore[attr-defined]
    await asyncio.sleep(0.05)
    rendered = numbers.rendered
    await asyncio.sleep(0.1)
    assert numbers.rendered == rendered


@pytest.mark.usefixtures("quick")
async def test_a_page_that_fails_once_goes_on() -> None:
    numbers = Numbers()

    async def fails_once(key: str) -> str:
        text = await numbers.render(key)
        if numbers.rendered == 2:
            raise ZeroDivisionError
        return text

    events = Live(ChangeSignal(None), fails_once).follow("page")  # type: ignore[arg-type]
    assert await some(events, 3) == ["page 1", "page 3", "page 4"]


@pytest.mark.usefixtures("quick")
async def test_too_many_open_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OPEN", 2)
    pages = live(Numbers())
    open_pages = [pages.follow("a"), pages.follow("b")]
    pages.require_room()
    for events in open_pages:
        await anext(events)
    with pytest.raises(Unavailable):
        pages.require_room()
