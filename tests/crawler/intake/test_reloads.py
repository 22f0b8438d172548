from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.policy import Reason
from alerts.routing.silence import Matcher, Silence
from alerts.slack.desk import Audit
from crawler.intake.calm import Manner
from tests.crawler.store.makers import HOUR, WINDOW, Newsroom, WordJudge, entry, source

if TYPE_CHECKING:
    from crawler.store import Store
    from tests.fakes import FakeClock

EARLY = "Talks begin"


async def silenced(store: Store, clock: FakeClock, rules: dict[str, tuple[str, ...]]) -> Newsroom:
    """Return a newsroom where a story came while the rule about talks was silenced."""
    room = Newsroom(store, WordJudge(rules), clock)
    await room.add(source())
    now = clock.now()
    quiet = Silence(id="", matcher=Matcher(rules=("talks",)), author="ada", comment="", start=now, end=now + HOUR)
    await store.people.silence(quiet, Audit(at=now, user="ada", channel=None, deed="silence", on="talks"))
    await room.visit("bbc", entry(title=EARLY.lower()))
    clock.advance(2 * HOUR)
    return room


async def test_a_rule_that_other_rules_joined_is_not_new_to_a_story_that_it_was_asked_of(
    store: Store, clock: FakeClock
) -> None:
    room = await silenced(store, clock, {"talks": ("#news",)})
    room.ingest.replace(WordJudge({"talks": ("#news",), "begin": ("#news",)}), "rev2", Manner(same_story=WINDOW))
    await room.visit("bbc", entry(title=f"{EARLY.lower()} again"))
    assert await room.reasons() == [
        ("talks", "#news", "silenced"),
        ("begin", "#news", "earlier"),
        ("talks", "#news", "silenced"),
    ]


async def test_a_rule_that_tells_another_channel_is_new_to_that_channel(store: Store, clock: FakeClock) -> None:
    room = await silenced(store, clock, {"talks": ("#news",)})
    room.ingest.replace(WordJudge({"talks": ("#news", "#desk")}), "rev2", Manner(same_story=WINDOW))
    await room.visit("bbc", entry(title=f"{EARLY.lower()} again"))
    assert ("talks", "#desk", "earlier") in await room.reasons()


@pytest.mark.parametrize("later", [timedelta(0), 3 * HOUR])
async def test_a_trial_that_is_over_leaves_no_past_that_an_edit_would_tell(
    store: Store, clock: FakeClock, later: timedelta
) -> None:
    room = Newsroom(store, WordJudge({"talks": ("#news",)}, shadows={"talks"}), clock)
    await room.add(source())
    await room.visit("bbc", entry(title=EARLY.lower()))
    clock.advance(later)
    room.ingest.replace(WordJudge({"talks": ("#news",)}), "rev2", Manner(same_story=WINDOW))
    await room.visit("bbc", entry(title=f"{EARLY.lower()} again"))
    assert await room.reasons() == [("talks", "#news", "shadow"), ("talks", "#news", "earlier")]


async def test_a_rule_that_held_before_it_was_there_is_not_told_by_a_later_edit(store: Store, clock: FakeClock) -> None:
    room = Newsroom(store, WordJudge({"begin": ("#news",)}), clock)
    await room.add(source())
    await room.visit("bbc", entry(title=EARLY.lower()))
    room.ingest.replace(WordJudge({"begin": ("#news",), "talks": ("#news",)}), "rev2", Manner(same_story=WINDOW))
    for words in ("again", "and again"):
        await room.visit("bbc", entry(title=f"{EARLY.lower()} {words}"))
    assert [one for one in await room.reasons() if one[0] == "talks"] == [("talks", "#news", "earlier")] * 2


async def test_a_copy_on_trial_was_heard_by_nobody(store: Store, clock: FakeClock) -> None:
    room = Newsroom(store, WordJudge({"talks": ("#news",)}, shadows={"talks"}), clock)
    await room.add(source(), source("nhk"))
    text = "The two delegations sat down at noon and spoke of tariffs until the evening came. " * 3
    await room.visit("bbc", entry(title=EARLY.lower(), text=text))
    await room.visit("nhk", entry(title=EARLY.lower(), text=text))
    reasons = await room.reasons()
    assert reasons == [("talks", "#news", "shadow"), ("talks", "#news", "copy")]
    assert "or that was decided" in Reason.COPY.words
