from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.health import (
    DEAD_LETTERS,
    NETWORK,
    NETWORK_SUBJECT,
    Change,
    Condition,
    DeadLetters,
    Limits,
    Outage,
    Refusal,
    Report,
    Seen,
    SourceFact,
    look,
    look_at_letters,
    look_at_ways,
    of_source,
    other_way,
    snoozed,
)
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LIMITS = Limits()


def well(id_: str = "bbc", at: datetime = NOON, **changes: Any) -> SourceFact:
    values: dict[str, Any] = {"host": f"{id_}.example", "tried": at, "good": at, "due": at + 10 * MINUTE}
    return SourceFact(id=id_, name=id_.upper(), **(values | changes))


def failing(since: timedelta, id_: str = "bbc", reason: str = "http-403", at: datetime = NOON) -> SourceFact:
    begun = at - since
    return well(id_, at, good=begun - MINUTE, failing=begun, tries=9, reason=reason)


def silent(since: timedelta, **changes: Any) -> SourceFact:
    return well(silent=NOON, last_new=NOON - since, **changes)


def report(condition: Condition, since: timedelta, changed: timedelta = timedelta(), **more: Any) -> Report:
    values: dict[str, Any] = {"subject": of_source("bbc"), "since": NOON - since, "changed": NOON - changed}
    return Report(condition=condition, **(values | more))


def seen(*sources: SourceFact, reports: Sequence[Report] = (), enabled: int = 10, **changes: Any) -> Seen:
    values: dict[str, Any] = {"now": NOON, "answering": 5, "reports": {one.subject: one for one in reports}}
    return Seen(sources=sources, enabled=enabled, **(values | changes))


def told(*sources: SourceFact, limits: Limits = LIMITS, **changes: Any) -> list[tuple[str, Condition, bool]]:
    found = look(seen(*sources, **changes), limits)
    return [(one.report.subject.removeprefix("source:"), one.report.condition, one.anew) for one in found]


# ---------------------------------------------------------------- when a source is not well


def test_a_source_that_fails_for_a_day_is_told_of_and_not_before() -> None:
    assert told(failing(24 * HOUR)) == [("bbc", Condition.FAILING, True)]
    assert told(failing(24 * HOUR - MINUTE)) == []
    assert told(failing(6 * HOUR), limits=Limits(failing=5 * HOUR)) == [("bbc", Condition.FAILING, True)]


def test_one_failed_visit_is_none_however_long_ago() -> None:
    assert told(replace(failing(30 * HOUR), tries=1)) == []


def test_a_source_that_is_visited_no_more_is_told_of_at_once() -> None:
    assert told(replace(failing(3 * HOUR), due=None)) == [("bbc", Condition.GONE, True)]


def test_silence_is_told_by_its_own_rhythm_or_by_a_limit_or_not_at_all() -> None:
    quiet, unsaid = silent(30 * HOUR), well(last_new=NOON - 30 * HOUR)
    assert told(quiet) == [("bbc", Condition.SILENT, True)]
    assert told(quiet, limits=Limits(rhythm=False)) == []
    limit = Limits(silent=29 * HOUR, rhythm=False)
    assert told(unsaid, limits=limit) == [("bbc", Condition.SILENT, True)]
    assert told(unsaid, limits=Limits(silent=31 * HOUR, rhythm=False)) == []
    assert told(well(), limits=limit) == []


def test_what_a_source_did_while_nobody_watched_is_no_reason_before_it_is_visited_again() -> None:
    before = replace(failing(30 * HOUR), tried=NOON - 2 * HOUR)
    assert told(before, watching=NOON - MINUTE) == []
    assert told(replace(before, tried=NOON), watching=NOON - MINUTE) == [("bbc", Condition.FAILING, True)]


# ---------------------------------------------------------------- what becomes of it


def test_a_message_stays_as_it_is_while_nothing_changes_for_a_day() -> None:
    open_ = report(Condition.FAILING, 30 * HOUR, 6 * HOUR, mark="http-403")
    assert told(failing(30 * HOUR), reports=[open_]) == []
    old = replace(open_, changed=NOON - DAY)
    assert told(failing(30 * HOUR), reports=[old]) == [("bbc", Condition.FAILING, False)]


def test_another_reason_changes_the_message_but_not_twice_an_hour() -> None:
    open_ = report(Condition.FAILING, 30 * HOUR, 2 * HOUR, mark="dns")
    assert told(failing(30 * HOUR), reports=[open_]) == [("bbc", Condition.FAILING, False)]
    assert told(failing(30 * HOUR), reports=[replace(open_, changed=NOON - 59 * MINUTE)]) == []


