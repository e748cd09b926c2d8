import pytest

from services.common.settled import Settled


@pytest.mark.parametrize("followed", [b"before", None])
def test_what_is_new_is_followed_once_it_is_the_same_at_two_looks(followed: bytes | None) -> None:
    settled = Settled(followed)
    half, whole = b"wri", b"written"
    assert [settled.is_new(content) for content in (half, whole, whole)] == [False, False, True]
    settled.followed = whole
    assert [settled.is_new(content) for content in (whole, followed, whole, followed)] == [False, False, False, False]
    assert settled.is_new(followed)
