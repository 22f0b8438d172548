from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from alerts.bulletin import Bulletin, Topic
from alerts.outbox import Receipt, Settlement, State
from alerts.routing.spec import (
    DigestSpec,
    EscalateSpec,
    GroupSpec,
    MatchSpec,
    QuietHours,
    RouteSpec,
    RoutingSpec,
    Style,
)
from alerts.rules.spec import QuietSpec, Rate
from alerts.slack.desk import Audit
from alerts.story import Severity
from crawler.ids import Ids
from crawler.intake.calm import Manner
from crawler.intake.ingest import Ingestor
from tests.crawler.store.makers import HOUR, MINUTE, WINDOW, Newsroom, WordJudge, entry, poll, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alerts.outbox import Delivery
    from crawler.store import Store

PARIS = ZoneInfo("Europe/Paris")
NIGHT = QuietHours(name="night", start=time(11), end=time(14), zone=ZoneInfo("UTC"), but=Severity.CRITICAL)
RULES = {"talks": ("#news",), "TREATY": ("#news",), "accord": ("#news",)}
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu"]


class Room(Newsroom):
    """A newsroom that tells in a given manner, with a source for each story that is to be independent."""

    def __init__(self, store: Store, clock: FakeClock, judge: WordJudge, **routing: Any) -> None:
        super().__init__(store, judge, clock)
        manner = Manner(same_story=WINDOW, routing=RoutingSpec(**routing), rules={"talks": "About talks"})
        self.ingest = Ingestor(store, judge, "rev1", Ids(clock), clock, manner)

    async def publish(self, *titles: str) -> None:
        await self.visit("bbc", *(entry(title, title=title) for title in titles))

    async def deliveries(self) -> list[Delivery]:
        return [row.delivery for row in reversed(await self.store.deliveries(limit=1000))]

    async def said(self) -> list[str]:
        """What is queued or was sent: titles, those of bulletins with how many lines they have."""
        kept = [one for one in await self.deliveries() if one.state not in {State.FOLDED, State.WITHDRAWN}]
        return [told(one) for one in kept]

    async def send_all(self) -> None:
        for one in await self.deliveries():
            if one.state is State.PENDING and await self.store.outbox.begin(one.key, self.clock.now()):
                receipt = Receipt(channel=one.channel, message=f"{one.key}.1")
                await self.store.outbox.settle(
                    one.key, Settlement(state=State.SENT, reason="accepted", receipt=receipt), self.clock.now()
                )


def told(one: Delivery) -> str:
    if isinstance(one.content, Bulletin):
        lines = sum(len(part.items) for part in one.content.parts)
        return f"{one.content.topic}: {lines}"
    how = "" if one.parent is None and one.kind == "post" else "↳ " if not one.broadcast else "↳! "
    return f"{how}{one.content.story.title}"


@pytest.fixture
def make(open_store: Callable[[], Store], clock: FakeClock) -> Callable[..., Room]:
    def room(judge: WordJudge | None = None, **routing: Any) -> Room:
        return Room(open_store(), clock, judge or WordJudge(RULES), **routing)

    return room


def talks(number: int) -> str:
    """Return a title that has no word in common with another but one."""
    rare = [f"{SYLLABLES[digit % 10]}{SYLLABLES[number * digit % 10]}{number}" for digit in (3, 7)]
    return f"{rare[0]} talks {rare[1]}"


# ---------------------------------------------------------------- quiet hours and budgets


async def test_what_comes_in_quiet_hours_is_told_together_when_they_end(make: Callable[..., Room]) -> None:
    room = make(quiet_hours=(NIGHT,))
    await room.add(source())
    await room.publish(talks(1), talks(2))
    assert await room.said() == []
    assert {reason for *_, reason in await room.reasons()} == {"quiet-hours"}
    await room.ingest.release()
    assert await room.said() == []
    room.clock.advance(2 * HOUR)
    await room.ingest.release()
    assert await room.said() == ["summary: 2"]
    await room.ingest.release()
    assert await room.said() == ["summary: 2"]