def test_a_source_that_answers_again_ends_its_message() -> None:
    open_ = report(Condition.FAILING, 26 * HOUR, MINUTE, mark="dns")
    (change,) = look(seen(well(), reports=[open_]), LIMITS)
    assert (change.report.condition, change.anew, change.was) == (Condition.OVER, False, open_)
    assert change.report.since == NOON - 26 * HOUR
    assert told(well(), reports=[change.report]) == []


def test_a_new_address_that_nobody_visited_yet_is_not_well_yet() -> None:
    open_ = report(Condition.FAILING, 26 * HOUR, MINUTE)
    assert told(well(tried=None, good=None), reports=[open_]) == []


def test_only_a_new_story_ends_silence() -> None:
    open_ = report(Condition.SILENT, 30 * HOUR, MINUTE)
    assert told(silent(30 * HOUR), reports=[open_]) == []
    assert told(well(last_new=NOON), reports=[open_]) == [("bbc", Condition.OVER, False)]


def test_a_silent_source_that_fails_for_a_day_goes_on_in_the_same_message_with_its_own_beginning() -> None:
    open_ = report(Condition.SILENT, 60 * HOUR, 2 * HOUR)
    (change,) = look(seen(failing(25 * HOUR), reports=[open_]), LIMITS)
    assert (change.report.condition, change.anew) == (Condition.FAILING, False)
    assert change.report.since == NOON - 25 * HOUR


def test_a_source_that_is_back_has_a_day_to_bring_something() -> None:
    quiet = silent(40 * HOUR)
    assert told(quiet, reports=[report(Condition.OVER, 40 * HOUR, 23 * HOUR)]) == []
    assert told(quiet, reports=[report(Condition.OVER, 40 * HOUR, DAY)]) == [("bbc", Condition.SILENT, True)]


def test_a_source_that_left_the_configuration_ends_its_message() -> None:
    assert told(reports=[report(Condition.FAILING, 26 * HOUR)]) == [("bbc", Condition.OVER, False)]


def test_what_was_snoozed_is_told_anew_after_a_day_if_it_lasts() -> None:
    asked = snoozed(report(Condition.FAILING, 30 * HOUR, mark="dns"), NOON - 23 * HOUR)
    assert told(failing(60 * HOUR), reports=[asked]) == []
    later = replace(asked, changed=NOON - 24 * HOUR)
    assert told(failing(60 * HOUR), reports=[later]) == [("bbc", Condition.FAILING, True)]
    assert told(well(), reports=[asked]) == [("bbc", Condition.OVER, False)]
    quiet = snoozed(report(Condition.SILENT, 30 * HOUR), NOON - HOUR)
    assert told(well(), reports=[quiet]) == []
    assert told(well(last_new=NOON), reports=[quiet]) == [("bbc", Condition.OVER, False)]


# ---------------------------------------------------------------- the network


def together(number: int, since: timedelta = 10 * MINUTE, reason: str = "dns") -> list[SourceFact]:
    return [failing(since, f"s{place}", reason) for place in range(number)]


def test_when_more_than_half_fail_together_it_is_the_network_and_nobody_elses_fault() -> None:
    assert told(*together(6)) == [(NETWORK_SUBJECT, Condition.OUTAGE, True)]
    assert told(*together(5)) == []
    assert told(*together(6, 25 * HOUR), answering=0) == [(NETWORK_SUBJECT, Condition.OUTAGE, True)]
    (change,) = look(seen(*together(6)), LIMITS)
    assert isinstance(change.about, Outage)
    assert len(change.about.sources) == 6


def test_two_sources_are_no_network() -> None:
    assert told(*together(2), enabled=2) == []
    assert told(*together(3), enabled=3) == [(NETWORK_SUBJECT, Condition.OUTAGE, True)]


@pytest.mark.parametrize("reason", ["http-403", "html", "robots"])
def test_refusals_of_servers_are_no_network(reason: str) -> None:
    assert told(*together(9, reason=reason)) == []


def test_a_hiccup_of_minutes_is_not_told() -> None:
    assert told(*together(6, 4 * MINUTE)) == []
    assert told(*together(6, 5 * MINUTE)) == [(NETWORK_SUBJECT, Condition.OUTAGE, True)]


