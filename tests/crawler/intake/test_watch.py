from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.rules.spec import Rate, SpikeSpec, StreamSpec
from alerts.story import Field, Headline, Match, Severity, Span, Trend
from crawler.store.schema import outbox, stream, stream_alert, stream_known, watched
from crawler.visits.poll import Tally
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Row

    from crawler.store import Store

DAY, WEEK = timedelta(days=1), timedelta(days=7)
THREE_IN_AN_HOUR = StreamSpec(count=Rate(count=3, per=HOUR))
FOURFOLD = StreamSpec(spike=SpikeSpec(times=4, within=HOUR, against=14 * DAY))


@pytest.fixture
def room(store: Store, clock: FakeClock) -> Callable[..., Newsroom]:
    """Make a newsroom whose rule `talks` has these conditions; the one channel is #news."""

    def make(spec: StreamSpec, *channels: str, **changes: Any) -> Newsroom:
        judge = WordJudge({"talks": channels or ("#news",)}, {"talks": spec}, **changes)
        return Newsroom(store, judge, clock)

    return make


async def rows(store: Store, table: Any) -> Sequence[Row[Any]]:
    return await store._reader.run(lambda connection: connection.execute(select(table)).all())


async def publish(newsroom: Newsroom, *names: str, of: str = "bbc", text: str = "") -> Tally:
    """Visit a source and find a new story for each name, all about talks."""
    return await newsroom.visit(of, *(entry(name, title=f"talks {name}", text=text) for name in names))


async def taught(newsroom: Newsroom) -> None:
    """Let a day pass in which `first_seen` learns."""
    await newsroom.ingest.teach(newsroom.judge, "rev1")
    newsroom.clock.advance(DAY)


async def said(newsroom: Newsroom) -> list[str]:
    return [says for _, says, _, _ in await newsroom.trends()]


# ---------------------------------------------------------------- count


async def test_single_stories_are_counted_and_the_one_that_makes_the_number_alerts(
    room: Callable[..., Newsroom], clock: FakeClock
) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source())
    for name in "ab":
        assert await publish(newsroom, name) == Tally(new=1)
        clock.advance(20 * MINUTE)
    assert await publish(newsroom, "c") == Tally(new=1, alerts=1)
    assert await newsroom.trends() == [
        ("#news", "3 stories in 1 h (3 make an alert)", "talks c", ("talks b", "talks a"))
    ]
    assert {reason for _, _, reason in await newsroom.reasons()} == {"counted"}


async def test_an_alert_holds_the_rule_the_words_and_the_numbers(room: Callable[..., Newsroom]) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source(tier=1))
    await publish(newsroom, *"abc")
    (due,) = await newsroom.store.outbox.due(NOON, 10)
    assert due.alert.matches == (
        Match(
            rule="talks",
            name="About talks",
            severity=Severity.NOTICE,
            spans=(Span(Field.TITLE, 0, 5),),
            tags=("t",),
        ),
    )
    top = tuple(Headline(title=f"talks {name}", url=f"https://bbc.example/{name}", outlet="BBC") for name in "bc")
    assert due.alert.trend == Trend(
        condition="count", says="3 stories in 1 h (3 make an alert)", number=3, usual=None, top=top
    )
    assert due.alert.story.title == "talks a"  # the first listed is the newest


async def test_stories_of_more_than_the_window_ago_do_not_count(
    room: Callable[..., Newsroom], clock: FakeClock
) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source())
    await publish(newsroom, "a")
    clock.advance(HOUR)
    assert (await publish(newsroom, "b", "c")).alerts == 0
    clock.advance(59 * MINUTE)
    assert (await publish(newsroom, "d")).alerts == 1


async def test_a_burst_is_told_once_until_it_is_over_and_comes_again(
    room: Callable[..., Newsroom], clock: FakeClock
) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source())
    alerts = []
    for number in range(12):  # one each ten minutes: six in every hour
        clock.advance(10 * MINUTE)
        alerts.append((await publish(newsroom, f"a{number}")).alerts)
    assert alerts == [0, 0, 1, *[0] * 9]
    clock.advance(2 * HOUR)
    assert [(await publish(newsroom, f"b{number}")).alerts for number in range(3)] == [0, 0, 1]


