from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.bulletin import Bulletin, Topic
from alerts.health import Condition, Report, of_source
from alerts.outbox import State
from alerts.routing.silence import Matcher
from alerts.slack.desk import Audit
from alerts.story import Severity
from crawler.store.calm_plan import CalmPlan, NewBulletin
from crawler.store.health import StoredHealth
from crawler.store.health_plan import Reported
from crawler.store.plan import Plan
from crawler.visits.poll import Answer
from crawler.visits.standing import Next, Standing
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from alerts.outbox import Delivery
    from crawler.store import Store

ADA = "U0ADA00001"
RULES = {"talks": ("#news",), "rush": ("#news",), "TREATY": ("#news",)}
SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu"]


@pytest.fixture
def newsroom(store: Store, clock: FakeClock) -> Newsroom:
    return Newsroom(store, WordJudge(RULES), clock)


def why(deed: str, on: str = "", at: datetime = NOON) -> Audit:
    return Audit(at=at, user=ADA, channel="C0OPS00001", deed=deed, on=on)


def about(number: int, word: str = "talks") -> str:
    """Return a title that has no word in common with another but one."""
    rare = [f"{SYLLABLES[digit]}{SYLLABLES[number * digit % 10]}{number}" for digit in (3, 7)]
    return f"{rare[0]} {word} {rare[1]}"


async def storm(newsroom: Newsroom, word: str = "talks") -> str:
    """Let more stories come than a channel can take, and return the key of the message that lists them."""
    await newsroom.add(source())
    await newsroom.visit("bbc", *(entry(str(number), title=about(number, word)) for number in range(30)))
    (key,) = [one.key for one in await deliveries(newsroom) if one.key.startswith("storm-")]
    return key


async def deliveries(newsroom: Newsroom) -> list[Delivery]:
    return [row.delivery for row in await newsroom.store.deliveries(limit=1000)]


async def states(newsroom: Newsroom) -> list[State]:
    return [one.state for one in await deliveries(newsroom) if not isinstance(one.content, Bulletin)]


async def told(newsroom: Newsroom, key: str) -> Bulletin:
    (one,) = [one.content for one in await deliveries(newsroom) if one.key == key]
    assert isinstance(one, Bulletin)
    return one


# ---------------------------------------------------------------- storms


async def test_what_a_storm_lists_is_sent_when_somebody_unfolds_it_and_no_storm_takes_it_again(
    newsroom: Newsroom,
) -> None:
    key = await storm(newsroom)
    assert set(await states(newsroom)) == {State.FOLDED}
    assert await newsroom.store.people.unfold(key, why("unfold", key)) == 30
    assert set(await states(newsroom)) == {State.PENDING}
    said = await told(newsroom, key)
    assert f"over: unfolded by {ADA}" in said.lead
    assert said.title == "Storm: 30 messages in one"
    newsroom.clock.advance(MINUTE)
    await newsroom.visit("bbc", entry("next", title=about(77)))
    assert await states(newsroom) == [State.PENDING] * 31
    (kept,) = await newsroom.store.people.audits(9)
    assert (kept.deed, kept.on, kept.detail) == ("unfold", key, "30 messages")


async def test_a_storm_that_was_over_is_unfolded_too_and_the_one_that_goes_on_stays(newsroom: Newsroom) -> None:
    key = await storm(newsroom)
    newsroom.clock.advance(11 * MINUTE)
    await newsroom.ingest.release()
    await newsroom.visit("bbc", *(entry(str(number), title=about(number, "rush")) for number in range(30, 60)))
    keys = {one.key for one in await deliveries(newsroom) if one.key.startswith("storm-")}
    (other,) = keys - {key, *(page for page in keys if page.count("-") > 1)}
    assert await newsroom.store.people.unfold(key, why("unfold", key)) == 30
    assert "unfolded by" in (await told(newsroom, key)).lead
    assert "it goes on" in (await told(newsroom, other)).lead
    assert (await states(newsroom)).count(State.FOLDED) == 30


async def test_what_lists_nothing_is_not_unfolded_twice(newsroom: Newsroom) -> None:
    key = await storm(newsroom)
    await newsroom.store.people.unfold(key, why("unfold", key))
    assert await newsroom.store.people.unfold(key, why("unfold", key)) == 0
    assert await newsroom.store.people.unfold("nothing", why("unfold")) == 0
    assert await newsroom.store.people.mute_storm(key, NOON + HOUR, why("mute_storm_1h", key)) is None
    assert len(await newsroom.store.people.audits(9)) == 1


async def test_the_rules_of_a_storm_are_muted_but_not_what_is_critical(newsroom: Newsroom) -> None:
    key = await storm(newsroom)
    kept = await newsroom.store.people.mute_storm(key, NOON + HOUR, why("mute_storm_1h", key))
    assert kept is not None
    assert (kept.matcher, kept.author, kept.end) == (
        Matcher(rules=("talks",), severity=Severity.HIGH),
        ADA,
        NOON + HOUR,
    )
    before = len(await deliveries(newsroom))
    await newsroom.visit("bbc", entry("next", title=about(77)))
    assert len(await deliveries(newsroom)) == before
    await newsroom.visit("bbc", entry("more", title=about(78, "TREATY")))
    assert len(await deliveries(newsroom)) == before + 1


