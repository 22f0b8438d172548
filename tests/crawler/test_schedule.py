from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import FetchError
from crawler.poll import Claim, Validators
from crawler.schedule import CAP, Next, held, next_visit, retry_after, spoken
from spiders.source import Source

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def plan(
    every: timedelta | None = None,
    *,
    failure: FetchError | None = None,
    failures: int = 0,
    due: datetime = NOW,
    now: datetime = NOW,
    luck: float = 0.5,
) -> Next:
    source = Source(id="a", url="https://news.example/feed", name="A", every=every)
    claim = Claim(source="a", due=due, token=1, first=False, validators=Validators(), failures=failures)
    return next_visit(source, claim, failure=failure, now=now, luck=luck)


def test_every_keeps_its_beat_whatever_the_visit_took() -> None:
    beat = plan(5 * MINUTE, now=NOW + timedelta(seconds=17))
    assert beat == Next(at=NOW + 5 * MINUTE, why="every 5m", failures=0)


def test_beats_that_passed_are_skipped() -> None:
    assert plan(5 * MINUTE, now=NOW + 12 * MINUTE).at == NOW + 15 * MINUTE
    assert plan(5 * MINUTE, now=NOW + 10 * MINUTE).at == NOW + 15 * MINUTE


def test_a_visit_before_its_time_does_not_repeat_itself() -> None:
    assert plan(5 * MINUTE, due=NOW + MINUTE).at == NOW + 6 * MINUTE


def test_auto_is_fifteen_minutes_or_a_little_longer() -> None:
    assert plan(luck=0.0) == Next(at=NOW + 15 * MINUTE, why="auto 15m", failures=0)
    assert plan(luck=0.999).at < NOW + 18 * MINUTE


def test_failures_double_the_wait_up_to_a_day() -> None:
    waits = [plan(10 * MINUTE, failure=FetchError("http-500"), failures=n).at - NOW for n in range(12)]
    assert waits[:3] == [10 * MINUTE, 20 * MINUTE, 40 * MINUTE]
    assert waits[-1] == CAP


def test_a_failure_is_counted_and_explained() -> None:
    assert plan(10 * MINUTE, failure=FetchError("tls"), failures=2) == Next(
        at=NOW + 40 * MINUTE, why="retry 3 in 40m", failures=3
    )


def test_a_quick_source_is_not_hammered_when_it_fails() -> None:
    assert plan(timedelta(seconds=1), failure=FetchError("refused"), luck=0.5).at == NOW + MINUTE


def test_retry_after_is_the_least_a_server_gets_and_holds_its_host() -> None:
    busy = FetchError("http-429", status=429, retry_after=30 * MINUTE)
    assert plan(MINUTE, failure=busy, luck=0.0) == Next(
        at=NOW + 30 * MINUTE, why="retry-after 30m", failures=1, host_until=NOW + 30 * MINUTE
    )


@pytest.mark.parametrize("reason", ["dns", "unreachable", "refused", "timeout"])
def test_a_night_offline_does_not_cost_the_morning(reason: str) -> None:
    waits = [plan(10 * MINUTE, failure=FetchError(reason), failures=n).at - NOW for n in range(12)]
    assert max(waits) == 30 * MINUTE
    assert plan(timedelta(hours=6), failure=FetchError(reason), failures=5).at == NOW + timedelta(hours=6)


def test_a_server_that_says_when_it_is_back_is_taken_at_its_word_a_few_times() -> None:
    brief = FetchError("http-503", status=503, retry_after=timedelta(seconds=2))
    waits = [plan(timedelta(seconds=1), failure=brief, failures=n, luck=0.0).at - NOW for n in range(5)]
    assert waits[:3] == [timedelta(seconds=2)] * 3
    assert waits[3] == 6 * MINUTE
    assert plan(None, failure=brief).at - NOW >= MINUTE
    assert plan(10 * MINUTE, failure=brief).at - NOW == 10 * MINUTE


def test_back_off_longer_than_retry_after_stands() -> None:
    busy = FetchError("http-503", status=503, retry_after=MINUTE)
    chosen = plan(10 * MINUTE, failure=busy, failures=3)
    assert chosen.at == NOW + 80 * MINUTE
    assert chosen.host_until == NOW + MINUTE


def test_too_many_requests_without_a_time_holds_the_host_for_an_hour_at_most() -> None:
    assert plan(failure=FetchError("http-429", status=429), failures=9).host_until == NOW + timedelta(hours=1)
    assert plan(failure=FetchError("http-500", status=500)).host_until is None


def test_gone_is_looked_at_again_after_a_day() -> None:
    gone = plan(MINUTE, failure=FetchError("gone", status=410))
    assert (gone.at, gone.why) == (NOW + CAP, "gone: looking again in 1d")


def test_a_host_that_is_left_alone_is_nobody_s_failure() -> None:
    claim = Claim(source="a", due=NOW, token=1, first=False, validators=Validators(), failures=2)
    assert held(claim, NOW + MINUTE) == Next(at=NOW + MINUTE, why="its host asked to wait", failures=2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60", MINUTE),
        (" 0 ", timedelta(0)),
        ("Tue, 24 Nov 2026 12:01:00 GMT", MINUTE),
        ("Tue, 24 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("999999999999", CAP),
        ("Fri, 01 Jan 2100 00:00:00 GMT", CAP),
        ("soon", None),
        ("-5", None),
        ("\u0661", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, expected: timedelta | None) -> None:
    assert retry_after(value, NOW) == expected


@given(
    st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=30)),
    st.none() | st.builds(FetchError, st.just("http-429"), status=st.sampled_from([None, 429, 500, 410])),
    st.integers(0, 10_000),
    st.timedeltas(timedelta(days=-90), timedelta(0)),
    st.floats(0, 1, exclude_max=True),
)
def test_the_next_visit_lies_ahead_and_not_too_far(
    every: timedelta | None, failure: FetchError | None, failures: int, late: timedelta, luck: float
) -> None:
    chosen = plan(every, failure=failure, failures=failures, due=NOW + late, luck=luck)
    assert NOW < chosen.at <= NOW + max(CAP, every or CAP)
    assert chosen.failures == (failures + 1 if failure else 0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1s"), (90, "90s"), (120, "2m"), (125, "2m05s"), (7200, "2h"), (86_400, "1d"), (0.4, "0s")],
)
def test_spans_are_spoken_as_people_write_them(seconds: float, words: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == words
