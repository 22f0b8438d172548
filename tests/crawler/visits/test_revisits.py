from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.visits.page import AFTER_REMOVAL, AGAIN, PageClaim, PageState, PageVisit, revisit_at
from tests.fakes import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
lucks = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("passed", "wait"),
    [
        (timedelta(0), 15 * MINUTE),
        (14 * MINUTE, 15 * MINUTE),
        (15 * MINUTE, HOUR),
        (16 * MINUTE, HOUR),
        (HOUR, 4 * HOUR),
        (3 * HOUR, 4 * HOUR),
        (5 * HOUR, DAY),
        (DAY, None),
        (9 * DAY, None),
    ],
)
def test_a_page_is_visited_again_a_quarter_of_an_hour_an_hour_four_and_a_day_after_it_was_read(
    passed: timedelta, wait: timedelta | None
) -> None:
    assert revisit_at(NOON, NOON + passed, 0) == (None if wait is None else NOON + wait)


@pytest.mark.parametrize(("passed", "wait"), [(DAY, 3 * DAY), (4 * DAY, 7 * DAY), (7 * DAY, None)])
def test_what_was_removed_is_looked_for_two_more_times(passed: timedelta, wait: timedelta | None) -> None:
    assert revisit_at(NOON, NOON + passed, 0, removed=True) == (None if wait is None else NOON + wait)


@given(st.timedeltas(timedelta(0), timedelta(days=20)), lucks, st.booleans())
def test_the_next_visit_lies_ahead_and_at_most_a_tenth_late(passed: timedelta, luck: float, removed: bool) -> None:
    found = revisit_at(NOON, NOON + passed, luck, removed=removed)
    waits = (*AGAIN, *AFTER_REMOVAL) if removed else AGAIN
    assert (found is None) is (passed >= waits[-1])
    if found is not None:
        assert found > NOON + passed
        assert any(NOON + wait <= found <= NOON + 1.1 * wait for wait in waits)


@given(st.lists(lucks, min_size=20, max_size=20), st.lists(st.timedeltas(timedelta(0), HOUR), min_size=20, max_size=20))
def test_however_late_visits_are_there_are_never_more_of_them(lucks: list[float], lates: list[timedelta]) -> None:
    now, visits = NOON, 0
    while due := revisit_at(NOON, now, lucks[visits]):
        now = due + lates[visits]
        visits += 1
    assert visits <= len(AGAIN)


@pytest.mark.parametrize(
    ("reason", "answered", "missing"),
    [("304", True, False), ("same-body", True, False), ("http-404", False, True), ("gone", False, True)]
    + [(other, False, False) for other in ("robots", "soft-404", "paywall", "http-503", "http-451", "cloudflare")],
)
def test_what_a_visit_says_of_the_page(reason: str, answered: bool, missing: bool) -> None:
    claim = PageClaim(story=1, source="bbc", url="https://a.example/1", due=NOON, token=1, state=PageState.READ)
    visit = PageVisit(claim=claim, at=NOON, state=PageState.READ, reason=reason)
    assert (visit.is_answered, visit.is_missing, claim.again) == (answered, missing, True)