# ---------------------------------------------------------------- sources


async def failing(newsroom: Newsroom, *, given_up: bool = False) -> None:
    await newsroom.add(source())
    standing = Standing(failures=9, failing_since=NOON, given_up=given_up, gone=3 * given_up)
    plan = Next(at=NOON + 20 * HOUR, why="retry", standing=standing)
    await newsroom.visit("bbc", answer=Answer.FAILED, reason="dns", detail="no address", plan=plan)


async def tell(newsroom: Newsroom, condition: Condition = Condition.FAILING) -> None:
    """Let people be told of the source."""
    report = Report(subject=of_source("bbc"), condition=condition, mark="dns", since=NOON, changed=NOON)
    content = Bulletin(channel="#ops", topic=Topic.HEALTH, title="Source down", subject="bbc")
    plan = CalmPlan(
        bulletins=[NewBulletin(key="01A", content=content, at=NOON)], reports=[Reported(report=report, key="01A")]
    )
    await newsroom.store.apply(lambda _: Plan(calm=plan))


async def reports(newsroom: Newsroom) -> list[Report]:
    kept = await newsroom.store._reader.run(lambda connection: StoredHealth(connection).reports())
    return [one.report for one in kept.values()]


@pytest.mark.parametrize("given_up", [False, True])
async def test_a_source_that_waits_or_was_given_up_is_visited_when_somebody_asks(
    newsroom: Newsroom, given_up: bool
) -> None:
    await failing(newsroom, given_up=given_up)
    assert await newsroom.store.claim(NOON, 9, HOUR) == []
    assert await newsroom.store.people.retry("bbc", why("feed_retry", "01A"))
    (claim,) = await newsroom.store.claim(NOON, 9, HOUR)
    assert claim.source == "bbc"
    (kept,) = await newsroom.store.people.audits(9)
    assert kept.detail == "source bbc"


async def test_a_source_that_nobody_watches_is_not_visited(newsroom: Newsroom) -> None:
    await failing(newsroom)
    await newsroom.store.sync_sources([], NOON)
    assert not await newsroom.store.people.retry("bbc", why("feed_retry"))
    assert not await newsroom.store.people.retry("xyz", why("feed_retry"))
    assert await newsroom.store.people.audits(9) == []


async def test_what_is_put_off_says_who_did_it_and_is_remembered(newsroom: Newsroom) -> None:
    await failing(newsroom)
    await tell(newsroom)
    later = NOON + HOUR
    assert await newsroom.store.people.put_off("01A", "tomorrow", why("feed_snooze_24h", "01A", later))
    (kept,) = await reports(newsroom)
    assert (kept.condition, kept.mark, kept.since, kept.changed) == (Condition.SNOOZED, "failing dns", NOON, later)
    assert (await told(newsroom, "01A")).foot == f"snoozed by {ADA}: told anew tomorrow if it lasts"
    assert not await newsroom.store.people.put_off("01A", "tomorrow", why("feed_snooze_24h", "01A", later))


@pytest.mark.parametrize("condition", [Condition.OVER, None])
async def test_what_is_over_or_unknown_is_not_put_off(newsroom: Newsroom, condition: Condition | None) -> None:
    await failing(newsroom)
    if condition:
        await tell(newsroom, condition)
    assert not await newsroom.store.people.put_off("01A", "tomorrow", why("feed_snooze_24h", "01A"))
    assert await newsroom.store.people.audits(9) == []


# ---------------------------------------------------------------- what is seen


async def test_sources_in_trouble_are_seen_and_those_that_were_told_of_and_the_rest_only_counted(
    newsroom: Newsroom,
) -> None:
    await failing(newsroom)
    await newsroom.add(source("ap"))

    read, now = newsroom.store._reader.run, newsroom.clock.now()
    few = await read(lambda connection: StoredHealth(connection).seen(now, all_=False))
    assert (few.enabled, few.answering, [one.id for one in few.sources]) == (2, 1, ["bbc"])
    await tell(newsroom)
    every = await read(lambda connection: StoredHealth(connection).seen(now, all_=True))
    assert [one.id for one in every.sources] == ["ap", "bbc"]
    assert every.reports.keys() == {of_source("bbc")}


async def test_how_many_stories_of_a_rule_each_source_brought(newsroom: Newsroom) -> None:
    await newsroom.add(source(), source("ap"))
    await newsroom.visit("bbc", entry("a", title=about(1)), entry("b", title=about(2)))
    await newsroom.visit("ap", entry("c", title=about(3)))

    async def brought(since: timedelta) -> dict[str, dict[str, int]]:
        found = await newsroom.store._reader.run(
            lambda connection: StoredHealth(connection).brought(newsroom.clock.now() - since)
        )
        return {rule: dict(counts) for rule, counts in found.items()}

    assert await brought(HOUR) == {"talks": {"bbc": 2, "ap": 1}}
    assert await brought(-HOUR) == {}
