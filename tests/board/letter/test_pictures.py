from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.charts import round_steps
from services.board.letter.pictures import WIDTH, pictures
from services.board.letter.story import Channel, Day, Story
from services.board.letter.words import Words
from services.board.letter.writing import load_words, png
from tests.support.events import PARIS

WORDS = load_words(PARIS)
SVG = "{http://www.w3.org/2000/svg}"


@given(st.floats(-1e9, 0), st.floats(0, 1e9))
def test_steps_are_round_and_hold_both_ends_and_0(low: float, high: float) -> None:
    steps = round_steps(low, high)
    assert steps[0] <= low
    assert steps[-1] >= high
    assert 0.0 in steps
    assert 1 <= len(steps) <= 8


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_pictures_stay_within_their_frame_and_say_what_they_show(story: Story, words: Words) -> None:
    drawn = pictures(story, words)
    assert [picture.name for picture in drawn] == ["days", "changes", "channels"]
    for picture in drawn:
        root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
        height = float(root.get("viewBox", "").split()[3])
        assert (root.get("role"), root.findtext(f"{SVG}title")) == ("img", picture.about)
        for each in root.iter(f"{SVG}rect"):
            x, y, across, down = (float(each.get(name, "nan")) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + across <= WIDTH + 0.1
            assert 0 <= y <= y + down <= height + 0.1
        assert png(picture)[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_pictures_tell_the_letters_numbers(story: Story, words: Words) -> None:
    days, changes, channels = pictures(story, words)
    unit = story.sales.unit
    for day in story.days:
        assert words.formats.value(day.value, unit) in days.about
    for kpi in story.kpis:
        assert f">{words.change(kpi)}</text>" in changes.svg
    for channel in story.channels:
        assert words.formats.value(channel.value, unit) in channels.svg


def test_days_of_more_returns_than_sales_and_days_without_numbers_are_drawn(story: Story) -> None:
    days = [
        Day(day.day, value, None) for day, value in zip(story.days, [-50.0, None, 0.0, 10, 20, 30, 1e7], strict=True)
    ]
    odd = story._replace(days=days, channels=[Channel("a <b>", -5.0, 7.0)])
    for picture in pictures(odd, WORDS["fr"]):
        ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
    assert "a &lt;b&gt;" in pictures(odd, WORDS["fr"])[2].svg
    assert "–" in pictures(odd, WORDS["fr"])[0].about


def test_a_week_without_sales_says_so(story: Story) -> None:
    sales = next(kpi for kpi in story.kpis if kpi.id == "sales")
    kpis = [kpi._replace(month=None) if kpi is sales else kpi for kpi in story.kpis]
    days = [Day(day.day, 0.0, None) for day in story.days]
    empty = story._replace(kpis=kpis, days=days, channels=[])
    assert "Rien n’a été compté." in pictures(empty, WORDS["fr"])[2].svg