async def test_every_channel_hears_of_it_once_and_a_rule_without_channels_is_recorded(
    room: Callable[..., Newsroom],
) -> None:
    newsroom = room(THREE_IN_AN_HOUR, "#news", "#duty")
    await newsroom.add(source(), source("nhk"))
    assert (await publish(newsroom, *"abcd")).alerts == 2
    newsroom.judge.rules = {"talks": ()}
    newsroom.judge.specs = {"talks": StreamSpec(first_seen="source")}
    await taught(newsroom)
    assert (await publish(newsroom, "e", of="nhk")).alerts == 0
    told = await rows(newsroom.store, stream_alert)
    assert sorted((row.condition, row.channel, bool(row.delivery)) for row in told) == [
        ("count", "#duty", True),
        ("count", "#news", True),
        ("first_seen: source", "", False),
    ]


async def test_copies_count_once(room: Callable[..., Newsroom]) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source(), source("nhk"), source("afp"))
    long = "ministers of two countries said on Monday that they would meet again in spring"
    for name in ("bbc", "nhk", "afp"):
        assert (await newsroom.visit(name, entry("1", title="talks", text=long, url=None))).alerts == 0
    assert (await publish(newsroom, "x")).alerts == 0
    assert (await publish(newsroom, "y")).alerts == 1
    ((_, says, title, nexts),) = await newsroom.trends()
    assert says == "3 stories in 1 h (3 make an alert)"
    assert (title, nexts) == ("talks", ("talks y", "talks x"))  # what most outlets carry comes first


async def test_a_late_copy_of_a_story_is_no_new_story(room: Callable[..., Newsroom], clock: FakeClock) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source(), source("nhk"))
    long = "ministers of two countries said on Monday that they would meet again in spring"
    old = entry("1", title="talks", text=long, url=None)
    await newsroom.visit("bbc", old)
    clock.advance(2 * HOUR)
    await newsroom.visit("nhk", old)
    assert (await publish(newsroom, "x", "y")).alerts == 0
    assert (await publish(newsroom, "z")).alerts == 1
    assert [title for _, _, *titles, nexts in await newsroom.trends() for title in (*titles, *nexts)] == [
        "talks z", "talks x", "talks y"
    ]  # fmt: skip


async def test_edits_of_a_story_count_it_once_and_at_the_time_it_was_first_seen(
    room: Callable[..., Newsroom], clock: FakeClock
) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a", title="fish"))
    clock.advance(2 * HOUR)
    await newsroom.visit("bbc", entry("a", title="talks on fish"))
    for number in range(3):
        assert (await newsroom.visit("bbc", entry("b", title=f"talks {number}"))).alerts == 0
    assert (await publish(newsroom, "c")).alerts == 0
    assert (await publish(newsroom, "d")).alerts == 1


async def test_a_backlog_is_recorded_and_does_not_count(room: Callable[..., Newsroom]) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source(), visited=False)
    old = [entry(name, title=f"talks {name}", published=NOON - 9 * DAY) for name in "abc"]
    assert (await newsroom.visit("bbc", *old)).alerts == 0
    assert {reason for _, _, reason in await newsroom.reasons()} == {"backlog"}
    assert (await publish(newsroom, "d", "e")).alerts == 0
    assert (await publish(newsroom, "f")).alerts == 1


async def test_the_most_severe_story_gives_the_alert_its_severity(store: Store, clock: FakeClock) -> None:
    class Raising(WordJudge):
        def __call__(self, story: Any) -> Any:
            severity = Severity.HIGH if "b" in story.title.split() else Severity.NOTICE
            return [
                replace(finding, match=replace(finding.match, severity=severity)) for finding in super().__call__(story)
            ]

    newsroom = Newsroom(store, Raising({"talks": ("#news",)}, {"talks": THREE_IN_AN_HOUR}), clock)
    await newsroom.add(source())
    await publish(newsroom, *"abc")
    (due,) = await store.outbox.due(NOON, 10)
    assert (due.alert.severity, due.alert.story.title) == (Severity.HIGH, "talks b")


