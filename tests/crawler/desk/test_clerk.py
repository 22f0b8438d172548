"""What the clerk does beside what tests/test_buttons.py sees from outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from alerts.errors import QueryError
from alerts.outbox import Settlement, State
from alerts.routing.silence import Matcher, Silence
from alerts.routing.spec import DigestSpec, RoutingSpec
from alerts.slack.desk import Audit
from crawler.desk.clerk import Clerk
from tests.crawler.config.makers import loaded
from tests.crawler.store.makers import HOUR, Newsroom, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.config import Config
    from crawler.store import Store

ADA = "U0ADA00001"
LONG = "The two governments said on Monday that their forces would train together more often from next year. " * 3
CONFIG = """
timezone: UTC
sources: [{id: bbc, url: "https://bbc.example/feed"}]
rules:
  - {id: talks, when: talks, to: "#news"}
  - {id: rare, when: RARE, severity: critical, to: "#news"}
  - {id: off, when: talks, enabled: no, shadow: yes, to: "#news"}
"""


def audit(deed: str = "mute_rule_24h", on: str = "talks") -> Audit:
    return Audit(at=NOON, user=ADA, channel="C0NEWS0001", deed=deed, on=on)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return loaded(tmp_path, CONFIG)


@pytest.fixture
def clerk(store: Store, config: Config, clock: FakeClock) -> Clerk:
    return Clerk(store, lambda: config, clock)


async def key(newsroom: Newsroom, title: str = "RARE talks") -> str:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a", title, LONG))
    return next(row.delivery.key for row in await newsroom.store.deliveries() if row.delivery.channel == "#news")


async def test_a_rule_that_is_not_there_is_not_muted_and_the_nearest_one_named(clerk: Clerk, store: Store) -> None:
    near = "there is no rule talk: did you mean talks? `/tocsin rules` shows all 3"
    assert await clerk.mute("talk", NOON + HOUR, audit()) == near
    none = "there is no rule xyz: `/tocsin rules` shows all 3"
    assert await clerk.mute("xyz", NOON + HOUR, audit()) == none
    assert await clerk.unmute("talks", audit()) == "rule talks is not muted"
    assert await clerk.unmute("xyz", audit()) == none
    assert await store.people.audits(9) == []


async def test_a_mute_that_ends_before_it_begins_is_refused(clerk: Clerk) -> None:
    assert (
        await clerk.mute("talks", NOON, audit()) == "it ends before it begins: write an end after the start, such as 2h"
    )


async def test_what_mutes_a_rule_together_with_more_is_named_and_ended_by_its_id(clerk: Clerk, store: Store) -> None:
    wide = Silence(id="", matcher=Matcher(rules=("talks", "rare")), author="ada", start=NOON, end=NOON + HOUR)
    kept = await store.people.silence(wide, audit())
    told = await clerk.unmute("talks", audit())
    assert told == f"talks is muted together with more: /tocsin unmute {kept.id} ends rule talks or rare"
    later = replace(audit(), at=NOON + HOUR / 2)
    assert await clerk.unmute(kept.id, later) is None
    assert await store.people.silences(later.at) == []


async def test_snoozing_and_acknowledging_need_a_message_that_is_known(clerk: Clerk) -> None:
    gone = "nobody knows this message any more"
    assert await clerk.snooze("NOBODY", NOON + HOUR, audit()) == gone
    assert await clerk.acknowledge("NOBODY", audit()) == gone


async def test_acknowledging_again_is_no_trouble(clerk: Clerk, newsroom: Newsroom) -> None:
    one = await key(newsroom)
    assert await clerk.acknowledge(one, audit()) is None
    assert await clerk.acknowledge(one, audit()) is None
    assert len(await newsroom.store.people.audits(9)) == 1


async def test_the_audit_of_a_snooze_names_the_source(clerk: Clerk, newsroom: Newsroom) -> None:
    one = await key(newsroom)
    assert await clerk.snooze(one, NOON + HOUR, audit("snooze", one)) is None
    (kept,) = await newsroom.store.people.audits(9)
    assert (kept.deed, kept.on) == ("snooze", one)
    assert "source bbc" in kept.detail


async def test_status_counts_what_waits_and_names_silences(clerk: Clerk, newsroom: Newsroom) -> None:
    one = await key(newsroom)
    await newsroom.store.outbox.begin(one, NOON)
    await newsroom.store.outbox.settle(one, Settlement(state=State.DEAD, reason="card-refused"), NOON)
    await newsroom.store.outbox.hold("#minerals", NOON + HOUR, "is_archived", refused=True)
    await clerk.mute("talks", NOON + HOUR, audit())
    told = await clerk.status()
    assert "sources: 1 ok" in told
    assert "1 dead" in told
    assert "held: #minerals until 2026-11-02 13:00: is_archived" in told
    assert "rule talks until 2026-11-02 13:00 by U0ADA00001: muted in Slack" in told


async def test_rules_are_listed_with_how_they_stand(clerk: Clerk) -> None:
    await clerk.mute("rare", NOON + HOUR, audit())
    talks, rare, off = (await clerk.rules()).splitlines()
    assert talks == "talks: talks, notice · found 0 in 7 d · no opinions yet"
    assert "critical · found 0 in 7 d · muted until 2026-11-02 13:00 by U0ADA00001 (" in rare
    assert off == "off: off, notice · switched off · on trial · found 0 in 7 d · no opinions yet"


async def test_a_text_with_a_title_is_read_as_a_story(clerk: Clerk) -> None:
    assert (await clerk.test("talks", "Peace talks\n\nThey go on.")).startswith(
        "Rule talks: holds, notice\n✓ talks: “talks”"
    )
    assert "✗ it is switched off" in await clerk.test("off", "talks")
    assert (await clerk.test("all", "RARE talks")).splitlines() == [
        "Rule talks (talks, notice) matched “talks”",
        "Rule rare (rare, critical) matched “RARE”",
    ]
    assert await clerk.test("all", "a cat") == "No rule holds for that."


async def test_a_search_that_cannot_be_understood_says_where(clerk: Clerk, newsroom: Newsroom) -> None:
    await key(newsroom)
    assert "RARE talks" in await clerk.search("rare")
    with pytest.raises(QueryError):
        await clerk.search('"rare')


async def test_a_digest_is_told_as_it_stands_now(
    clerk: Clerk, store: Store, config: Config, newsroom: Newsroom, clock: FakeClock
) -> None:
    assert (await clerk.digest("")).startswith("There are no digests")
    await key(newsroom)
    clock.advance(HOUR)
    spec = DigestSpec(name="morning", at=time(7, 30), zone=ZoneInfo("UTC"), to=("#news",))
    daily = replace(config, routing=RoutingSpec(digests=(spec,)))
    told = await Clerk(store, lambda: daily, clock).digest("morning")
    assert told.startswith("morning digest of ")
    assert "RARE talks" in told
    assert "morning" in await Clerk(store, lambda: daily, clock).digest("evening")


async def test_the_home_page_names_rules_by_their_names_and_other_silences_by_their_ids(
    clerk: Clerk, newsroom: Newsroom
) -> None:
    one = await key(newsroom)
    await clerk.mute("talks", NOON + HOUR, audit())
    await clerk.snooze(one, NOON + 2 * HOUR, audit())
    facts = await clerk.home()
    rule, snooze = facts.mutes
    assert (rule.rule, rule.says) == ("talks", "")
    assert (len(snooze.rule), snooze.says) == (4, "source bbc")
    assert [(one.name, one.trouble, one.fresh) for one in facts.sources] == [("BBC", "", 1)]
    assert (facts.waiting, facts.dead) == (2, 0)


async def test_the_outlets_of_a_message_and_of_none(clerk: Clerk, newsroom: Newsroom) -> None:
    one = await key(newsroom)
    await newsroom.add(source("nhk"))
    await newsroom.visit("nhk", entry("b", "RARE talks", LONG, url="https://nhk.example/b"))
    told = await clerk.sources(one)
    assert told.splitlines()[0] == "RARE talks: 2 outlets"
    assert "NHK" in told
    for ask in (clerk.why, clerk.sources, clerk.copy):
        assert (await ask("NOBODY")).startswith("There is no message NOBODY")
