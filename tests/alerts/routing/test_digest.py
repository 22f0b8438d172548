from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.routing.digest import (
    TOP,
    Digest,
    Due,
    HeldRow,
    Line,
    Tally,
    compose,
    home_of,
    is_told,
    next_due,
)
from alerts.routing.spec import DigestSpec
from alerts.routing.walltime import exists
from alerts.story import Severity
from tests.alerts.routing.zones import TIMES, ZONES, moments
from tests.fakes import NOON

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
PARIS = ZoneInfo("Europe/Paris")
WORKDAYS = frozenset(range(5))


def spec(**changes: Any) -> DigestSpec:
    values: dict[str, Any] = {"name": "morning", "at": time(7, 30), "zone": PARIS, "to": ("#news",)}
    return DigestSpec(**(values | changes))


def due(day: str, utc: str) -> Due:
    return Due(datetime.fromisoformat(utc).replace(tzinfo=UTC), date.fromisoformat(day))


# ---------------------------------------------------------------- when: 2 November 2026, noon, a Monday


def test_the_first_digest_is_one_to_come() -> None:
    assert next_due(spec(), None, NOON) == due("2026-11-03", "2026-11-03T06:30")
    assert next_due(spec(at=time(20)), None, NOON) == due("2026-11-02", "2026-11-02T19:00")


def test_the_one_that_was_missed_is_overdue() -> None:
    assert next_due(spec(), date(2026, 11, 1), NOON) == due("2026-11-02", "2026-11-02T06:30")


def test_of_several_that_were_missed_the_latest_is_overdue() -> None:
    assert next_due(spec(days=WORKDAYS), date(2026, 9, 1), NOON - DAY) == due("2026-10-30", "2026-10-30T06:30")


def test_after_the_last_one_the_next_named_day_follows() -> None:
    assert next_due(spec(days=WORKDAYS), date(2026, 10, 30), NOON - DAY) == due("2026-11-02", "2026-11-02T06:30")


def test_a_clock_that_is_set_back_tells_no_day_again() -> None:
    assert next_due(spec(), date(2026, 11, 20), NOON) == due("2026-11-21", "2026-11-21T06:30")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (date(2026, 3, 28), due("2026-03-29", "2026-03-29T01:00")),  # 02:30 does not come
        (date(2026, 10, 24), due("2026-10-25", "2026-10-25T00:30")),  # 02:30 comes twice
    ],
)
def test_a_change_of_the_clocks_is_a_day_like_any_other(told: date, expected: Due) -> None:
    night = spec(at=time(2, 30))
    assert next_due(night, told, expected.at - HOUR) == expected
    after = next_due(night, expected.day, expected.at + 90 * MINUTE)
    assert after.day == expected.day + DAY


def test_a_date_that_was_left_out_has_no_digest() -> None:
    apia = spec(zone=ZoneInfo("Pacific/Apia"))
    found = next_due(apia, date(2011, 12, 29), datetime(2011, 12, 30, 9, 0, tzinfo=UTC))
    assert found.day == date(2011, 12, 31)


@given(
    st.data(),
    ZONES,
    TIMES,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.lists(st.integers(-180, 4000), min_size=1, max_size=40),
)
def test_each_local_date_has_one_digest_whatever_restarts_and_clocks_do(
    data: st.DataObject, zone: ZoneInfo, at: time, days: frozenset[int], steps: list[int]
) -> None:
    one = spec(zone=zone, at=at, days=days)
    now = data.draw(moments(zone))
    told: list[date] = []
    last = (now - 30 * DAY).astimezone(zone).date()
    for step in steps:  # the daemon is up at these moments only, and its clock may be set back
        now += step * MINUTE
        found = next_due(one, told[-1] if told else last, now)
        if found.at > now:
            assert found.day > (told[-1] if told else last)
            continue
        told.append(found.day)
        assert now >= found.at
        again = next_due(one, found.day, now)
        assert again.day > found.day
        assert again.at > now
    assert told == sorted(set(told))
    assert all(day.weekday() in days and exists(day, zone) for day in told)


@given(st.data(), ZONES, TIMES, st.frozensets(st.integers(0, 6), min_size=1))
def test_who_is_always_there_misses_no_day(data: st.DataObject, zone: ZoneInfo, at: time, days: frozenset[int]) -> None:
    one = spec(zone=zone, at=at, days=days)
    now = data.draw(moments(zone))
    first = found = next_due(one, None, now)
    told = [first.day]
    while found.at < now + 15 * DAY:
        before = found.day
        found = next_due(one, before, found.at)
        assert next_due(one, before, found.at) == found  # it is due at its very moment, and later still
        assert next_due(one, before, found.at + MINUTE) == found
        told.append(found.day)
    wanted = [first.day + number * DAY for number in range((told[-1] - told[0]).days + 1)]
    assert told == [day for day in wanted if day.weekday() in days and exists(day, zone)]


