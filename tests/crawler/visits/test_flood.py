from datetime import timedelta

import pytest

from crawler.visits.flood import decide
from crawler.visits.poll import Claim, Validators
from crawler.visits.rhythm import Rhythm
from crawler.visits.standing import Standing
from tests.fakes import NOON

HOUR = timedelta(hours=1)


def claim(since_ok: timedelta | None, *, failures: int = 0, late: timedelta = HOUR, first: bool = False) -> Claim:
    last_ok = None if since_ok is None else NOON - since_ok
    standing = Standing(last_ok=last_ok, failures=failures, rhythm=Rhythm())
    return Claim(source="bbc", due=NOON - late, token=1, first=first, validators=Validators(), standing=standing)


@pytest.mark.parametrize(
    ("new", "entries", "since_ok", "flood"),
    [
        (11, 20, HOUR, True),
        (10, 10, HOUR, False),  # no more than ten
        (20, 40, HOUR, False),  # no more than half
        (21, 40, HOUR, True),
        (0, 40, HOUR, False),
        (40, 40, None, False),  # nothing was ever read
    ],
)
def test_a_flood_is_most_of_a_document(new: int, entries: int, since_ok: timedelta | None, flood: bool) -> None:
    assert (decide(new, entries, claim(since_ok), NOON) is not None) is flood


@pytest.mark.parametrize(
    ("since_ok", "failures", "late", "flood"),
    [
        (25 * HOUR, 3, HOUR, True),  # it did not answer
        (25 * HOUR, 0, 13 * HOUR, True),  # we did not ask
        (25 * HOUR, 0, HOUR, False),  # it is asked once a day
        (24 * HOUR, 3, HOUR, False),
    ],
)
def test_after_a_day_without_an_answer_even_one_story_is_told_with_others(
    since_ok: timedelta, failures: int, late: timedelta, flood: bool
) -> None:
    assert (decide(1, 40, claim(since_ok, failures=failures, late=late), NOON) is not None) is flood


@pytest.mark.parametrize(
    ("new", "late", "flood"),
    [(4, 2 * HOUR, True), (3, 2 * HOUR, False), (9, HOUR, False)],
)
def test_when_nobody_watched_for_an_hour_more_than_a_few_are_told_together(
    new: int, late: timedelta, flood: bool
) -> None:
    found = decide(new, 40, claim(3 * HOUR, late=late), NOON)
    assert (found is not None) is flood
    assert found is None or found.reason == "4 new after 2 h in which nobody watched"


def test_a_first_visit_is_no_flood() -> None:
    assert decide(40, 40, claim(HOUR, first=True), NOON) is None


def test_what_the_rhythm_lets_expect_is_no_flood() -> None:
    daily = claim(24 * HOUR)
    expected = 24 * daily.standing.rhythm.rate
    assert decide(int(3 * expected), int(3 * expected), daily, NOON) is None
    assert decide(int(3 * expected) + 30, int(3 * expected) + 30, daily, NOON) is not None


@pytest.mark.parametrize(
    ("new", "since_ok", "reason"),
    [(3, 30 * HOUR, "3 new after 30 h without an answer"), (30, HOUR, "30 of 40 entries new at once")],
)
def test_the_reason_names_the_numbers(new: int, since_ok: timedelta, reason: str) -> None:
    flood = decide(new, 40, claim(since_ok, failures=1), NOON)
    assert flood is not None
    assert (flood.new, flood.reason) == (new, reason)