async def test_a_rule_on_trial_is_recorded_and_sends_nothing(room: Callable[..., Newsroom]) -> None:
    newsroom = room(THREE_IN_AN_HOUR, shadows=("talks",))
    await newsroom.add(source())
    assert (await publish(newsroom, *"abc")).alerts == 0
    (told,) = await rows(newsroom.store, stream_alert)
    assert (told.channel, told.delivery, told.number) == ("#news", None, 3)


async def test_a_rule_that_gets_a_condition_knows_its_past_and_does_not_tell_of_it(
    room: Callable[..., Newsroom], clock: FakeClock
) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    newsroom.judge.specs = {}
    await newsroom.add(source())
    await publish(newsroom, *"abc")
    newsroom.judge.specs = {"talks": THREE_IN_AN_HOUR}
    clock.advance(MINUTE)
    assert (await publish(newsroom, "d")).alerts == 0  # four of them: the burst began before the condition
    clock.advance(HOUR)
    assert (await publish(newsroom, *"efg")).alerts == 1


async def test_conditions_of_one_rule_alert_each_by_itself(room: Callable[..., Newsroom]) -> None:
    spec = replace(THREE_IN_AN_HOUR, first_seen="source")
    newsroom = room(spec)
    await newsroom.add(source())
    await taught(newsroom)
    assert (await publish(newsroom, *"abc")).alerts == 2
    assert await said(newsroom) == ["3 stories in 1 h (3 make an alert)", "first story from: BBC"]


async def test_a_poll_that_is_refused_leaves_no_trace_of_its_alert(room: Callable[..., Newsroom]) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source())

    class Full(Exception):
        pass

    def fail(_: object) -> Any:
        raise Full

    claim = await newsroom.claim("bbc")
    with pytest.raises(Full):
        await newsroom.store.apply(fail)
    await newsroom.store.release(claim)
    for table in (stream, stream_alert, stream_known, outbox):
        assert await rows(newsroom.store, table) == []


# ---------------------------------------------------------------- spike


async def live(newsroom: Newsroom, clock: FakeClock, *, hours: int, each: int = 1, name: str = "h") -> int:
    """Let hours pass in which the minute's look is taken and so many stories come; return the alerts."""
    alerts = 0
    for hour in range(hours):
        for _ in range(2):
            clock.advance(HOUR / 2)
            await newsroom.ingest.watch()
        alerts += (await publish(newsroom, *(f"{name}{hour}-{number}" for number in range(each)))).alerts
    return alerts


async def test_a_spike_needs_a_day_of_history_and_then_stands_out_from_it(
    room: Callable[..., Newsroom], clock: FakeClock
) -> None:
    newsroom = room(FOURFOLD)
    await newsroom.add(source())
    await newsroom.ingest.watch()
    clock.advance(HOUR / 2)
    assert (await publish(newsroom, *(f"early{number}" for number in range(9)))).alerts == 0
    assert await live(newsroom, clock, hours=30) == 0
    clock.advance(MINUTE)
    assert (await publish(newsroom, "x", "y")).alerts == 0
    assert (await publish(newsroom, "z")).alerts == 1
    assert (await publish(newsroom, "zz")).alerts == 0
    (says,) = await said(newsroom)
    assert says == "4 stories in 1 h, usually 1 (median of 29 windows in 1 d 5 h, all hours)"


async def test_a_spike_at_an_hour_that_is_always_busy_is_none(room: Callable[..., Newsroom], clock: FakeClock) -> None:
    newsroom = room(FOURFOLD)
    await newsroom.add(source())
    await newsroom.ingest.watch()
    alerts = []
    for week in range(3):
        for hour in range(24 * 7):
            clock.advance(HOUR)
            await newsroom.ingest.watch()
            if hour in {30, 31, 32}:  # the ministry's weekly press hours
                tally = await publish(newsroom, *(f"{week}-{hour}-{number}" for number in range(6)))
                alerts.append(tally.alerts)
    assert alerts == [1, 1, 1, 1, 1, 1, 0, 0, 0]
    assert [says.partition(" (")[0] for says in await said(newsroom)] == ["6 stories in 1 h, usually 0"] * 6


