from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from crawler.store.moving.walk import Key, Row, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

keys = st.tuples(st.sampled_from("aäz鉱"), st.integers(0, 9))
tables = st.dictionaries(keys, st.integers(0, 2), max_size=30)


def key(row: Row) -> Key:
    return row[:2]


def pages(table: Mapping[Key, int], size: int, asked: list[int] | None = None) -> Iterator[list[Row]]:
    rows = [(*one, table[one]) for one in sorted(table)]
    for start in range(0, len(rows), size):
        if asked is not None:
            asked.append(start)
        yield rows[start : start + size]


@given(tables, tables, st.integers(1, 7), st.integers(1, 7))
def test_what_is_done_makes_the_target_equal_and_touches_nothing_that_is(
    source: dict[Key, int], target: dict[Key, int], ours: int, theirs: int
) -> None:
    made, equal = dict(target), 0
    for step in steps(pages(source, ours), pages(target, theirs), key):
        equal += step.equal
        for one in step.drop:
            del made[one]
        for row in step.put:
            assert key(row) not in made
            made[key(row)] = row[2]
    assert made == source
    assert equal == sum(target.get(one) == value for one, value in source.items())


def test_a_target_that_ends_early_is_read_no_further() -> None:
    asked: list[int] = []
    source = {("a", number): 0 for number in range(100)}
    first = dict(list(source.items())[:20])
    found = list(steps(pages(source, 10), pages(first, 10, asked), key))
    assert asked == [0, 10]
    assert sum(step.equal for step in found) == 20
    assert [row[1] for step in found for row in step.put] == list(range(20, 100))
