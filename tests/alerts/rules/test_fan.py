from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.fan import NONE, Fan


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9))))
def test_what_was_added_comes_back_in_its_order(added: list[tuple[int, int]]) -> None:
    sealed = Fan(6).fill([number for number, _ in added], [other for _, other in added]).sealed()
    for number, code in enumerate(sealed.codes):
        others = [other for one, other in added if one == number]
        assert (code == NONE) == (not others)
        assert ([code] if code >= 0 else list(sealed.several(code))) == others