# ---------------------------------------------------------------- first seen


async def test_a_term_is_told_when_the_rule_matches_by_it_for_the_first_time(store: Store, clock: FakeClock) -> None:
    class TermJudge(WordJudge):
        def __call__(self, story: Any) -> Any:
            words = [word for word in ("gallium", "antimony", "magnets", "magnet") if word in story.title]
            spans = [Span(Field.TITLE, story.title.index(word), story.title.index(word) + len(word)) for word in words]
            return [
                replace(finding, match=replace(finding.match, spans=tuple(spans)))
                for finding in super().__call__(story)
            ]

    judge = TermJudge({"m": ("#news",)}, {"m": StreamSpec(first_seen="term")})
    newsroom = Newsroom(store, judge, clock)
    await newsroom.add(source(), visited=False)
    old = entry("1", title="gallium in mines", published=NOON - 9 * DAY)
    assert (await newsroom.visit("bbc", old, entry("2", title="gallium is mined"))).alerts == 0
    clock.advance(DAY)
    assert (await newsroom.visit("bbc", entry("3", title="gallium and antimony mined"))).alerts == 1
    assert (await newsroom.visit("bbc", entry("4", title="antimony magnets mined"))).alerts == 1
    assert (await newsroom.visit("bbc", entry("5", title="a magnet in a mine"))).alerts == 0
    assert await newsroom.trends() == [
        ("#news", "never matched before: antimony", "gallium and antimony mined", ()),
        ("#news", "never matched before: magnets", "antimony magnets mined", ()),
    ]


async def test_a_source_is_told_of_when_it_matches_for_the_first_time(room: Callable[..., Newsroom]) -> None:
    newsroom = room(StreamSpec(first_seen="source"))
    await newsroom.add(source(), source("nhk"))
    await taught(newsroom)
    assert (await newsroom.visit("bbc", entry("f", title="fish"))).alerts == 0
    assert (await publish(newsroom, *"ab")).alerts == 1
    assert (await publish(newsroom, "c")).alerts == 0
    assert (await publish(newsroom, "d", of="nhk")).alerts == 1
    assert await said(newsroom) == ["first story from: BBC", "first story from: NHK"]


async def test_the_backlog_of_a_source_makes_it_known(room: Callable[..., Newsroom]) -> None:
    newsroom = room(StreamSpec(first_seen="source"))
    await newsroom.add(source(), visited=False)
    await taught(newsroom)
    assert (await newsroom.visit("bbc", entry("a", title="talks", published=NOON - 9 * DAY))).alerts == 0
    assert (await publish(newsroom, "b")).alerts == 0


async def test_the_first_visit_of_a_source_only_teaches(room: Callable[..., Newsroom]) -> None:
    newsroom = room(replace(THREE_IN_AN_HOUR, first_seen="source"))
    await newsroom.add(source(), source("nhk"), visited=False)
    await taught(newsroom)
    young = [entry(name, title=f"talks {name}", published=newsroom.clock.now()) for name in "abc"]
    assert (await newsroom.visit("bbc", *young)).alerts == 1  # to be told of, and so to be counted
    assert await said(newsroom) == ["3 stories in 1 h (3 make an alert)"]
    assert {reason for _, _, reason in await newsroom.reasons()} == {"learning"}
    assert (await publish(newsroom, "d")).alerts == 0


