from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.fan import NONE, Fan


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9))))
def test_what_was_added_comes_back_in_its_order(added: list[tuple[int, int]]) -> None:
    fan = Fan(6)
    for number, other in added:
        fan.add(number, other)
    sealed = fan.sealed()
    for number, code in enumerate(sealed.codes):
        others = [other for one, other in added if one == number]
        assert (code == NONE) == (not others)
        assert ([code] if code >= 0 else list(sealed.several(code))) == others


def test_numbers_may_be_added_one_by_one() -> None:
    fan = Fan(1)
    fan.append(7)
    fan.add(1, 8)
    assert list(fan.sealed().several(fan.sealed().codes[1])) == [7, 8]
