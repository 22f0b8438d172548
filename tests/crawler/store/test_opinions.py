"""What people think of stories: their last word counts, and with it is kept what held."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.slack.desk import Audit
from alerts.tuning.clauses import Clause
from alerts.tuning.precision import Precision
from crawler.store import Store
from tests.crawler.store.makers import HOUR, Newsroom, WordJudge, entry, nothing, source
from tests.crawler.store.test_migrate import execute, go_back
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.story import Story
    from tests.fakes import FakeClock

ADA, BOB, CY = "U0ADA00001", "U0BOB00001", "cy"


def audit(user: str = ADA, **changes: Any) -> Audit:
    values: dict[str, Any] = {"at": NOON, "channel": "C0NEWS0001", "on": "x", "deed": "fb_yes"}
    return Audit(**(values | {"user": user} | changes))


def the_rule(rule: str, story: Story) -> Sequence[Clause]:
    return [Clause(text=rule, words=(story.title[:4],))]


async def told(newsroom: Newsroom, title: str = "RARE talks", name: str = "a") -> list[str]:
    """Let a story be told, and return the keys of all messages, newest first."""
    if "bbc" not in newsroom.sources:
        await newsroom.add(source())
    await newsroom.visit("bbc", entry(name, title))
    return [row.delivery.key for row in await newsroom.store.deliveries()]


async def test_the_last_word_of_a_person_counts_and_the_words_of_others_beside_it(newsroom: Newsroom) -> None:
    people = newsroom.store.people
    (key, *_) = await told(newsroom, "talks")
    for user, relevant in ((ADA, True), (BOB, False), (CY, False), (ADA, False)):
        why = audit(user)
        assert await people.vote(key, "talks", relevant=relevant, why=why, clauses=nothing) == "talks"
    assert await people.precisions() == {"talks": Precision(not_relevant=1)}
    assert len(await people.opinions("talks", 9)) == 3
    assert [(one.user, one.detail) for one in await people.audits(2)] == [(ADA, "talks"), (CY, "talks")]


async def test_people_who_disagree_decide_nothing(newsroom: Newsroom) -> None:
    people = newsroom.store.people
    (key, *_) = await told(newsroom, "talks")
    for user in (ADA, BOB):
        await people.vote(key, "talks", relevant=user == ADA, why=audit(user), clauses=nothing)
    assert await people.precisions() == {"talks": Precision(disputed=1)}


async def test_two_messages_about_one_story_are_one_story(newsroom: Newsroom) -> None:
    people = newsroom.store.people
    both = await told(newsroom)
    assert len(both) == 2
    for key in both:
        assert await people.vote(key, "rare", relevant=True, why=audit(), clauses=nothing) == "rare"
    assert await people.precisions() == {"rare": Precision(relevant=1)}


async def test_without_a_rule_the_most_severe_one_is_meant(newsroom: Newsroom) -> None:
    await told(newsroom)
    rows = await newsroom.store.deliveries()
    (both,) = [row.delivery for row in rows if row.delivery.channel == "#news"]
    assert await newsroom.store.people.vote(both.key, "", relevant=False, why=audit(), clauses=nothing) == "rare"


@pytest.mark.parametrize("rule", ["", "talks"])
async def test_a_word_about_what_is_not_there_is_not_kept_and_leaves_no_audit(newsroom: Newsroom, rule: str) -> None:
    people = newsroom.store.people
    (key, *_) = await told(newsroom, "talks")
    assert await people.vote("NOBODY", rule, relevant=True, why=audit(), clauses=nothing) is None
    assert await people.vote(key, "another", relevant=True, why=audit(), clauses=nothing) is None
    assert await people.precisions() == {}
    assert await people.audits(9) == []


async def test_the_clauses_that_hold_are_kept_and_else_the_words_that_held(newsroom: Newsroom) -> None:
    people = newsroom.store.people
    (key, *_) = await told(newsroom, "talks go on")
    await people.vote(key, "talks", relevant=True, why=audit(), clauses=the_rule)
    (now,) = await people.opinions(None, 9)
    assert (now.held, now.key, now.relevant) == ((Clause(text="talks", words=("talk",)),), key, True)
    await people.vote(key, "talks", relevant=True, why=audit(), clauses=nothing)  # the rule reads otherwise by now
    (then,) = await people.opinions(None, 9)
    assert then.held == (Clause(text="", words=("talks",)),)


async def test_a_story_is_judged_by_a_command_whether_it_was_told_or_not(newsroom: Newsroom) -> None:
    newsroom.judge.shadows = ("talks",)
    await told(newsroom, "talks")
    people = newsroom.store.people
    (story,) = [one.story for one in await newsroom.store.outcomes(NOON - HOUR)]
    assert await people.judge(story, "talks", relevant=False, why=audit("cy", channel=None), clauses=the_rule)
    (kept,) = await people.opinions("talks", 9)
    assert (kept.story, kept.user, kept.key, kept.relevant) == (story, "cy", None, False)
    assert not await people.judge(story, "rare", relevant=True, why=audit(), clauses=the_rule)
    assert not await people.judge(17, "talks", relevant=True, why=audit(), clauses=the_rule)
    assert len(await people.audits(9)) == 1


async def test_what_was_said_last_comes_first(newsroom: Newsroom) -> None:
    people = newsroom.store.people
    await told(newsroom, "talks one", "a")
    await told(newsroom, "talks two", "b")
    for number, row in enumerate(await newsroom.store.deliveries()):
        why = audit(at=NOON + timedelta(minutes=number))
        await people.vote(row.delivery.key, "talks", relevant=True, why=why, clauses=nothing)
    assert [one.at for one in await people.opinions(None, 9)] == [NOON + timedelta(minutes=1), NOON]
    assert len(await people.opinions(None, 1)) == 1
    assert await people.opinions("rare", 9) == []


async def test_what_was_said_of_messages_before_is_taken_over(sqlite_url: str, clock: FakeClock) -> None:
    store = Store.open(sqlite_url, clock=clock)
    newsroom = Newsroom(store, WordJudge({"talks": ("#news", "#asia")}), clock)
    keys = await told(newsroom, "talks go on")
    for key in keys:
        await store.people.vote(key, "talks", relevant=True, why=audit(), clauses=nothing)
    await store.close()
    go_back(sqlite_url, "0013")
    execute(sqlite_url, "DELETE FROM feedback")
    execute(
        sqlite_url,
        "INSERT INTO feedback (key, rule, user, relevant, at)"
        " SELECT key, 'talks', 'ada', channel = '#asia', queued + (channel = '#asia') FROM outbox",
    )
    store = Store.open(sqlite_url, clock=clock)
    (kept,) = await store.people.opinions("talks", 9)
    assert kept.key in keys
    assert (kept.user, kept.relevant, kept.held) == ("ada", True, ())  # the last word of the two
    await store.close()
