from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import FetchError
from crawler.visits.poll import Answer, Claim, Poll, Tally, Validators
from crawler.visits.rhythm import Rhythm
from crawler.visits.schedule import CAP, interval, next_visit, retry_after
from crawler.visits.standing import HostHold, Next, Standing, Wishes
from spiders.source import LONGEST, SHORTEST, Source

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOURLY = Rhythm(found=1e15, watched=1e15, at=NOW)


def plan(
    every: timedelta | None = None,
    *,
    failure: FetchError | None = None,
    failures: int = 0,
    due: datetime = NOW,
    now: datetime = NOW,
    luck: float = 0.5,
    tally: Tally = Tally(),  # noqa: B008 -- a frozen value
    standing: Standing | None = None,
    fresh_for: timedelta | None = None,
    **source: Any,
) -> Next:
    known = standing or Standing(failures=failures, points=failures)
    made = Poll(
        claim=Claim(source="a", due=due, token=1, first=False, validators=Validators(), standing=known),
        source=Source(**({"id": "a", "url": "https://news.example/feed", "name": "A", "every": every} | source)),
        at=now,
        answer=Answer.FAILED if failure else Answer.UNCHANGED,
        reason=failure.reason if failure else "304",
        status=failure.status if failure else 304,
        elapsed=timedelta(0),
        validators=Validators(),
        retry_after=failure.retry_after if failure else None,
        fresh_for=fresh_for,
        schedule=lambda poll, tally: next_visit(poll, tally, luck),
    )
    return made.decide(tally)


def test_every_keeps_its_beat_whatever_the_visit_took() -> None:
    beat = plan(5 * MINUTE, now=NOW + timedelta(seconds=17))
    assert (beat.at, beat.why, beat.standing.failures) == (NOW + 5 * MINUTE, "every 5m", 0)


def test_beats_that_passed_are_skipped() -> None:
    assert plan(5 * MINUTE, now=NOW + 12 * MINUTE).at == NOW + 15 * MINUTE
    assert plan(5 * MINUTE, now=NOW + 10 * MINUTE).at == NOW + 15 * MINUTE


def test_a_beat_of_a_second_is_kept_though_claims_come_once_a_second() -> None:
    """Claimed up to a second late and a moment long, each visit ends after the next beat: half of them were lost."""
    second, moment = timedelta(seconds=1), timedelta(milliseconds=50)
    for phase in (0, 1, 30, 500, 970, 999):
        tick = due = NOW
        claimed = []
        due -= timedelta(milliseconds=phase)
        for _ in range(20):
            if due <= tick:
                claimed.append(tick)
                due = plan(second, due=due, now=tick + moment).at
            tick += second
        assert len(claimed) == 20, phase


def test_a_visit_before_its_time_does_not_repeat_itself() -> None:
    assert plan(5 * MINUTE, due=NOW + MINUTE).at == NOW + 6 * MINUTE


@pytest.mark.parametrize("luck", [0.0, 0.5, 0.999])
def test_every_is_obeyed_to_the_second_whatever_the_source_wishes(luck: float) -> None:
    wishes = Wishes(ttl=HOUR, skip_hours=frozenset(range(24)))
    chosen = plan(timedelta(seconds=1), luck=luck, standing=Standing(wishes=wishes), fresh_for=DAY)
    assert chosen.at == NOW + timedelta(seconds=1)


# ---------------------------------------------------------------- cron


def test_a_cron_string_strikes_in_its_own_zone() -> None:
    chosen = plan(cron="0 7 * * mon-fri", cron_zone=ZoneInfo("Asia/Tokyo"))
    assert (chosen.at, chosen.why) == (datetime(2026, 11, 24, 22, tzinfo=UTC), "cron 0 7 * * mon-fri")


def test_a_cron_string_without_a_zone_is_in_utc_and_never_jittered() -> None:
    assert plan(cron="30 * * * *", luck=0.999, fresh_for=DAY).at == NOW + 30 * MINUTE


def test_strikes_that_passed_are_skipped_and_none_comes_twice() -> None:
    assert plan(cron="*/10 * * * *", due=NOW - DAY).at == NOW + 10 * MINUTE
    assert plan(cron="*/10 * * * *", due=NOW + MINUTE, now=NOW).at == NOW + 10 * MINUTE
    assert plan(cron="*/10 * * * *", due=NOW + 10 * MINUTE, now=NOW).at == NOW + 20 * MINUTE


def test_a_rare_cron_that_fails_is_tried_again_before_it_strikes() -> None:
    assert plan(cron="0 7 * * *", failure=FetchError("http-500"), luck=0.5).at == NOW + 15 * MINUTE
    assert plan(cron="* * * * *", failure=FetchError("http-500"), luck=0.5).at == NOW + MINUTE


# ---------------------------------------------------------------- the learnt rhythm