async def test_what_is_excepted_passes_and_takes_what_is_said_of_the_same_story_along(
    make: Callable[..., Room],
) -> None:
    room = make(quiet_hours=(NIGHT,))
    await room.add(source())
    await room.publish("TREATY talks begin")
    (one,) = await room.deliveries()
    assert {match.rule for match in one.alert.matches} == {"treaty", "talks"}


async def test_one_story_that_waited_is_told_as_any_other(make: Callable[..., Room]) -> None:
    room = make(quiet_hours=(NIGHT,))
    await room.add(source())
    await room.publish(talks(1))
    room.clock.advance(3 * HOUR)
    await room.ingest.release()
    assert await room.said() == [talks(1)]


async def test_a_copy_of_what_waits_waits_for_nothing(make: Callable[..., Room]) -> None:
    room = make(WordJudge({"accord": ("#news",)}), quiet_hours=(NIGHT,))
    await room.add(source(), source("ap"))
    await room.visit("bbc", entry("a", title="Talks on rare earths begin", text=A))
    await room.visit("ap", entry("x", title="Talks on rare earths begin", text=A))
    assert [reason for *_, reason in await room.reasons()] == ["quiet-hours", "copy"]
    room.clock.advance(3 * HOUR)
    await room.ingest.release()
    assert await room.said() == ["Talks on rare earths begin"]


async def test_a_budget_holds_back_the_rest_and_tells_it_when_there_is_room(make: Callable[..., Room]) -> None:
    room = make(budget=Rate(count=2, per=HOUR))
    await room.add(source())
    await room.publish(*map(talks, range(5)))
    assert len(await room.said()) == 2
    room.clock.advance(MINUTE)
    await room.ingest.release()
    assert len(await room.said()) == 2
    room.clock.advance(HOUR)
    await room.ingest.release()
    assert (await room.said())[2:] == ["summary: 3"]


async def test_a_critical_story_is_told_beyond_any_budget(make: Callable[..., Room]) -> None:
    room = make(budget=Rate(count=1, per=HOUR))
    await room.add(source())
    await room.publish(talks(1), "A TREATY is signed", "Another TREATY of Ghent")
    assert len(await room.said()) == 3, await room.said()


# ---------------------------------------------------------------- company


async def test_messages_of_a_route_wait_for_company(open_store: Callable[[], Store], clock: FakeClock) -> None:
    group = GroupSpec(wait=30 * timedelta(seconds=1), interval=5 * MINUTE)
    room = Room(open_store(), clock, Grouping(RULES, group))
    await room.add(source())
    await room.publish(talks(1))
    clock.advance(10 * timedelta(seconds=1))
    await room.publish(talks(2))
    assert await room.said() == []
    clock.advance(20 * timedelta(seconds=1))
    await room.ingest.release()
    assert await room.said() == ["summary: 2"]
    await room.publish(talks(3))
    clock.advance(MINUTE)
    await room.ingest.release()
    assert await room.said() == ["summary: 2"]
    clock.advance(4 * MINUTE)
    await room.ingest.release()
    assert await room.said() == ["summary: 2", talks(3)]


async def test_what_waited_and_is_told_alone_looks_as_its_route_wants(
    open_store: Callable[[], Store], clock: FakeClock
) -> None:
    group = GroupSpec(wait=MINUTE, interval=5 * MINUTE)
    judge = Grouping(RULES, group, style=Style.COMPACT, template="wordings/brief.txt")
    room = Room(open_store(), clock, judge)
    await room.add(source())
    await room.publish(talks(1))
    clock.advance(MINUTE)
    await room.ingest.release()
    (alone,) = await room.deliveries()
    assert (alone.style, alone.template) == (Style.COMPACT, "wordings/brief.txt")


async def test_what_waits_for_company_says_nothing_that_is_wrong_once_it_is_told(
    open_store: Callable[[], Store], clock: FakeClock
) -> None:
    room = Room(open_store(), clock, Grouping(RULES, GroupSpec(wait=30 * SECOND, interval=5 * MINUTE)))
    await room.add(source())
    await room.publish(talks(1), talks(2))
    clock.advance(MINUTE)
    await room.ingest.release()
    (together,) = await room.deliveries()
    assert isinstance(together.content, Bulletin)
    assert together.content.lead == "told together, as `group: {wait: 30 s, interval: 5 min}` of the route asks"


