"""A small signature of a long text, by which stored texts that are much alike are found and estimated."""

from __future__ import annotations

from hashlib import blake2b, sha1
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from alerts.cluster.shingles import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

ALGO = "mh1:affine32:seed1:w5"  # to be stored beside each signature: others cannot be compared with these
ENOUGH_TOKENS = 60  # shorter texts share their runs of five words by chance, or none although they are copies
PERMUTATIONS = 128
SIZE = 4 * PERMUTATIONS  # bytes of a signature
BANDS = 64
ROWS = PERMUTATIONS // BANDS  # so two texts of Jaccard .3 share a band with a probability of .998, of .1 with .47

_Values: TypeAlias = "npt.NDArray[np.uint32]"
_SHA1 = 20  # bytes
_AT_ONCE = 4096  # runs: 2 MB for all permutations; a page of five megabytes would need half a gigabyte


def signature(found: Sequence[str], *, truncated: bool = False) -> bytes | None:
    """Return the SIZE bytes of a text's MinHash, given its tokens; None for what is too short or truncated.

    MinHash (Broder 1997) with the scheme ``affine32`` of datasketch 2, seed 1, over the SHA-1 of shingles of five
    tokens with blanks between: ``MinHash(128, seed=1, scheme="affine32")`` gives the same values.
    """
    if truncated or len(found) < ENOUGH_TOKENS:
        return None
    runs = map(" ".join, zip(*(found[place:] for place in range(WIDTH)), strict=False))
    return _least(runs).astype("<u4").tobytes()


def bands(signed: bytes) -> list[int]:
    """Return BANDS signed 64-bit integers; texts that have one in common are candidates for a copy.

    Raises ValueError for bytes that are no signature.
    """
    _values(signed)
    step = 4 * ROWS
    parts = (bytes([number]) + signed[step * number : step * (number + 1)] for number in range(BANDS))
    return [int.from_bytes(blake2b(part, digest_size=8).digest(), "little", signed=True) for part in parts]


def likeness(one: bytes, other: bytes) -> float:
    """Return the estimated Jaccard similarity of two signed texts, 0 to 1, with a standard error of at most .045.

    Raises ValueError for bytes that are no signature.
    """
    return float(np.count_nonzero(_values(one) == _values(other))) / PERMUTATIONS


def _least(runs: Iterable[str]) -> _Values:
    """Return the least value that each permutation gives to any run."""
    digests = b"".join([sha1(run.encode(), usedforsecurity=False).digest() for run in runs])
    hashed = _mixed(np.frombuffer(digests, "<u4").reshape(-1, _SHA1 // 4)[:, 0].astype(np.uint32))
    least = np.full(PERMUTATIONS, 0xFFFFFFFF, np.uint32)
    for start in range(0, hashed.size, _AT_ONCE):
        permuted = hashed[start : start + _AT_ONCE] * _FACTORS
        permuted += _SUMMANDS
        np.minimum(least, permuted.min(axis=1), out=least)
    return least


def _mixed(values: _Values) -> _Values:
    """Spread the bits of each value: the finaliser of MurmurHash3 (Appleby 2008), a bijection on 32 bits."""
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        values = (values ^ (values >> np.uint32(shift))) * np.uint32(factor)
    return values ^ (values >> np.uint32(16))


def _permutations() -> tuple[_Values, _Values]:
    """Return the factors, odd ones, and summands of the permutations, as columns."""
    drawn = np.random.RandomState(1)  # what datasketch draws from; numpy promises that its stream stays
    factors = drawn.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    summands = drawn.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)
    return factors[:, None], summands[:, None]


def _values(signed: bytes) -> _Values:
    if len(signed) != SIZE:
        raise ValueError(f"a signature has {SIZE} bytes, not {len(signed)}")
    return np.frombuffer(signed, "<u4")


_FACTORS, _SUMMANDS = _permutations()