def test_auto_goes_by_the_rhythm_and_the_tier_and_says_so() -> None:
    chosen = plan(standing=Standing(rhythm=HOURLY), tier=3, luck=0.0)
    assert (chosen.at, chosen.why) == (NOW + 15 * MINUTE, "auto 15m: 1.0 stories/h at this hour, tier 3")
    seldom = plan(standing=Standing(rhythm=Rhythm(found=1e15 / 24, watched=1e15)), tier=3, luck=0.0)
    assert seldom.why == "auto 1h13m: 1.0 stories/d at this hour, tier 3"


def test_a_wire_is_visited_twice_as_often_as_the_press() -> None:
    waits = [
        interval(Source(id="a", url="u", name="A", tier=tier), Standing(rhythm=HOURLY), NOW) for tier in (1, 2, 3, 4)
    ]
    assert [round(wait / MINUTE, 1) for wait in waits] == [7.5, 10.6, 15.0, 21.2]


def test_what_this_visit_found_has_its_say() -> None:
    watched = Standing(rhythm=Rhythm().learn(0, NOW - HOUR), last_ok=NOW - HOUR)
    assert plan(standing=watched, tally=Tally(new=10)).at < plan(standing=watched).at


@pytest.mark.parametrize(
    ("wish", "minutes", "why"),
    [
        ({"fresh_for": 40 * MINUTE}, 40, "auto 40m: Cache-Control asks for it"),
        ({"standing": Standing(rhythm=HOURLY, wishes=Wishes(ttl=30 * MINUTE))}, 30, "auto 30m: its ttl asks for it"),
        ({"fresh_for": timedelta(minutes=5)}, 15, "auto 15m: 1.0 stories/h at this hour, tier 3"),
        ({"fresh_for": 9 * DAY}, 60, "auto 1h: Cache-Control asks for it"),
        ({"fresh_for": HOUR, "every_max": 20 * MINUTE}, 20, "auto 20m: Cache-Control asks for it"),
    ],
)
def test_what_the_source_wishes_is_the_least_it_gets_up_to_an_hour(
    wish: dict[str, Any], minutes: int, why: str
) -> None:
    chosen = plan(**({"standing": Standing(rhythm=HOURLY)} | wish), tier=3, luck=0.0)
    assert (chosen.at - NOW, chosen.why) == (minutes * MINUTE, why)


def test_hours_and_days_that_a_source_skips_are_skipped_but_not_for_longer_than_the_user_allows() -> None:
    skips = Standing(rhythm=HOURLY, wishes=Wishes(skip_hours=frozenset({12, 13})))
    assert plan(standing=skips, luck=0.0).at == NOW + 2 * HOUR
    assert plan(standing=skips, luck=0.0, every_max=HOUR).at == NOW + HOUR
    tuesdays = Standing(rhythm=HOURLY, wishes=Wishes(skip_days=frozenset({1})))
    assert plan(standing=tuesdays, luck=0.0, every_max=DAY).at == NOW + 12 * HOUR
    always = Standing(rhythm=HOURLY, wishes=Wishes(skip_hours=frozenset(range(24))))
    assert plan(standing=always).at == NOW + LONGEST


rhythms = st.builds(
    Rhythm,
    found=st.floats(0, 1e6),
    watched=st.floats(0, 200),
    hours=st.lists(st.floats(0, 1e4), min_size=24, max_size=24).map(tuple),
    at=st.none() | st.just(NOW - HOUR),
)
spans = st.none() | st.timedeltas(timedelta(0), 40 * DAY)
wishes = st.builds(
    Wishes, ttl=spans, skip_hours=st.frozensets(st.integers(0, 23)), skip_days=st.frozensets(st.integers(0, 6))
)
luck = st.floats(0, 1, exclude_max=True)


@given(rhythms, wishes, spans, luck, st.data())
def test_an_interval_of_our_own_choice_keeps_within_what_the_user_allows(
    rhythm: Rhythm, wishes: Wishes, fresh_for: timedelta | None, luck: float, data: st.DataObject
) -> None:
    shortest = data.draw(st.timedeltas(timedelta(seconds=1), DAY))
    longest = data.draw(st.timedeltas(shortest, 7 * DAY))
    known = Standing(rhythm=rhythm, wishes=wishes)
    chosen = plan(standing=known, fresh_for=fresh_for, every_min=shortest, every_max=longest, luck=luck)
    assert shortest <= chosen.at - NOW <= longest
    assert chosen.why.startswith("auto ")


@given(rhythms, luck)
def test_jitter_only_lengthens(rhythm: Rhythm, luck: float) -> None:
    known = Standing(rhythm=rhythm)
    plain, lengthened = plan(standing=known, luck=0.0).at - NOW, plan(standing=known, luck=luck).at - NOW
    assert SHORTEST <= plain <= lengthened <= plain * 1.2 + timedelta(milliseconds=1)


