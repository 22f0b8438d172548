"""Weights of terms as bytes that are read back in a moment."""

from __future__ import annotations

import json
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEAD = struct.Struct("<cIH")  # the form, a checksum of what follows, and how many terms
_FORM = b"\x01"  # what zlib compresses never begins so
_BETWEEN = "\n"  # no term has blanks in it


def pack(weights: Mapping[str, int]) -> bytes:
    """Return whole, positive weights by term as bytes: four for each weight, and the terms.

    They are not compressed: to read a thread would take most of the time that it takes to compare it. Raises
    struct.error for more than 65,535 terms, and OverflowError for a weight of 2**32 or more.
    """
    numbers = np.array(list(weights.values()), "<u4").tobytes()
    told = numbers + _BETWEEN.join(weights).encode()
    return _HEAD.pack(_FORM, zlib.crc32(told, len(weights)), len(weights)) + told


def unpack(packed: bytes) -> dict[str, int] | None:
    """Return what was packed, or what an older Tocsin packed (JSON, compressed); None for damaged bytes."""
    if not packed.startswith(_FORM):
        return _older(packed)
    if len(packed) < _HEAD.size:
        return None
    _, checksum, count = _HEAD.unpack_from(packed)
    told = packed[_HEAD.size :]
    if zlib.crc32(told, count) != checksum:
        return None
    weights = np.frombuffer(told, "<u4", count).tolist()
    terms = told[4 * count :].decode().split(_BETWEEN) if count else []
    return dict(zip(terms, weights, strict=True))


def _older(packed: bytes) -> dict[str, int] | None:
    try:
        found = json.loads(zlib.decompress(packed))
    except (zlib.error, ValueError):
        return None
    return found if isinstance(found, dict) else None