class Grouping(WordJudge):
    """A judge with one route, whose messages wait for company."""

    def __init__(self, rules: Mapping[str, tuple[str, ...]], group: GroupSpec, **look: Any) -> None:
        super().__init__(rules)
        self.route = RouteSpec(match=MatchSpec(), group=group, **look)

    def __call__(self, story: Any) -> Any:
        return [replace(one, spec=self.route) for one in super().__call__(story)]


# ---------------------------------------------------------------- storms


async def test_more_than_a_channel_can_take_is_one_message_that_lists_it_all(make: Callable[..., Room]) -> None:
    room = make()
    await room.add(source())
    await room.publish(*map(talks, range(60)), "A TREATY is signed")
    said = await room.said()
    assert "A TREATY is signed" in said
    assert sorted(said)[1:] == ["storm: 10", "storm: 25", "storm: 25", "storm: 5"]
    states = [one.state for one in await room.deliveries()]
    assert states.count(State.FOLDED) == 60


async def test_a_storm_counts_along_and_ends(make: Callable[..., Room]) -> None:
    room = make()
    await room.add(source())
    await room.publish(*map(talks, range(30)))
    await room.send_all()
    room.clock.advance(MINUTE)
    await room.publish(*map(talks, range(30, 33)))
    await room.ingest.release()
    storm = next(one for one in await room.deliveries() if one.key.startswith("storm-"))
    assert isinstance(storm.content, Bulletin)
    assert storm.content.title == "Storm: 33 messages in one"
    assert storm.content.lead == "33 messages came in 5 min; it goes on, and this message counts along"
    edits = await room.store.outbox.edits(room.clock.now() + MINUTE, 10)
    assert [edit.delivery.key for edit in edits] == [storm.key]
    room.clock.advance(11 * MINUTE)
    await room.ingest.release()
    await room.publish(talks(77))
    assert (await room.said())[-1] == talks(77)


# ---------------------------------------------------------------- threads and inhibition


A = "Japan and France sign the accord on rare earths in Paris on Tuesday, ministers said after long negotiations."
B = "Rare earths: ministers of Japan and France explain their Paris accord signed on Tuesday after negotiations."


async def test_more_of_an_event_stands_below_its_first_message(make: Callable[..., Room]) -> None:
    room = make(WordJudge({"accord": ("#news",), "ministers": ("#news",)}))
    await room.add(source(), source("ap"))
    await room.visit("bbc", entry("a", title="Accord on rare earths signed in Paris", text=A))
    await room.send_all()
    room.clock.advance(5 * MINUTE)
    await room.visit("ap", entry("b", title="Ministers explain Paris accord on rare earths", text=B))
    kin = await room.store.outcomes(NOON - DAY)
    first, second = await room.deliveries()
    assert {one.rulings[0].match.rule for one in kin} == {"accord"} or len(kin) == 2
    assert second.kind == "reply"
    assert second.parent == first.receipt if first.receipt else True
    assert not second.broadcast
    assert ("accord", "#news", "follow-up") in await room.reasons()


# ---------------------------------------------------------------- digests


DIGEST = DigestSpec(name="morning", at=time(7, 30), zone=PARIS, to=("#news",))


async def test_a_digest_tells_once_a_day_what_was_found_and_what_was_held_back(make: Callable[..., Room]) -> None:
    room = make(digests=(DIGEST,), quiet_hours=(NIGHT,))
    await room.add(source())
    await room.ingest.release()
    await room.publish(talks(1), talks(2), "A TREATY is signed")
    room.clock.advance(3 * HOUR)
    await room.ingest.release()
    assert await room.said() == ["A TREATY is signed"]
    morning = datetime.combine(NOON.date() + DAY, time(6, 30), UTC)
    room.clock.advance(morning - room.clock.now())
    await room.ingest.release()
    _, digest = await room.deliveries()
    assert isinstance(digest.content, Bulletin)
    assert digest.content.topic is Topic.DIGEST
    assert "3 stories by 2 rules" in digest.content.lead
    assert [part.heading.split(":")[0] for part in digest.content.parts] == ["About TREATY", "About talks", "Held back"]
    await room.ingest.release()
    assert len(await room.deliveries()) == 2
    room.clock.advance(DAY)
    await room.ingest.release()
    assert len(await room.deliveries()) == 2, "an empty digest is not sent"