# ---------------------------------------------------------------- failures


def test_failures_double_the_wait_up_to_a_day() -> None:
    waits = [plan(10 * MINUTE, failure=FetchError("http-500"), failures=n).at - NOW for n in range(12)]
    assert waits[:3] == [10 * MINUTE, 20 * MINUTE, 40 * MINUTE]
    assert max(waits) == CAP


def test_what_waiting_hardly_mends_counts_twice() -> None:
    hard, soft = FetchError("http-403", status=403), FetchError("http-404", status=404)
    assert [plan(10 * MINUTE, failure=one).at - NOW for one in (soft, hard)] == [10 * MINUTE, 20 * MINUTE]
    assert plan(10 * MINUTE, failure=hard).standing.points == 2


def test_a_quick_source_is_not_hammered_when_it_fails() -> None:
    assert plan(timedelta(seconds=1), failure=FetchError("refused"), luck=0.5).at == NOW + MINUTE


def test_a_failing_source_is_retried_from_the_interval_of_its_rhythm() -> None:
    chosen = plan(failure=FetchError("http-500"), standing=Standing(rhythm=HOURLY), tier=3)
    assert (chosen.at, chosen.why) == (NOW + 15 * MINUTE, "retry 1 in 15m")


def test_retry_after_is_the_least_a_server_gets_and_holds_its_host() -> None:
    busy = FetchError("http-429", status=429, retry_after=30 * MINUTE)
    chosen = plan(MINUTE, failure=busy, luck=0.0)
    assert (chosen.at, chosen.why) == (NOW + 30 * MINUTE, "retry in 30m: it asked for 30m")
    assert chosen.hold == HostHold(host="news.example", until=NOW + 30 * MINUTE, reason="429 from a, with Retry-After")


@given(st.timedeltas(timedelta(0), CAP), st.integers(0, 10_000), luck, st.sampled_from([429, 503]))
def test_no_visit_comes_before_retry_after_unless_it_cries_wolf(
    asked: timedelta, failures: int, luck: float, status: int
) -> None:
    busy = FetchError(f"http-{status}", status=status, retry_after=asked)
    chosen = plan(MINUTE, failure=busy, failures=failures, luck=luck)
    assert chosen.at - NOW >= asked
    assert chosen.hold is not None
    assert chosen.hold.until - NOW == asked


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
    assert chosen.hold is not None
    assert chosen.hold.until == NOW + MINUTE


def test_too_many_requests_without_a_time_holds_the_host_for_an_hour_at_most() -> None:
    held = plan(failure=FetchError("http-429", status=429), failures=9).hold
    assert held is not None
    assert (held.until, held.reason) == (NOW + HOUR, "429 from a")
    assert plan(failure=FetchError("http-500", status=500)).hold is None


def test_gone_is_looked_at_twice_more_a_day_apart_and_then_left() -> None:
    gone, standing = FetchError("gone", status=410), Standing()
    for _ in range(2):
        chosen = plan(MINUTE, failure=gone, standing=standing)
        assert (chosen.at, chosen.why, chosen.standing.given_up) == (NOW + CAP, "gone: looking again in 1d", False)
        standing = chosen.standing
    chosen = plan(MINUTE, failure=gone, standing=standing)
    assert (chosen.why, chosen.standing.given_up) == ("gone: not visited again", True)


def test_a_host_that_is_left_alone_is_nobody_s_failure() -> None:
    before = Standing(failures=2, points=2)
    chosen = plan(failure=FetchError("host-held", retry_after=MINUTE), standing=before)
    assert (chosen.at, chosen.why, chosen.standing) == (NOW + MINUTE, "its host asked to wait", before)


def test_a_host_at_which_another_worker_is_is_soon_tried_again_however_often_that_was_in_vain() -> None:
    before = Standing(failures=40, points=3, failing_since=NOW - 2 * HOUR, last_ok=NOW - DAY)
    chosen = plan(failure=FetchError("host-taken", retry_after=MINUTE / 2), standing=before)
    assert (chosen.at, chosen.why) == (NOW + MINUTE / 2, "another worker is at its host")
    assert [event.name for event in chosen.events] == ["down"]


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
    st.none() | st.builds(FetchError, st.just("http-429"), status=st.sampled_from([None, 403, 429, 500, 410])),
    st.integers(0, 10_000),
    st.timedeltas(timedelta(days=-90), timedelta(0)),
    luck,
)
def test_the_next_visit_lies_ahead_and_not_too_far(
    every: timedelta | None, failure: FetchError | None, failures: int, late: timedelta, luck: float
) -> None:
    chosen = plan(every, failure=failure, failures=failures, due=NOW + late, luck=luck)
    assert NOW < chosen.at <= NOW + max(CAP, every or CAP)
    assert chosen.standing.failures == (failures + 1 if failure else 0)
