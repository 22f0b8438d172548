from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import FetchError
from crawler.visits.page import FEW_TRIES, TRIES, PageClaim, PageState, after_failure
from spiders.reasons import REASONS
from tests.fakes import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PASSING = (
    *("timeout", "dns", "refused", "http-429", "http-503", "host-held", "robots-unreachable", "parser-killed"),
    *("tls-expired", "host-taken"),
)
SLIPS = ("http-404", "soft-404", "empty", "unreadable")
FINAL = ("robots", "http-403", "gone", "login", "not-a-page", "no-text", "source-removed")


def claim(attempts: int = 0, url: str = "https://a.example/1") -> PageClaim:
    return PageClaim(story=1, source="bbc", url=url, due=NOON, token=1, attempts=attempts)


def wait(attempts: int = 0, luck: float = 0.5, retry_after: timedelta | None = None) -> timedelta | None:
    failure = FetchError("timeout", retry_after=retry_after)
    next_at, _ = after_failure(claim(attempts), failure, NOON, luck)
    return None if next_at is None else next_at - NOON


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://News.Example/1", "news.example"),
        ("http://news.example:8080/1", "news.example:8080"),
        ("https://user:secret@news.example/1", "news.example"),
    ],
)
def test_a_page_is_visited_at_the_turn_of_its_own_host(url: str, host: str) -> None:
    assert claim(url=url).host == host


def test_each_wait_is_four_times_the_one_before_up_to_four_hours_and_a_site_may_be_down_for_most_of_a_day() -> None:
    waits = [wait(attempts) for attempts in range(TRIES)]
    assert waits == [MINUTE, 4 * MINUTE, 16 * MINUTE, 64 * MINUTE, *[4 * HOUR] * 4, None]


@pytest.mark.parametrize(("luck", "factor"), [(0.0, 0.75), (0.999, 1.2495)])
def test_waits_are_spread_so_that_pages_that_failed_together_do_not_come_back_together(
    luck: float, factor: float
) -> None:
    assert wait(luck=luck) == MINUTE * factor


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(timedelta(0), MINUTE), (10 * timedelta(seconds=1), MINUTE), (20 * MINUTE, 20 * MINUTE), (5 * HOUR, 4 * HOUR)],
)
def test_a_host_that_asks_for_more_time_gets_it_up_to_four_hours(asked: timedelta, waits: timedelta) -> None:
    assert wait(retry_after=asked) == waits


@pytest.mark.parametrize("reason", PASSING)
def test_what_may_be_over_in_a_minute_is_tried_again(reason: str) -> None:
    next_at, detail = after_failure(claim(), FetchError(reason, "so it said"), NOON, 0.5)
    assert (next_at, detail) == (NOON + MINUTE, "try 1 of 9, again in 1m: so it said")


def test_any_fault_of_a_server_may_be_over_soon() -> None:
    failure = FetchError("http-521", "Web Server Is Down", status=521)
    assert after_failure(claim(), failure, NOON, 0.5)[0] == NOON + MINUTE


@pytest.mark.parametrize("reason", SLIPS)
def test_what_was_listed_before_it_was_there_is_tried_again_for_a_while(reason: str) -> None:
    failure = FetchError(reason, "so it said", status=404 if "404" in reason else None)
    found = [after_failure(claim(attempts), failure, NOON, 0.5)[0] for attempts in range(FEW_TRIES)]
    assert found == [NOON + MINUTE, NOON + 4 * MINUTE, NOON + 16 * MINUTE, None]


@pytest.mark.parametrize("reason", FINAL)
def test_what_will_be_the_same_tomorrow_is_the_last_word(reason: str) -> None:
    assert after_failure(claim(), FetchError(reason, "so it said"), NOON, 0.5) == (None, "so it said")


def test_a_later_visit_is_tried_four_times_and_what_is_missing_then_was_removed() -> None:
    def again(attempts: int, failure: FetchError) -> timedelta | None:
        next_at, _ = after_failure(replace(claim(attempts), state=PageState.READ), failure, NOON, 0.5)
        return None if next_at is None else next_at - NOON

    waits = [again(attempts, FetchError("timeout")) for attempts in range(FEW_TRIES)]
    assert waits == [MINUTE, 4 * MINUTE, 16 * MINUTE, None]
    assert again(0, FetchError("http-404", status=404)) is None


def test_giving_up_is_said() -> None:
    last = after_failure(claim(TRIES - 1), FetchError("timeout", "no answer"), NOON, 0.5)
    assert last == (None, "given up after 9 tries: no answer")


@pytest.mark.parametrize("reason", [*PASSING, *SLIPS, *FINAL])
def test_every_reason_is_one_that_is_explained_to_people(reason: str) -> None:
    assert reason in REASONS or reason.startswith("http-")


@given(
    st.integers(0, 12), st.floats(0, 1, exclude_max=True), st.none() | st.timedeltas(timedelta(0), timedelta(days=9))
)
def test_a_page_is_visited_again_between_three_quarters_of_a_minute_and_four_hours_later_or_never(
    attempts: int, luck: float, asked: timedelta | None
) -> None:
    found = wait(attempts, luck, asked)
    assert (found is None) is (attempts + 1 >= TRIES)
    assert found is None or 0.75 * MINUTE <= found <= 4 * HOUR
