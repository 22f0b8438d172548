from __future__ import annotations

from hashlib import blake2b
from math import sqrt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.cluster.minhash import BANDS, ENOUGH_TOKENS, SIZE, bands, likeness, signature
from alerts.cluster.shingles import tokens

STORY = [f"word{number}" for number in range(300)]


def signed(found: list[str]) -> bytes:
    told = signature(found)
    assert told
    return told


@given(st.lists(st.text(min_size=1, max_size=6), max_size=80))
@example([f"word{number}" for number in range(9000)])
def test_datasketch_gives_the_same_signature(parts: list[str]) -> None:
    datasketch = pytest.importorskip("datasketch")
    found = tokens(" ".join(parts)) + STORY[:ENOUGH_TOKENS]
    oracle = datasketch.MinHash(num_perm=128, seed=1, scheme="affine32")
    oracle.update_batch([" ".join(found[place : place + 5]).encode() for place in range(len(found) - 4)])
    assert signature(found) == oracle.hashvalues.astype("<u4").tobytes()


def test_stored_signatures_stay_valid() -> None:
    told = signed(tokens(" ".join(f"line {number} of the story" for number in range(20))))
    assert len(told) == SIZE
    assert blake2b(told, digest_size=8).hexdigest() == "a23f0e3e75a06652"
    assert bands(told)[:2] == [7220552305791463300, -73752215512322316]


def test_short_and_truncated_texts_have_no_signature() -> None:
    assert signature(STORY[: ENOUGH_TOKENS - 1]) is None
    assert signature(STORY[:ENOUGH_TOKENS]) is not None
    assert signature(STORY, truncated=True) is None


@given(st.permutations(range(6)))
def test_the_order_of_the_parts_makes_no_difference(order: list[int]) -> None:
    parts = [STORY[50 * number : 50 * number + 50] for number in range(6)]
    frame = [part + ["end"] * 5 for part in parts]  # each part is followed by the same, so the shingles are the same
    moved = ["end"] * 5 + [token for number in order for token in frame[number]]
    assert signature(moved) == signature(["end"] * 5 + [token for part in frame for token in part])


@given(st.integers(0, 300), st.integers(0, 1000))
def test_the_estimate_is_near_the_jaccard_similarity(common: int, salt: int) -> None:
    one = [f"s{salt}w{number}" for number in range(304)]
    other = one[: common + 4] + [f"s{salt}v{number}" for number in range(300 - common)]
    exact = common / (600 - common)
    error = sqrt(exact * (1 - exact) / 128)
    assert abs(likeness(signed(one), signed(other)) - exact) <= 6 * error + 1e-9


def test_copies_share_a_band_and_strangers_none() -> None:
    one, cut, stranger = signed(STORY), signed(STORY[:200]), signed([f"other{number}" for number in range(300)])
    assert len(bands(one)) == len(set(bands(one))) == BANDS
    assert set(bands(one)) & set(bands(cut))
    assert not set(bands(one)) & set(bands(stranger))
    assert all(-(2**63) <= band < 2**63 for band in bands(one))


def test_what_is_no_signature_is_refused() -> None:
    with pytest.raises(ValueError, match="512 bytes, not 3"):
        bands(b"abc")
    with pytest.raises(ValueError, match="512 bytes, not 0"):
        likeness(signed(STORY), b"")
