from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.ids import ALPHABET, STORY_EPOCH, Ids, decode, encode
from tests.fakes import NOON, FakeClock

STORY_IDS = st.integers(0, (1 << 63) - 1)


def make(clock: FakeClock | None = None, seed: int = 7) -> Ids:
    return Ids(clock or FakeClock(), random.Random(seed))


@given(st.lists(st.integers(-5_000, 5_000), max_size=60), st.integers())
def test_each_id_is_greater_than_the_one_before_however_the_clock_is_set(steps: list[int], seed: int) -> None:
    clock = FakeClock()
    ids = make(clock, seed)
    stories, keys = [ids.story()], [ids.delivery()]
    for step in steps:
        clock.advance(timedelta(milliseconds=step))
        stories.append(ids.story())
        keys.append(ids.delivery())
    assert stories == sorted(set(stories))
    assert keys == sorted(set(keys))


def test_a_later_process_makes_greater_ids() -> None:
    clock = FakeClock()
    earlier = make(clock)
    made = [(earlier.story(), earlier.delivery()) for _ in range(1000)]
    clock.advance(timedelta(milliseconds=2))
    later = make(clock, seed=8)
    assert later.story() > made[-1][0]
    assert later.delivery() > made[-1][1]


def test_who_starts_anew_within_the_same_millisecond_or_with_an_earlier_clock_makes_no_id_twice() -> None:
    clock = FakeClock()
    earlier = make(clock)
    made = [earlier.story() for _ in range(1000)]
    for back in (0, 1, 59 * 60_000):
        clock.advance(-timedelta(milliseconds=back))
        anew = make(clock)  # the same chance: it would draw the same ids
        anew.begin_after(made[-1])
        assert anew.story() == made[-1] + 1


def test_an_id_that_a_wrong_clock_made_does_not_hold_up_the_others() -> None:
    clock = FakeClock()
    wrong = make(FakeClock(NOON + timedelta(days=900))).story()
    ids = make(clock)
    ids.begin_after(wrong)
    assert STORY_EPOCH + timedelta(milliseconds=ids.story() >> 22) == NOON


def test_a_story_id_tells_its_time_and_fits_a_signed_64_bit_integer() -> None:
    story = make().story()
    assert STORY_EPOCH + timedelta(milliseconds=story >> 22) == NOON
    last = make(FakeClock(STORY_EPOCH + timedelta(days=69 * 365))).story()
    assert 0 < story < last < 1 << 63


def test_a_clock_before_the_epoch_makes_ids_all_the_same() -> None:
    ids = make(FakeClock(STORY_EPOCH - timedelta(days=1)))
    assert 0 < ids.story() < ids.story()


def test_a_delivery_key_is_a_ulid() -> None:
    key = make().delivery()
    assert len(key) == 26
    assert set(key) <= set(ALPHABET)
    value = 0
    for character in key:
        value = value * 32 + ALPHABET.index(character)
    assert value >> 80 == NOON.timestamp() * 1000


@given(STORY_IDS, STORY_IDS)
def test_the_form_for_people_sorts_like_the_number_and_reads_back(one: int, other: int) -> None:
    assert decode(encode(one)) == one
    assert (encode(one) < encode(other)) == (one < other)


@pytest.mark.parametrize("typed", ["0000000000J10", "  0000-0000-0ji0 ", "J10", "jLo"])
def test_an_id_is_read_as_people_type_it(typed: str) -> None:
    assert decode(typed) == decode("J10")


@pytest.mark.parametrize("typed", ["", "-", "U", "0123456789ABCD", "ZZZZZZZZZZZZZ", "abc!", "é"])
def test_what_is_no_id_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="is no story id"):
        decode(typed)


@pytest.mark.parametrize("number", [-1, 1 << 63])
def test_what_is_out_of_range_has_no_form(number: int) -> None:
    with pytest.raises(ValueError, match="is no story id"):
        encode(number)
