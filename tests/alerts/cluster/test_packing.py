from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.packing import pack, unpack

terms = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=12)
weights = st.dictionaries(terms, st.integers(1, 2**32 - 1), max_size=40)


@given(weights)
def test_what_was_packed_comes_back_in_its_order(found: dict[str, int]) -> None:
    back = unpack(pack(found))
    assert back is not None
    assert list(back.items()) == list(found.items())


@given(weights, st.data())
def test_what_was_damaged_is_noticed(found: dict[str, int], data: st.DataObject) -> None:
    packed = pack(found)
    place = data.draw(st.integers(1, len(packed) - 1))
    assert unpack(packed[:place]) is None
    changed = bytearray(packed)
    changed[place] ^= data.draw(st.integers(1, 255))
    assert unpack(bytes(changed)) is None


def test_what_an_older_tocsin_packed_is_read() -> None:
    assert unpack(zlib.compress(json.dumps({"tokyo": 7}).encode())) == {"tokyo": 7}


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"x\x9cno", zlib.compress(b"[1, 2]")])
def test_what_is_no_such_thing_is_none(damaged: bytes) -> None:
    assert unpack(damaged) is None