async def test_what_was_being_taken_in_while_a_digest_was_told_is_in_the_next_one_and_in_no_two(
    make: Callable[..., Room],
) -> None:
    room = make(digests=(DIGEST,))
    await room.add(source())
    await room.ingest.release()
    await room.publish(talks(1))
    room.clock.advance(datetime.combine(NOON.date() + DAY, time(6, 30), UTC) - room.clock.now())
    read = poll(await room.claim("bbc"), source(), entry(talks(2), talks(2)), at=room.clock.now())
    room.clock.advance(SECOND)
    await room.ingest.release()
    await room.ingest.commit(read)
    for _ in range(2):
        room.clock.advance(DAY)
        await room.ingest.release()
    digests = [one.content for one in await room.deliveries() if isinstance(one.content, Bulletin)]
    told = [[item.text for part in one.parts for item in part.items] for one in digests]
    assert told == [[talks(1)], [talks(2)]]


async def test_what_only_a_later_text_says_is_in_the_digest_after_that_and_in_one(make: Callable[..., Room]) -> None:
    room = make(digests=(DIGEST,))
    await room.add(source())
    await room.ingest.release()
    await room.publish("A cat")
    for number in range(4):
        if number == 1:  # the digest of the day on which it was seen is past
            await room.visit("bbc", entry("A cat", "A cat", "There were talks as well."))
        if number == 2:
            await room.visit("bbc", entry("A cat", "A cat", "There were talks as well, and more of it."))
        room.clock.advance(DAY)
        await room.ingest.release()
    digests = [one.content for one in await room.deliveries() if isinstance(one.content, Bulletin)]
    told = [[item.text for part in one.parts for item in part.items] for one in digests]
    assert told == [["A cat"]]


# ---------------------------------------------------------------- escalation


async def test_what_nobody_acknowledges_is_told_to_others(make: Callable[..., Room]) -> None:
    escalate = EscalateSpec(severity=Severity.CRITICAL, unless_acked=15 * MINUTE, to=("#managers",))
    room = make(escalate=(escalate,))
    await room.add(source())
    await room.publish("A TREATY is signed", talks(1))
    await room.send_all()
    room.clock.advance(14 * MINUTE)
    await room.ingest.release()
    assert len(await room.deliveries()) == 2
    room.clock.advance(2 * MINUTE)
    await room.ingest.release()
    await room.ingest.release()
    *_, copy = await room.deliveries()
    assert len(await room.deliveries()) == 3
    assert (copy.channel, copy.alert.story.title) == ("#managers", "A TREATY is signed")
    assert copy.remark == "nobody acknowledged it within 15 min in #news"


async def test_a_story_that_several_channels_were_told_of_escalates_once_and_one_acknowledgement_is_enough(
    make: Callable[..., Room],
) -> None:
    escalate = EscalateSpec(severity=Severity.CRITICAL, unless_acked=15 * MINUTE, to=("#managers",))
    room = make(WordJudge({"TREATY": ("#news", "#duty", "hook")}), escalate=(escalate,))
    await room.add(source())
    await room.publish("A TREATY is signed")
    await room.send_all()
    room.clock.advance(16 * MINUTE)
    await room.ingest.release()
    assert len(await room.deliveries()) == 4
    await room.publish("Another TREATY of Ghent concerns whales")
    await room.send_all()
    last = next(one for one in reversed(await room.deliveries()) if one.channel == "#duty")
    why = Audit(at=room.clock.now(), user="U0ADA00001", channel="C0DUTY0001", deed="ack", on=last.key)
    assert await room.store.people.acknowledge(last.key, why)
    room.clock.advance(16 * MINUTE)
    await room.ingest.release()
    assert [one.channel for one in await room.deliveries()].count("#managers") == 1