async def test_the_first_day_only_teaches(room: Callable[..., Newsroom], clock: FakeClock) -> None:
    newsroom = room(StreamSpec(first_seen="source"))
    await newsroom.add(source(), source("nhk"), source("afp"))
    await newsroom.ingest.watch()
    assert (await publish(newsroom, "a")).alerts == 0
    clock.advance(DAY - MINUTE)
    assert (await publish(newsroom, "b", of="nhk")).alerts == 0
    assert [reason for _, _, reason in await newsroom.reasons()] == ["learning", "learning"]
    clock.advance(MINUTE)
    assert (await publish(newsroom, "c", of="afp")).alerts == 1
    assert await said(newsroom) == ["first story from: AFP"]


@pytest.mark.parametrize(("spec", "known"), [("source", {"bbc"}), ("term", {"talk"})])
async def test_a_new_rule_learns_from_the_stories_that_are_kept(
    store: Store, clock: FakeClock, spec: Any, known: set[str]
) -> None:
    newsroom = Newsroom(store, WordJudge({}), clock)
    await newsroom.add(source(), source("nhk"))
    await publish(newsroom, "a", "b")
    clock.advance(2 * DAY)
    newsroom.judge.rules = {"talks": ("#news",), "fish": ("#news",)}
    newsroom.judge.specs = dict.fromkeys(("talks", "fish"), StreamSpec(first_seen=spec))
    await newsroom.ingest.teach(newsroom.judge, "rev2")
    assert {row.value for row in await rows(store, stream_known)} == known
    assert {row.taught for row in await rows(store, stream)} == {"rev2"}
    assert (await publish(newsroom, "c")).alerts == 0
    assert (await newsroom.visit("nhk", entry("f", title="fish"))).alerts == 1


async def test_a_changed_rule_learns_what_it_would_have_met_and_an_unchanged_one_reads_nothing(
    store: Store, clock: FakeClock
) -> None:
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}, {"talks": StreamSpec(first_seen="source")}), clock)
    await newsroom.add(source(), source("nhk"))
    await taught(newsroom)
    await newsroom.visit("nhk", entry("f", title="fish"))
    clock.advance(MINUTE)

    class Wider(WordJudge):
        def __call__(self, story: Any) -> Any:
            return super().__call__(replace(story, text="talks"))

    wider = newsroom.judge = Wider(newsroom.judge.rules, newsroom.judge.specs)
    await newsroom.ingest.teach(wider, "rev2")
    assert [row.value for row in await rows(store, stream_known)] == ["nhk"]
    assert wider.judged
    wider.judged.clear()
    await newsroom.ingest.teach(wider, "rev2")
    assert wider.judged == []


@pytest.mark.parametrize(("spec", "known"), [("source", "bbc"), ("term", "talk")])
async def test_what_a_rule_met_before_it_had_the_condition_is_known(
    room: Callable[..., Newsroom], clock: FakeClock, spec: Any, known: str
) -> None:
    newsroom = room(StreamSpec(first_seen=spec))
    newsroom.judge.specs = {}
    await newsroom.add(source())
    await publish(newsroom, "a")
    newsroom.judge.specs = {"talks": StreamSpec(first_seen=spec)}
    clock.advance(DAY)
    assert (await publish(newsroom, "b")).alerts == 0
    assert [row.value for row in await rows(newsroom.store, stream_known)] == [known]
    newsroom.judge.specs = {}
    clock.advance(MINUTE)
    await newsroom.ingest.watch()
    assert await rows(newsroom.store, stream_known) == []
    newsroom.judge.specs = {"talks": StreamSpec(first_seen=spec)}
    await newsroom.ingest.watch()
    assert [row.value for row in await rows(newsroom.store, stream_known)] == [known]
    assert (await publish(newsroom, "c")).alerts == 0


# ---------------------------------------------------------------- silence


