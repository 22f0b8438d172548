"""Whatever keeps messages back, in whatever order: each match is told once in the end, or has the reason why not."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.bulletin import Topic, decode
from alerts.outbox import State
from alerts.policy import Reason
from alerts.routing.silence import Matcher, Silence
from alerts.routing.spec import DigestSpec, GroupSpec, QuietHours, RouteSpec, RoutingSpec
from alerts.rules.spec import Rate
from alerts.slack.desk import Audit
from alerts.story import Severity
from crawler.ids import Ids
from crawler.intake.calm import Manner
from crawler.intake.ingest import Ingestor
from crawler.store import Store
from crawler.store.schema import outbox, story_version, verdict
from tests.crawler.store.makers import HOUR, MINUTE, WINDOW, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row

    from alerts.judge import Finding
    from alerts.story import Story

UTC = ZoneInfo("UTC")
RULES: Mapping[str, tuple[str, ...]] = {"talks": ("#news",), "ores": ("#news", "#mines"), "WAR": ("#news",)}
GROUP = RouteSpec(group=GroupSpec(wait=MINUTE, interval=5 * MINUTE))
SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu"]


class Routed(WordJudge):
    """A judge whose rule ``ores`` has a route in which messages wait for company."""

    def __call__(self, story: Story) -> list[Finding]:
        found = super().__call__(story)
        return [replace(one, spec=GROUP) if one.match.rule == "ores" else one for one in found]


@dataclass(frozen=True)
class Step:
    pause: timedelta
    words: Sequence[str]  # a story each
    mute: str | None
    restart: bool


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from([timedelta(seconds=5), MINUTE, 20 * MINUTE, 5 * HOUR]),
        st.lists(st.sampled_from(["talks", "ores", "WAR", "talks ores", "nothing"]), max_size=12),
        st.sampled_from([None, None, None, "talks", "ores"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)
digest = DigestSpec(name="daily", at=time(18), zone=UTC, to=("#news",))
routings = st.builds(
    RoutingSpec,
    quiet_hours=st.sampled_from(
        [(), (QuietHours(name="noon", start=time(11), end=time(14), zone=UTC, but=Severity.CRITICAL),)]
    ),
    budget=st.sampled_from([None, Rate(count=3, per=HOUR)]),
    digests=st.sampled_from([(), (digest,)]),
)


def title(number: int, words: str) -> str:
    rare = "".join(SYLLABLES[int(digit)] for digit in f"{number * 7919:06d}")
    return f"{rare} {words} {rare[::-1]}"


class World:
    """A newsroom whose stories have nothing in common but what the rules look for."""

    def __init__(self, path: Path, routing: RoutingSpec) -> None:
        self.clock = FakeClock()
        self.path = path
        self.manner = Manner(same_story=WINDOW, routing=routing, rules={word.lower(): word for word in RULES})
        self.number = 0
        self.open()

    def open(self) -> None:
        store = Store.open(f"sqlite:///{self.path}", clock=self.clock)
        self.room = Newsroom(store, Routed(RULES), self.clock)
        self.room.ingest = Ingestor(store, Routed(RULES), "rev1", Ids(self.clock), self.clock, self.manner)
        self.room.sources = {"bbc": source()}

    async def play(self, plan: Sequence[Step]) -> None:
        for step in plan:
            self.clock.advance(step.pause)
            await self.room.ingest.release()
            if step.mute:
                await self.mute(step.mute)
            self.number += 1
            start = self.number * 100
            titles = [title(start + n, words) for n, words in enumerate(step.words)]
            await self.room.visit("bbc", *(entry(one, title=one, published=self.clock.now()) for one in titles))
            if step.restart:
                await self.room.store.close()
                claims_at = self.room._claims_at
                self.open()
                self.room._claims_at = claims_at

    async def mute(self, rule: str) -> None:
        now = self.clock.now()
        wanted = Silence(id="", matcher=Matcher(rules=(rule,)), author="ada", start=now, end=now + 10 * MINUTE)
        await self.room.store.people.silence(wanted, Audit(at=now, user="ada", channel=None, deed="silence", on=rule))

    async def wait(self) -> None:
        """Let two days pass."""
        for _ in range(96):
            self.clock.advance(30 * MINUTE)
            await self.room.ingest.release()

    async def rows(self, table: Any) -> Sequence[Row[Any]]:
        return await self.room.store._reader.run(lambda connection: connection.execute(select(table)).all())


@given(plan=steps, routing=routings)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_each_match_is_told_once_or_has_its_reason(
    empty_sqlite: Path, plan: list[Step], routing: RoutingSpec
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tocsin.db"
        shutil.copy(empty_sqlite, path)
        world = World(path, routing)
        await world.room.add(source())
        await world.room.ingest.release()
        await world.play(plan)
        await world.wait()
        verdicts, messages = await world.rows(verdict), await world.rows(outbox)
        titles = {(row.story_id, row.version): row.title for row in await world.rows(story_version)}
        await world.room.store.close()
    told = Counter((row.group_id, row.rule, row.channel) for row in verdicts if row.delivery)
    assert set(told.values()) <= {1}
    for row in verdicts:
        reason = Reason(row.reason)
        assert (row.delivery is not None) == (reason.sends or reason.is_of_channel), row
        assert (reason is Reason.SILENCED) == (not row.delivery), row
        assert row.says or not reason.is_of_channel
    if routing.budget:
        within_budget(messages, routing.budget)
    storms_list_what_they_fold(messages, verdicts, titles)


def within_budget(messages: Sequence[Row[Any]], budget: Rate) -> None:
    """A channel had no more cards in an hour than its budget allows, but for critical ones and those folded."""
    for channel in ("#news", "#mines"):
        times = sorted(
            row.queued
            for row in messages
            if row.channel == channel
            and row.story_id is not None
            and row.severity < Severity.CRITICAL
            and (row.parent is None or row.broadcast)
            and row.state != State.FOLDED
            and row.queued == row.not_before
        )
        for end in times:
            assert sum(end - budget.per < at <= end for at in times) <= budget.count + 1  # a summary of one is a card


def storms_list_what_they_fold(
    messages: Sequence[Row[Any]], verdicts: Sequence[Row[Any]], titles: Mapping[tuple[int, int], str]
) -> None:
    listed: Counter[tuple[str, str]] = Counter()
    for row in messages:
        if row.story_id is None and row.parent and (page := decode(row.content, row.channel)).topic is Topic.STORM:
            listed.update((row.parent, item.text) for part in page.parts for item in part.items)
    tells = {row.delivery: titles[row.story_id, row.version] for row in verdicts if row.delivery}
    folded = Counter((row.folded_into, tells[row.key]) for row in messages if row.state == State.FOLDED)
    assert listed == folded
