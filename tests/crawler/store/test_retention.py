from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from alerts.bulletin import Bulletin, Topic
from alerts.face import face_for
from alerts.outbox import Settlement, State
from alerts.policy import Reason
from alerts.routing.silence import Matcher, Silence
from alerts.rules.spec import QuietSpec, Rate
from alerts.slack.desk import Audit
from alerts.story import Severity
from crawler.ids import STORY_EPOCH, STORY_TAIL
from crawler.store import Store, retention, visits
from crawler.store.calm_plan import CalmPlan, NewBulletin
from crawler.store.fulltext import story_search
from crawler.store.plan import Plan
from crawler.store.schema import (
    delivery_log,
    outbox,
    page,
    poll_log,
    seen,
    source,
    story,
    story_version,
    verdict,
)
from crawler.visits.poll import Tally
from crawler.visits.standing import HostHold
from tests.crawler.store.makers import Newsroom, WordJudge, entry
from tests.crawler.store.makers import source as make_source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.judge import Finding
    from alerts.story import Story

DAY = timedelta(days=1)
BEFORE = NOON - 90 * DAY
FINAL_STATES = [State.SENT, State.DEAD, State.WITHDRAWN, State.FOLDED]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A story of a random past."""

    age: int  # days
    group: int  # index of the story that began its group, up to its own
    state: State | None  # of its message; None: it has none
    edit: bool
    page: bool
    held: bool

    @property
    def pending(self) -> bool:
        opened = self.state is not None and (self.state not in FINAL_STATES or (self.state == State.SENT and self.edit))
        return opened or self.page or self.held


CASES = st.lists(
    st.builds(
        Case,
        age=st.integers(0, 200),
        group=st.integers(0, 30),
        state=st.none() | st.sampled_from(State),
        edit=st.booleans(),
        page=st.booleans(),
        held=st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def id_of(case: Case, place: int) -> int:
    return ((NOON - case.age * DAY - STORY_EPOCH) // timedelta(milliseconds=1) << STORY_TAIL) + place


def fill(connection: Connection, cases: list[Case]) -> dict[int, Case]:
    """Write stories as ingest would have, and return them by id."""
    for table in (delivery_log, verdict, outbox, page, story_search, story_version, seen, story, poll_log):
        connection.execute(table.delete())
    if connection.scalar(select(func.count()).select_from(source)) == 0:
        row: dict[str, Any] = {
            "id": "bbc",
            "enabled": True,
            "kind": "feed",
            "url": "https://bbc.example/",
            "name": "BBC",
            "tier": 1,
        }
        connection.execute(insert(source), row | {"next_due": NOON, "next_why": "", "lease_token": 0, "failures": 0})
    made = {id_of(case, place): case for place, case in enumerate(cases)}
    ids = list(made)
    for place, (number, case) in enumerate(made.items()):
        group = ids[min(case.group, place)]
        at = NOON - case.age * DAY
        connection.execute(
            insert(story),
            {"id": number, "source_id": "bbc", "group_id": group, "version": 1, "seen": at, "ignored": 0},
        )
        version = {"story_id": number, "version": 1, "at": at, "title": "t", "text": "words", "authors": [], "tags": []}
        connection.execute(insert(story_version), version | {"rules": "r"})
        connection.execute(insert(story_search), {"story_id": number, "title": "t", "text": "words"})
        key = number.to_bytes(16, "big")
        connection.execute(insert(seen), {"key": key, "story_id": number, "fingerprint": key, "first_seen": at})
        if case.page:
            due = {"story_id": number, "source_id": "bbc", "url": "u", "state": "due", "reason": "", "detail": ""}
            connection.execute(insert(page), due | {"attempts": 0, "lease_token": 0, "next_due": NOON})
        told = f"key{place}" if case.state else None
        if case.state:
            queued: dict[str, Any] = {
                "key": told,
                "group_id": group,
                "story_id": number,
                "version": 1,
                "channel": "#n",
                "severity": 1,
            }
            queued |= {"state": case.state, "reason": "", "detail": "", "queued": at, "changed": at, "attempts": 1}
            queued |= {"looks": 0, "resent": False, "rung": 0, "edit_due": NOON if case.edit else None}
            connection.execute(insert(outbox), queued)
            connection.execute(
                insert(delivery_log), {"key": told, "at": at, "state": case.state, "reason": "", "detail": ""}
            )
        for rule, delivery, reason in (
            *(((f"told{place}", told, Reason.FIRST),) if told else ()),
            *(((f"held{place}", None, Reason.OVER_LIMIT),) if case.held else ()),
            ("always", None, Reason.BACKLOG),
        ):
            ruling: dict[str, Any] = {
                "story_id": number,
                "version": 1,
                "rule": rule,
                "channel": "#n",
                "group_id": group,
                "name": rule,
            }
            ruling |= {"severity": 1, "tags": [], "spans": [], "reason": reason, "delivery": delivery}
            connection.execute(insert(verdict), ruling)
    return made


def sweep(connection: Connection, few: int) -> int:
    removed, after = 0, 0
    while True:
        last, number = retention.forget_stories(connection, BEFORE, after, few)
        removed += number
        if last is None:
            return removed
        after = last


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=CASES, few=st.integers(1, 5))
async def test_nothing_that_is_young_pending_or_needed_goes(store: Store, cases: list[Case], few: int) -> None:
    def check(connection: Connection) -> None:
        made = fill(connection, cases)
        groups = {row.id: row.group_id for row in connection.execute(select(story.c.id, story.c.group_id))}
        removed = sweep(connection, few)
        left = set(connection.scalars(select(story.c.id)))
        assert len(left) == len(made) - removed
        kept_groups = {
            groups[number] for number, case in made.items() if case.pending or NOON - case.age * DAY >= BEFORE
        }
        assert {number for number in made if groups[number] in kept_groups} <= left
        assert connection.scalar(select(func.max(verdict.c.story_id)).where(verdict.c.rule == "always")) == max(made)
        assert connection.scalar(select(func.count()).select_from(seen)) == len(made), "that it was seen is kept"
        if connection.dialect.name == "sqlite":  # PostgreSQL looks by itself
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
        last = {number for number, case in made.items() if case.state} | {max(made)}  # the only ones of their rules
        kept_groups |= {groups[number] for number in last}
        assert left == {number for number in made if groups[number] in kept_groups}, "and what nobody needs goes"

    await store._write(check)


async def test_a_story_that_retention_took_is_not_news_when_its_source_still_lists_it(
    store: Store, clock: FakeClock
) -> None:
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), clock)
    await newsroom.add(make_source())
    await newsroom.visit("bbc", entry("a", "talks one"), entry("b", "talks two"))
    for delivery in await store.outbox.due(clock.now(), 10):
        await store.outbox.begin(delivery.key, clock.now())
        await store.outbox.settle(delivery.key, Settlement(state=State.SENT, reason="accepted"), clock.now())
    clock.advance(120 * DAY)
    newest, removed = await store.keeper.forget("stories", clock.now() - 90 * DAY, 0, 10)
    assert removed == 1, "the rule's last one is needed"
    assert newest is not None
    assert await newsroom.visit("bbc", entry("a", "talks one"), entry("b", "talks two")) == Tally(seen=2)
    edited = await newsroom.visit("bbc", entry("b", "talks two, corrected"))
    assert edited == Tally(seen=1), "nobody can tell any more what is new about it"
    assert await store.outbox.due(clock.now() + DAY, 10) == []


async def test_that_it_was_seen_is_noted_anew_while_it_is_listed_and_goes_when_it_is_not(
    store: Store, clock: FakeClock
) -> None:
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), clock)
    await newsroom.add(make_source())
    await newsroom.visit("bbc", entry("a", "one"), entry("b", "two"))
    clock.advance(120 * DAY)
    await store.keeper.forget("stories", clock.now() - 90 * DAY, 0, 10)
    await newsroom.visit("bbc", entry("a", "one"))
    assert (await store.keeper.forget("seen", clock.now() - 60 * DAY, 0, 10))[1] == 1
    assert await newsroom.visit("bbc", entry("a", "one")) == Tally(seen=1)


async def test_words_go_and_the_rest_stays(store: Store, clock: FakeClock) -> None:
    newsroom = Newsroom(store, WordJudge({}), clock)
    await newsroom.add(make_source())
    await newsroom.visit("bbc", entry("a", "a title", "secretword"))
    later = clock.now() + 40 * DAY
    assert await store.keeper.forget("bodies", later - 30 * DAY, 0, 10) != (None, 0)
    (kept,) = await store.kept(None, NOON - DAY, 10)
    assert (kept.title, kept.text) == ("a title", "")


async def test_stories_without_words_are_passed_many_at_a_time(store: Store, clock: FakeClock) -> None:
    newsroom = Newsroom(store, WordJudge({}), clock)
    await newsroom.add(make_source())
    later = clock.now() + 40 * DAY
    for number in range(30):
        await newsroom.visit("bbc", entry(f"n{number}", f"title {number}", "" if number < 25 else "words"))
        clock.advance(timedelta(seconds=1))
    first = await store.keeper.forget("bodies", later, 0, 2)
    second = await store.keeper.forget("bodies", later, first[0] or 0, 2)
    third = await store.keeper.forget("bodies", later, second[0] or 0, 2)
    assert [number for _, number in (first, second, third)] == [2, 2, 1]
    assert await store.keeper.forget("bodies", later, third[0] or 0, 2) == (None, 0)


async def test_what_was_seen_is_walked_through_by_its_keys(store: Store, clock: FakeClock) -> None:
    newsroom = Newsroom(store, WordJudge({}), clock)
    await newsroom.add(make_source())
    await newsroom.visit("bbc", *(entry(f"n{number}", f"title {number}") for number in range(7)))
    clock.advance(120 * DAY)
    await store.keeper.forget("stories", clock.now() - 90 * DAY, 0, 100)
    steps: list[int] = []
    after = 0
    while True:
        last, number = await store.keeper.forget("seen", clock.now(), after, 3)
        if last is None:
            break
        assert last > after
        steps, after = [*steps, number], last
    assert steps == [3, 3, 1]


async def test_messages_about_no_story_go_when_they_are_done_with(store: Store) -> None:
    def bulletin(key: str) -> Plan:
        content = Bulletin(channel="#ops", topic=Topic.HEALTH, title=key)
        return Plan(calm=CalmPlan(bulletins=[NewBulletin(key=key, content=content, at=NOON)]))

    await store.apply(lambda _: bulletin("done"), lambda _: bulletin("waits"))
    await store.outbox.begin("done", NOON)
    await store.outbox.settle("done", Settlement(state=State.SENT, reason="accepted"), NOON)
    assert await store.keeper.forget_messages(NOON + DAY, 10) == 1
    assert [one.key for one in await store.outbox.due(NOON + DAY, 10)] == ["waits"]


async def test_deeds_silences_and_holds_go_when_they_are_over(store: Store) -> None:
    def of_time(number: int) -> tuple[Silence, Audit, HostHold]:
        at = NOON + number * DAY
        matcher = Matcher(rules=("talks",))
        wanted = Silence(id="", matcher=matcher, author="ada", start=at - DAY, end=at)
        done = Audit(at=at, user="ada", channel=None, deed="silence", on="x")
        return wanted, done, HostHold(host=f"h{number}.example", until=at, reason="http-429")

    for wanted, done, held in map(of_time, range(4)):
        await store.people.silence(wanted, done)
        await store._write(partial(visits.hold, held=held))
    assert await store.keeper.forget_ended(NOON + 3 * DAY, 2) == 6
    assert await store.keeper.forget_ended(NOON + 3 * DAY, 2) == 3
    assert await store.keeper.forget_ended(NOON + 3 * DAY, 2) == 0
    assert [one.end for one in await store.people.silences(NOON, ended=True)] == [NOON + 3 * DAY]
    assert [one.at for one in await store.people.audits(9)] == [NOON + 3 * DAY]
    assert [one.host for one in await store.host_holds(NOON)] == ["h3.example"]


async def test_the_last_visits_of_a_source_stay(store: Store, clock: FakeClock) -> None:
    newsroom = Newsroom(store, WordJudge({}), clock)
    await newsroom.add(make_source())
    for number in range(retention.VISITS + 5):
        await newsroom.visit("bbc", entry("a", f"one {number}"))
    last, removed = await store.keeper.forget("visits", NOON + DAY, 0, 100)
    assert last is not None
    assert removed == last - retention.VISITS >= 5
    dossier = await store.dossier("bbc", NOON + DAY)
    assert dossier is not None
    assert len(dossier.visits) == retention.VISITS


async def test_a_message_can_still_be_laid_out_when_the_words_it_quoted_are_gone(
    store: Store, clock: FakeClock
) -> None:
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), clock)
    await newsroom.add(make_source())
    await newsroom.visit("bbc", entry("a", "a title", "In Paris the talks went on."))
    for delivery in await store.outbox.due(clock.now(), 10):
        await store.outbox.begin(delivery.key, clock.now())
        await store.outbox.settle(delivery.key, Settlement(state=State.SENT, reason="accepted"), clock.now())
    await store.keeper.forget("bodies", clock.now() + 10 * DAY, 0, 10)
    (told,) = await store.deliveries()
    assert told.delivery.alert.story.text == ""
    assert "a title" in face_for(told.delivery).headline


async def deliver(store: Store, clock: FakeClock) -> None:
    for delivery in await store.outbox.due(clock.now(), 100):
        await store.outbox.begin(delivery.key, clock.now())
        await store.outbox.settle(delivery.key, Settlement(state=State.SENT, reason="accepted"), clock.now())


AT_MOST_ONE = {"talks": QuietSpec(at_most=Rate(count=1, per=timedelta(hours=1)))}
HELD = ("talks on cheese", "talks second of the iron works in the north", "talks of the moon landing anniversary")


async def test_a_story_stays_while_another_was_told_by_its_message(store: Store, clock: FakeClock) -> None:
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}, quiet=AT_MOST_ONE), clock)
    await newsroom.add(make_source(), make_source("afp"))
    await newsroom.visit("bbc", entry("a", "talks of iron and coal"))
    for number, title in enumerate(HELD):
        await newsroom.visit("bbc", entry(f"h{number}", title))
    clock.advance(timedelta(hours=2))
    await newsroom.ingest.watch()  # the newest carries the summary of all three
    clock.advance(2 * DAY)
    await newsroom.visit(
        "afp", entry("copy", HELD[1], url="https://afp.example/1", published=clock.now())
    )  # so that one of them is needed
    clock.advance(2 * timedelta(hours=1))
    await newsroom.visit("bbc", entry("z", "talks of the last budget", published=clock.now()))
    await deliver(store, clock)
    clock.advance(89 * DAY)
    _, removed = await store.keeper.forget("stories", clock.now() - 90 * DAY, 0, 100)
    assert removed == 2, "the first one, and the one of the summary that nobody needs"
    await newsroom.ingest.watch()
    assert await store.outbox.due(clock.now() + DAY, 10) == []


class Grave(WordJudge):
    """Takes what says so for critical."""

    def __call__(self, story: Story) -> list[Finding]:
        return [
            replace(one, match=replace(one.match, severity=Severity.CRITICAL)) if "grave" in story.title else one
            for one in super().__call__(story)
        ]


async def test_what_was_held_back_and_told_later_by_itself_waits_for_nothing(store: Store, clock: FakeClock) -> None:
    newsroom = Newsroom(store, Grave({"talks": ("#news",)}, quiet=AT_MOST_ONE), clock)
    await newsroom.add(make_source())
    await newsroom.visit("bbc", entry("a", "talks of iron and coal"))
    await newsroom.visit("bbc", entry("b", "talks about cheese and bread"))
    await newsroom.visit("bbc", entry("b", "grave talks about cheese and bread"))
    clock.advance(timedelta(hours=2))
    await newsroom.visit("bbc", entry("z", "talks last"))
    await deliver(store, clock)
    clock.advance(120 * DAY)
    assert (await store.keeper.forget("stories", clock.now() - 90 * DAY, 0, 100))[1] == 2