async def test_what_escalates_looks_as_the_message_that_nobody_acknowledged(
    open_store: Callable[[], Store], clock: FakeClock
) -> None:
    escalate = EscalateSpec(severity=Severity.CRITICAL, unless_acked=15 * MINUTE, to=("#managers",))
    group = GroupSpec(wait=MINUTE, interval=MINUTE)
    judge = Grouping({"TREATY": ("#news",)}, group, style=Style.COMPACT, template="wordings/brief.txt")
    room = Room(open_store(), clock, judge, escalate=(escalate,))
    await room.add(source())
    await room.publish("A TREATY is signed")
    await room.send_all()
    clock.advance(16 * MINUTE)
    await room.ingest.release()
    first, copy = await room.deliveries()
    assert (copy.channel, copy.style, copy.template) == ("#managers", first.style, first.template)
    assert (copy.style, copy.template) == (Style.COMPACT, "wordings/brief.txt")


async def test_quiet_hours_hold_what_tells_of_many_stories_too(make: Callable[..., Room]) -> None:
    judge = WordJudge({"talks": ("#news",)}, quiet={"talks": QuietSpec(at_most=Rate(count=1, per=10 * MINUTE))})
    night = replace(NIGHT, start=time(12, 30))
    room = make(judge, quiet_hours=(night,))
    await room.add(source())
    await room.publish(talks(1), talks(2), talks(3))
    room.clock.advance(31 * MINUTE)
    await room.ingest.watch()
    (summary, _) = sorted(await room.store.deliveries(), key=lambda row: row.delivery.queued, reverse=True)
    assert summary.delivery.alert.trend
    assert summary.not_before == NOON + 2 * HOUR


async def with_a_critical_reply(make: Callable[..., Room], *, early: str | None = None) -> Room:
    """Let a critical story stand in the thread of a lesser one, which somebody may have acknowledged ``early``."""
    escalate = EscalateSpec(severity=Severity.CRITICAL, unless_acked=15 * MINUTE, to=("#managers",))
    room = make(WordJudge({"accord": ("#news",), "MINISTERS": ("#news",)}), escalate=(escalate,))
    await room.add(source(), source("ap"))
    await room.visit("bbc", entry("a", title="Accord on rare earths signed in Paris", text=A))
    await room.send_all()
    if early:
        await acknowledge_first(room, early)
    room.clock.advance(5 * MINUTE)
    await room.visit("ap", entry("b", title="MINISTERS explain Paris accord on rare earths", text=B))
    await room.send_all()
    _, reply = await room.deliveries()
    assert (reply.kind, reply.broadcast) == ("reply", True)
    return room


async def acknowledge_first(room: Room, user: str) -> str:
    """Acknowledge the first message, and return who looks after it by now."""
    first, *_ = await room.deliveries()
    why = Audit(at=room.clock.now(), user=user, channel="C0NEWS0001", deed="ack", on=first.key)
    kept = await room.store.people.acknowledge(first.key, why)
    assert kept
    return kept.user


@pytest.mark.parametrize("early", [None, "ada"])
async def test_to_acknowledge_a_thread_s_first_message_is_to_acknowledge_what_its_thread_has_shown(
    make: Callable[..., Room], early: str | None
) -> None:
    room = await with_a_critical_reply(make, early=early)
    assert await acknowledge_first(room, "bob") == "bob"
    room.clock.advance(16 * MINUTE)
    await room.ingest.release()
    assert [one.channel for one in await room.deliveries()] == ["#news", "#news"]
    assert await acknowledge_first(room, "eve") == (early or "bob")


async def test_what_a_thread_shows_after_its_first_message_was_acknowledged_escalates(
    make: Callable[..., Room],
) -> None:
    room = await with_a_critical_reply(make, early="ada")
    room.clock.advance(16 * MINUTE)
    await room.ingest.release()
    assert [one.channel for one in await room.deliveries()] == ["#news", "#news", "#managers"]


async def test_a_critical_reply_escalates_too(make: Callable[..., Room]) -> None:
    room = await with_a_critical_reply(make)
    room.clock.advance(16 * MINUTE)
    await room.ingest.release()
    assert [one.channel for one in await room.deliveries()] == ["#news", "#news", "#managers"]