def test_what_is_held_back_waits_for_the_next_digest_of_its_channel() -> None:
    evening = spec(name="evening", at=time(18))
    other = spec(name="other", at=time(13), to=("#other",))
    specs, told = [spec(), evening, other], {"morning": date(2026, 11, 2)}
    assert home_of("#news", specs, told, NOON) == (evening, due("2026-11-02", "2026-11-02T17:00"))
    assert home_of("#nobody", specs, told, NOON) is None


# ---------------------------------------------------------------- what


def line(story: int, **changes: Any) -> Line:
    values: dict[str, Any] = {
        "title": f"Story {story}",
        "url": None,
        "outlet": "Reuters",
        "severity": Severity.NOTICE,
        "seen": NOON,
    }
    return Line(story=story, **(values | changes))


def tally(rule: str, *lines: Line, usual: float | None = None) -> Tally:
    return Tally(rule=rule, name=rule.upper(), usual=usual, lines=lines)


def row(key: str, reason: str = "quiet-hours", says: str = "night", **changes: Any) -> HeldRow:
    return HeldRow(key=key, reason=reason, says=says, line=line(int(key[1:]), **changes))


def composed(*tallies: Tally, held: tuple[HeldRow, ...] = (), **changes: Any) -> Digest:
    return compose(spec(**changes), day=NOON.date(), since=NOON - DAY, until=NOON, tallies=tallies, held=held)


def test_grave_stories_come_first_then_those_that_many_tell_then_the_newest() -> None:
    lines = [
        line(1),
        line(2, seen=NOON + MINUTE),
        line(3, others=4),
        line(4, severity=Severity.HIGH),
    ]
    (part,) = composed(tally("raa", *lines)).parts
    assert [one.story for one in part.top] == [4, 3, 2, 1]


def test_what_does_not_fit_is_kept_for_further_pages() -> None:
    (part,) = composed(tally("raa", *(line(number) for number in range(TOP + 3)))).parts
    assert (len(part.top), len(part.more), part.count) == (TOP, 3, TOP + 3)


def test_counts_stand_against_the_usual() -> None:
    digest = composed(tally("raa", line(1), line(2), usual=0.5), tally("eu", line(1)))
    assert [part.says for part in digest.parts] == ["2 stories, usually 0.5", "1 story"]
    assert digest.stories == 2


def test_rules_with_the_gravest_stories_come_first_then_those_with_most() -> None:
    digest = composed(
        tally("b", line(1)),
        tally("c", line(2), line(3)),
        tally("a", line(4)),
        tally("z", line(5, severity=Severity.HIGH)),
    )
    assert [part.rule for part in digest.parts] == ["z", "c", "a", "b"]


def test_a_rule_that_found_nothing_is_named_where_it_usually_finds_something() -> None:
    digest = composed(tally("raa", usual=3.0), tally("eu", usual=0.0), tally("us"))
    assert (digest.idle, digest.parts) == (("RAA",), ())


def test_a_digest_of_some_rules_leaves_the_others_out_but_not_what_was_held_back() -> None:
    digest = composed(tally("raa", line(1)), tally("eu", line(2)), held=(row("k9"),), rules=("raa",))
    assert ([part.rule for part in digest.parts], digest.stories) == (["raa"], 1)
    assert digest.held[0].rows[0].key == "k9"


def test_what_was_held_back_is_grouped_by_why() -> None:
    rows = (
        row("k1", "over-budget", "full"),
        row("k2", says="weekend"),
        row("k3"),
        row("k4", severity=Severity.HIGH),
    )
    held = composed(held=rows).held
    assert [(group.reason, group.says) for group in held] == [
        ("quiet-hours", ("night", "weekend")),
        ("over-budget", ("full",)),
    ]
    assert [one.key for one in held[0].rows] == ["k4", "k2", "k3"]


@given(
    st.dictionaries(st.integers(0, 50).map("k{}".format), st.sampled_from(["quiet-hours", "over-budget", "silenced"])),
    st.randoms(use_true_random=False),
)
def test_all_that_was_held_back_is_told_once_in_an_order_of_its_own(reasons: dict[str, str], shuffled: Any) -> None:
    rows = [row(key, reason) for key, reason in reasons.items()]
    digest = composed(held=tuple(rows))
    told = [one.key for group in digest.held for one in group.rows]
    assert sorted(told) == sorted(reasons)
    shuffled.shuffle(rows)
    assert composed(held=tuple(rows)) == digest


def test_an_empty_digest_is_silent_unless_it_is_wanted() -> None:
    empty = composed(tally("raa", usual=3.0))
    assert empty.is_empty
    assert not is_told(spec(), empty)
    assert is_told(spec(empty=True), empty)
    assert is_told(spec(), composed(tally("raa", line(1))))
    assert is_told(spec(), composed(held=(row("k1"),)))