def test_sources_that_fail_for_long_while_others_answer_fail_by_themselves() -> None:
    dead = together(6, 25 * HOUR)
    assert told(*dead, answering=4) == [(f"s{place}", Condition.FAILING, True) for place in range(6)]


def test_visits_of_before_the_last_hour_say_nothing_of_the_network_unless_the_next_is_to_come() -> None:
    old = [replace(one, tried=NOON - 2 * HOUR, due=NOON - HOUR) for one in together(6, 3 * HOUR)]
    assert told(*old) == []
    rare = [replace(one, due=NOON + HOUR) for one in old]
    assert told(*rare) == [(NETWORK_SUBJECT, Condition.OUTAGE, True)]


def outage(condition: Condition = Condition.OUTAGE, changed: timedelta = HOUR) -> Report:
    return report(condition, 2 * HOUR, changed, subject=NETWORK_SUBJECT)


def test_who_has_a_message_of_its_own_says_nothing_of_the_network() -> None:
    own = [report(Condition.FAILING, 2 * DAY, MINUTE, subject=of_source(f"s{place}"), mark="dns") for place in range(2)]
    assert told(*together(7), reports=own[:1]) == [(NETWORK_SUBJECT, Condition.OUTAGE, True)]
    assert told(*together(7), reports=own) == []


def test_the_network_is_back_when_not_most_fail_and_soon_after_it_is_the_same_trouble() -> None:
    assert told(*together(6), reports=[outage()]) == []
    assert told(*together(5), reports=[outage()]) == [(NETWORK_SUBJECT, Condition.OVER, False)]
    again = [(NETWORK_SUBJECT, Condition.OUTAGE, False)]
    assert told(*together(6), reports=[outage(Condition.OVER, 59 * MINUTE)]) == again
    anew = [(NETWORK_SUBJECT, Condition.OUTAGE, True)]
    assert told(*together(6), reports=[outage(Condition.OVER, HOUR)]) == anew


def test_after_an_outage_a_source_is_not_blamed_before_it_is_visited_again() -> None:
    waiting = replace(failing(30 * HOUR, reason="dns"), tried=NOON - 20 * MINUTE)
    back = outage(Condition.OVER, 10 * MINUTE)
    assert told(waiting, reports=[back]) == []
    assert told(replace(waiting, tried=NOON), reports=[back]) == [("bbc", Condition.FAILING, True)]


def test_who_fails_in_another_way_is_told_of_meanwhile() -> None:
    assert told(failing(25 * HOUR), *together(6), reports=[outage()]) == [("bbc", Condition.FAILING, True)]


# ---------------------------------------------------------------- any days of any sources


class Town:
    """Sources that answer, fail and fall silent as they are told, and what people were told about them."""

    def __init__(self, number: int) -> None:
        self.now = NOON
        self.sources = {f"s{place}": well(f"s{place}", last_new=NOON) for place in range(number)}
        self.reports: dict[str, Report] = {}
        self.posts: Counter[str] = Counter()
        self.changes: list[Change] = []

    def visit(self, name: str, answer: str) -> None:
        known = self.sources[name]
        visited = replace(known, tried=self.now, due=self.now + 10 * MINUTE, reason=answer)
        if answer in {"new", "same"}:
            last = self.now if answer == "new" else known.last_new
            self.sources[name] = replace(visited, failing=None, tries=0, good=self.now, last_new=last)
        else:
            self.sources[name] = replace(visited, failing=known.failing or self.now, tries=known.tries + 1)

    def look(self) -> None:
        lately = [one for one in self.sources.values() if one.good and self.now - one.good < HOUR and not one.failing]
        facts = Seen(
            now=self.now,
            watching=NOON,
            enabled=len(self.sources),
            answering=len(lately),
            sources=tuple(self.sources.values()),
            reports=dict(self.reports),
        )
        for change in look(facts, Limits(silent=30 * HOUR, rhythm=False)):
            before = self.reports.get(change.report.subject)
            if change.anew:
                assert before is None or not before.is_open
                self.posts[change.report.subject] += 1
            else:
                assert before is not None
            self.reports[change.report.subject] = change.report
            self.changes.append(change)


ANSWERS = st.sampled_from(["new", "same", "dns", "timeout", "http-403"])
STEPS = st.lists(
    st.tuples(st.sampled_from([MINUTE, 10 * MINUTE, HOUR, 7 * HOUR, 13 * HOUR]), st.lists(ANSWERS, max_size=5)),
    max_size=25,
)


