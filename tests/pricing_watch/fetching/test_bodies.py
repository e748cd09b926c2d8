"""Unpacking to a limit."""

import gzip

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from services.pricing_watch.fetching.bodies import unpack
from services.pricing_watch.fetching.faults import FetchFault

PACK = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
codings = st.sampled_from(sorted(PACK))


@given(body=st.binary(max_size=5000), coding=codings, limit=st.integers(1, 6000))
def test_what_was_packed_is_unpacked_up_to_the_limit(body: bytes, coding: str, limit: int) -> None:
    assert unpack(PACK[coding](body), coding, limit) == body[:limit]


@given(body=st.binary(min_size=100, max_size=5000), coding=codings, share=st.floats(0, 1))
def test_what_breaks_off_is_unpacked_as_far_as_it_goes(body: bytes, coding: str, share: float) -> None:
    """A robots.txt is read to a limit of its packed form, too."""
    packed = PACK[coding](body)
    assert body.startswith(unpack(packed[: int(len(packed) * share)], coding, 10_000))


@pytest.mark.parametrize("coding", ["deflate", "compress", "gzip, gzip", "aes128gcm"])
def test_codings_that_were_not_asked_for(coding: str) -> None:
    with pytest.raises(FetchFault, match="not asked for"):
        unpack(b"", coding, 100)