async def pass_time(newsroom: Newsroom, clock: FakeClock, span: timedelta, step: timedelta = HOUR / 2) -> int:
    """Let time pass with the minute's look taken now and then; return the alerts."""
    alerts = 0
    for _ in range(span // step):
        clock.advance(step)
        alerts += (await newsroom.ingest.watch()).alerts
    return alerts


async def test_silence_is_told_once_and_says_when_the_last_story_was_seen(
    room: Callable[..., Newsroom], clock: FakeClock
) -> None:
    newsroom = room(StreamSpec(silence=DAY))
    await newsroom.add(source())
    assert await pass_time(newsroom, clock, 3 * DAY) == 0  # there is nothing yet that could have ended
    await publish(newsroom, "a")
    last = clock.now()
    assert await pass_time(newsroom, clock, DAY - HOUR / 2) == 0
    assert await pass_time(newsroom, clock, HOUR / 2) == 1
    assert await pass_time(newsroom, clock, 5 * DAY) == 0
    assert await newsroom.trends() == [
        ("#news", f"no story for 1 d; the last one was seen {last:%Y-%m-%d %H:%M} UTC", "talks a", ())
    ]
    await publish(newsroom, "b")
    assert await pass_time(newsroom, clock, 2 * DAY) == 1


async def test_an_edit_of_an_old_story_does_not_end_a_silence(room: Callable[..., Newsroom], clock: FakeClock) -> None:
    newsroom = room(StreamSpec(silence=DAY))
    await newsroom.add(source())
    await publish(newsroom, "a")
    assert await pass_time(newsroom, clock, DAY + HOUR) == 1
    await newsroom.visit("bbc", entry("a", title="talks a, corrected"))
    assert await pass_time(newsroom, clock, 3 * DAY) == 0


async def test_while_nobody_watched_nothing_was_silent(room: Callable[..., Newsroom], clock: FakeClock) -> None:
    newsroom = room(StreamSpec(silence=DAY))
    await newsroom.add(source())
    await newsroom.ingest.watch()
    await publish(newsroom, "a")
    assert await pass_time(newsroom, clock, 6 * HOUR) == 0
    clock.advance(4 * DAY)  # the machine was off
    assert await pass_time(newsroom, clock, 18 * HOUR) == 0
    assert await pass_time(newsroom, clock, HOUR) == 1
    assert len(await rows(newsroom.store, watched)) == 2


async def test_a_silence_is_as_severe_as_the_rule(room: Callable[..., Newsroom], clock: FakeClock) -> None:
    newsroom = room(StreamSpec(silence=DAY))
    await newsroom.add(source())
    await publish(newsroom, "a")
    await pass_time(newsroom, clock, 2 * DAY)
    (due,) = await newsroom.store.outbox.due(clock.now(), 10)
    assert due.alert.severity is Severity.NOTICE
    assert due.alert.trend is not None
    assert due.alert.trend.number == (DAY + HOUR / 2).total_seconds()


async def test_a_look_writes_over_the_last_one_whatever_was_written_in_between(room: Callable[..., Newsroom]) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source(fulltext=Fulltext.ALWAYS))
    await newsroom.ingest.watch()
    await publish(newsroom, "a")
    await visit_page(newsroom, "https://bbc.example/a", "The whole of it. " * 20)  # its number is no moment
    newsroom.clock.advance(MINUTE)
    await newsroom.ingest.watch()
    assert len(await rows(newsroom.store, watched)) == 1


# ---------------------------------------------------------------- copies that are none after all

TALKS = (
    "talks: ministers of two countries said on Monday that they would meet again in spring,"
    " to go on with what they began last year in the capital of a third."
)
OTHER = "A dog ran through the park at noon, chased by its owner and by two policemen on horses, to no avail."


async def test_copies_that_turn_out_to_be_none_count_for_themselves(
    room: Callable[..., Newsroom], clock: FakeClock
) -> None:
    newsroom = room(THREE_IN_AN_HOUR)
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", entry("a", title="One", text=TALKS), entry("b", title="talks in Rome"))
    await newsroom.visit("nhk", entry("c", title="One", text=TALKS), entry("d", title="Another", text=OTHER))
    assert await newsroom.trends() == []
    clock.advance(MINUTE)
    # No rule holds for the new words: only the groups change.
    assert await newsroom.visit("nhk", entry("c", title="Another", text=OTHER)) == Tally(changed=1, alerts=1)
    assert await said(newsroom) == ["3 stories in 1 h (3 make an alert)"]
