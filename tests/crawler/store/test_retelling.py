from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.policy import Reason
from alerts.rules.spec import QuietSpec, Rate
from alerts.slack.desk import Audit
from alerts.story import Match, Severity
from crawler.ids import Ids
from crawler.store.retelling import Wanted
from crawler.store.schema import audit
from tests.crawler.store.makers import HOUR, Newsroom, WordJudge, entry, source

if TYPE_CHECKING:
    from crawler.store import Store
    from crawler.store.retelling import Retold
    from tests.fakes import FakeClock

TALKS, RARE = (Match(rule=rule, name=rule.title(), severity=Severity.NOTICE) for rule in ("talks", "rare"))


async def stories(newsroom: Newsroom) -> dict[str, int]:
    return {one.title: one.story for one in await newsroom.store.outcomes(newsroom.clock.now() - timedelta(days=400))}


async def retell(newsroom: Newsroom, *wanted: Wanted) -> list[Retold]:
    why = Audit(at=newsroom.clock.now(), user="ada", channel=None, deed="replay --send", on="talks")
    return list(await newsroom.store.people.retell(wanted, Ids(newsroom.clock), why))


async def test_what_no_channel_heard_is_told_and_the_verdict_says_who_asked(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a", "Nickel rises"))
    story = (await stories(newsroom))["Nickel rises"]
    (done,) = await retell(newsroom, Wanted(story=story, version=1, channel="#news", matches=[TALKS, RARE]))
    assert (done.rules, done.before) == (("talks", "rare"), ())
    assert await newsroom.told() == [("#news", "Nickel rises", ("rare", "talks"))]
    rulings = await newsroom.store.rulings(story)
    assert {(one.reason, one.says, one.delivery) for one in rulings} == {
        (Reason.ASKED, "asked for by ada", done.message)
    }


async def test_what_was_told_stays_told_once_also_of_a_copy(newsroom: Newsroom) -> None:
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", entry("a", "Peace talks"))
    await newsroom.visit("nhk", entry("b", "Peace talks"))
    before = await newsroom.told()
    copy = max(one.story for one in await newsroom.store.outcomes(newsroom.clock.now() - HOUR))
    (done,) = await retell(newsroom, Wanted(story=copy, version=1, channel="#news", matches=[TALKS]))
    assert (done.rules, done.before, done.message) == ((), ("talks",), None)
    assert await newsroom.told() == before


async def test_to_ask_twice_tells_once(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a", "Nickel rises"))
    wanted = Wanted(story=(await stories(newsroom))["Nickel rises"], version=1, channel="#news", matches=[TALKS])
    first, again = await retell(newsroom, wanted, wanted)
    assert (first.rules, again.before) == (("talks",), ("talks",))
    assert len(await newsroom.told()) == 1


async def test_what_was_decided_otherwise_gets_the_new_reason(newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)
    old = entry("a", "Peace talks", published=newsroom.clock.now() - timedelta(days=9))
    await newsroom.visit("bbc", old)
    assert [reason for *_, reason in await newsroom.reasons()] == [Reason.BACKLOG]
    story = (await stories(newsroom))["Peace talks"]
    await retell(newsroom, Wanted(story=story, version=1, channel="#news", matches=[TALKS]))
    assert await newsroom.reasons() == [("talks", "#news", Reason.ASKED)]
    assert len(await newsroom.told()) == 1


@pytest.fixture
def limited(store: Store, clock: FakeClock) -> Newsroom:
    quiet = {"talks": QuietSpec(at_most=Rate(count=1, per=HOUR))}
    return Newsroom(store, WordJudge({"talks": ("#news",)}, quiet=quiet), clock)


async def test_what_waits_for_a_summary_is_left_to_it(limited: Newsroom) -> None:
    await limited.add(source())
    await limited.visit("bbc", entry("a", "Peace talks"), entry("b", "Trade talks end today"))
    waiting = next(
        one for one in await limited.store.outcomes(limited.clock.now() - HOUR) if not one.rulings[0].delivery
    )
    (done,) = await retell(limited, Wanted(story=waiting.story, version=1, channel="#news", matches=[TALKS]))
    assert done.before == ("talks",)
    assert len(await limited.told()) == 1


async def test_a_story_that_is_gone_is_left_out_and_the_audit_says_who_asked(newsroom: Newsroom) -> None:
    assert await retell(newsroom, Wanted(story=4711, version=1, channel="#news", matches=[TALKS])) == []
    rows = await newsroom.store._reader.run(lambda connection: connection.execute(select(audit)).all())
    assert [(row.user, row.deed, row.subject) for row in rows] == [("ada", "replay --send", "talks")]
