"""Small makers of decisions, messages and results."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.policy import Reason
from alerts.story import Match, Severity
from crawler.replay.nouns import Decision, Headline, Kind, Message, Reading, Result
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = timedelta(days=1)


def match(rule: str = "raa", severity: Severity = Severity.NOTICE) -> Match:
    return Match(rule=rule, name=rule.title(), severity=severity)


def decision(story: int, rule: str = "raa", channel: str = "#news", **changes: Any) -> Decision:
    values: dict[str, Any] = {
        "version": 1,
        "group": story,
        "at": NOON,
        "match": match(rule),
        "reason": Reason.FIRST,
        "message": f"m{story}",
    }
    return Decision(story=story, channel=channel, **(values | changes))


def message(story: int, channel: str = "#news", at: datetime = NOON, **changes: Any) -> Message:
    values: dict[str, Any] = {"kind": Kind.STORY, "rules": ("raa",), "severity": Severity.NOTICE, "version": 1}
    return Message(key=f"m{story}", at=at, channel=channel, story=story, group=story, **(values | changes))


def headline(story: int, outlet: str = "Pacific Wire") -> Headline:
    return Headline(
        story=story,
        version=1,
        source="wire",
        outlet=outlet,
        title=f"Story {story}",
        url=None,
        language="en",
        seen=NOON,
        group=story,
    )


def result(decisions: Sequence[Decision] = (), messages: Sequence[Message] = (), **changes: Any) -> Result:
    values: dict[str, Any] = {
        "since": NOON - DAY,
        "until": NOON + DAY,
        "headlines": {one.story: headline(one.story) for one in decisions},
        "reading": Reading(stories=1000, read=10, texts=12, prefiltered=True),
    }
    return Result(decisions=decisions, messages=messages, **(values | changes))