@given(number=st.integers(1, 5), steps=STEPS)
def test_each_trouble_is_told_in_one_message_that_says_at_last_that_it_is_over(
    number: int, steps: list[tuple[timedelta, list[str]]]
) -> None:
    town = Town(number)
    for later, answers in steps:
        town.now += later
        for name, answer in zip(town.sources, answers, strict=False):
            town.visit(name, answer)
        town.look()
        quiet = len(town.changes)
        town.look()
        assert len(town.changes) == quiet  # nothing has changed, so nothing is said
    town.now += HOUR
    for name in town.sources:
        town.visit(name, "new")
    town.look()
    assert not [one for one in town.reports.values() if one.is_open]
    ends = Counter(one.report.subject for one in town.changes if one.report.condition is Condition.OVER)
    for subject, posts in town.posts.items():
        again = subject == NETWORK_SUBJECT  # which may come back within an hour
        assert posts <= ends[subject] if again else posts == ends[subject]


@given(steps=st.lists(st.sampled_from(["new", "same", "dns", "dns", "timeout", "http-403"]), max_size=30))
def test_while_all_fail_as_without_a_network_nobody_is_blamed(steps: list[str]) -> None:
    town = Town(5)
    for answer in steps:
        town.now += 7 * HOUR
        for name in town.sources:
            town.visit(name, answer)
        before = len(town.changes)
        town.look()
        if answer in NETWORK:
            begun = [one.report.subject for one in town.changes[before:] if one.anew]
            assert begun in ([], [NETWORK_SUBJECT])


# ---------------------------------------------------------------- messages and ways out


def dead(number: int, key: str = "01A") -> DeadLetters:
    return DeadLetters(number=number, key=key, channel="#news", detail="invalid_blocks", at=NOON - MINUTE)


def of_dead(mark: str, changed: timedelta) -> dict[str, Report]:
    return {DEAD_LETTERS: report(Condition.DEAD, DAY, changed, subject=DEAD_LETTERS, mark=mark)}


def test_messages_that_were_refused_are_counted_in_one_message_for_a_day() -> None:
    first = look_at_letters(dead(1), {}, NOON)
    assert first is not None
    assert (first.anew, first.report.mark) == (True, "1 01A")
    assert look_at_letters(dead(1), of_dead("1 01A", 9 * DAY), NOON) is None
    second = look_at_letters(dead(2, "01B"), of_dead("1 01A", 23 * HOUR), NOON)
    assert second is not None
    assert not second.anew
    third = look_at_letters(dead(2, "01B"), of_dead("1 01A", 25 * HOUR), NOON)
    assert third is not None
    assert third.anew


def test_when_all_are_sent_again_the_message_says_so_once() -> None:
    ended = look_at_letters(dead(0), of_dead("1 01A", HOUR), NOON)
    assert ended is not None
    assert (ended.anew, ended.report.condition) == (False, Condition.OVER)
    assert look_at_letters(dead(0), {DEAD_LETTERS: ended.report}, NOON) is None
    assert look_at_letters(dead(0), {}, NOON) is None


def refusal(channel: str | None, since: timedelta) -> Refusal:
    return Refusal(channel=channel, since=NOON - since, reason="channel_not_found", waiting=3)


def test_a_way_out_that_refuses_for_five_minutes_is_told_of_once_and_when_it_takes_messages_again() -> None:
    assert look_at_ways([refusal("#news", 4 * MINUTE)], {}, NOON) == ()
    (begun,) = look_at_ways([refusal("#news", 5 * MINUTE)], {}, NOON)
    reports = {begun.report.subject: begun.report}
    assert begun.anew
    assert look_at_ways([refusal("#news", HOUR)], reports, NOON) == ()
    (ended,) = look_at_ways([], reports, NOON)
    assert (ended.anew, ended.report.condition) == (False, Condition.OVER)


@pytest.mark.parametrize(
    ("subject", "refusing", "way"),
    [
        ("way:#news", {"#news"}, "#ops"),
        ("way:#ops", {"#ops"}, "mail"),
        ("way:", {None}, "mail"),
        ("way:mail", {"mail"}, "#ops"),
        ("way:", {None, "mail"}, "audit"),
        ("way:", {None, "mail", "audit"}, None),
    ],
)
def test_a_way_out_is_told_of_by_another_one(subject: str, refusing: set[str | None], way: str | None) -> None:
    assert other_way(subject, "#ops", ["mail", "audit"], refusing) == way
