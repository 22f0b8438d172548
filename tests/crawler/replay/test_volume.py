from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alerts.policy import Reason
from crawler.replay.chart import HEIGHT, WIDTH, chart_of
from crawler.replay.difference import compare
from crawler.replay.nouns import Kind
from crawler.replay.volume import numbers_of, volume_of
from tests.crawler.replay.made import decision, message, result
from tests.fakes import NOON


def test_messages_are_counted_by_local_day_and_channel() -> None:
    late = NOON.replace(hour=23, minute=30)
    found = volume_of(result(messages=[message(1, at=late), message(2), message(3, "#desk")]), ZoneInfo("Europe/Paris"))
    assert found.days == [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)]
    assert found.by_day == {"#desk": [0, 1, 0], "#news": [0, 1, 1]}
    assert found.channels == {"#news": 2, "#desk": 1}
    assert found.per_day == 1.5


def test_replies_that_no_channel_sees_are_counted_beside_the_messages() -> None:
    found = volume_of(result(messages=[message(1), message(2, quiet=True), message(3, kind=Kind.SUMMARY)]), UTC)
    assert (found.messages, found.replies, found.summaries) == (2, 1, 1)


def test_stories_of_a_backlog_are_not_found() -> None:
    some = [decision(1), decision(1, channel="#desk"), decision(2, reason=Reason.BACKLOG, message=None)]
    found = volume_of(result(some), UTC)
    assert (found.matches, found.found_by_rule, found.sources) == (1, {"raa": 1}, [("Pacific Wire", 1)])
    assert found.reasons == {Reason.FIRST: 2, Reason.BACKLOG: 1}


def test_what_waits_for_a_digest_is_counted_until_a_summary_tells_of_it() -> None:
    waits = decision(1, reason=Reason.QUIET_HOURS, message=None)
    told = decision(2, reason=Reason.QUIET_HOURS)
    assert volume_of(result([waits, told]), UTC).waiting == 1


def test_the_busiest_hour_names_its_channel() -> None:
    some = [message(n, at=NOON + timedelta(minutes=n)) for n in range(3)]
    assert volume_of(result(messages=[*some, message(9, "#desk")]), UTC).busiest == ("#news", NOON, 3)
    assert volume_of(result(), UTC).busiest is None


def test_numbers_of_a_comparison_are_there_only_with_one() -> None:
    after = result([decision(1)], [message(1)])
    assert numbers_of(volume_of(after, UTC)) == {"matches": 1, "messages": 1, "per_day": 0.5}
    numbers = numbers_of(volume_of(after, UTC), compare(after, result()))
    assert (numbers["gained"], numbers["lost"], numbers["unchanged"]) == (1, 0, 0)


MOMENTS = st.lists(st.integers(-24 * 60, 24 * 60 - 1), max_size=30)


@given(MOMENTS, MOMENTS)
def test_every_bar_stands_inside_the_drawing_and_no_message_is_lost(new: list[int], old: list[int]) -> None:
    zone = ZoneInfo("Asia/Tokyo")
    made = [
        volume_of(result(messages=[message(n, at=NOON + timedelta(minutes=at)) for n, at in enumerate(some)]), zone)
        for some in (new, old)
    ]
    assert sum(map(sum, made[0].by_day.values())) == len(new)
    for line in chart_of(*made).lines:
        for bar in line.bars:
            assert 0 <= bar.x < bar.x + bar.width <= WIDTH
            assert 0 <= bar.y <= HEIGHT
            assert abs(bar.y + bar.height - HEIGHT) < 0.02
            assert bar.was is not None
            assert 0 <= bar.was <= HEIGHT


def test_a_day_begins_where_the_zone_says() -> None:
    since = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)
    found = volume_of(result(since=since, until=since + timedelta(hours=1)), UTC)
    assert found.days == [date(2026, 11, 1), date(2026, 11, 2)]


def test_the_busiest_hour_is_one_of_the_zone_that_days_are_of() -> None:
    zone = timezone(timedelta(hours=5, minutes=45))
    some = [message(number, at=NOON + timedelta(minutes=10 * number)) for number in range(1, 7)]
    busiest = volume_of(result(messages=some), zone).busiest
    assert busiest
    assert (busiest[1].isoformat(), busiest[2]) == (f"{NOON:%Y-%m-%d}T18:00:00+05:45", 5)
