from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from alerts.policy import Reason
from alerts.routing.spec import DigestSpec, RoutingSpec
from crawler.ids import Ids
from crawler.replay.memory import ReplayedPast
from crawler.replay.nouns import Found
from crawler.replay.releases import Releases
from crawler.store.archive import Circumstances
from crawler.store.plan import Verdict
from tests.crawler.replay.made import match
from tests.fakes import NOON, FakeClock, story

if TYPE_CHECKING:
    from datetime import datetime

MINUTE = timedelta(minutes=1)
MORNING = DigestSpec(name="morning", at=time(8), zone=ZoneInfo("UTC"), to=("#listed",))


class Past(ReplayedPast):
    """One that held nothing back yet."""

    def __init__(self) -> None:
        nothing = Circumstances(
            first_reads={}, backlog=frozenset(), flooded=frozenset(), groups={}, silences=(), watched=()
        )
        super().__init__(nothing)

    def hold(self, number: int, channel: str, reason: Reason, until: datetime) -> None:
        verdict = Verdict(
            story=number,
            version=1,
            group=number,
            match=match(),
            channel=channel,
            reason=reason,
            delivery=None,
            until=until,
        )
        self.note(verdict, Found(story=story(id=number), at=NOON, group=number, event=None), NOON)


@pytest.fixture
def past() -> Past:
    return Past()


@pytest.fixture
def releases(past: Past) -> Releases:
    return Releases(past, RoutingSpec(digests=(MORNING,)), {}, Ids(FakeClock()))


def test_what_waits_is_told_together_when_the_first_of_it_is_due(past: Past, releases: Releases) -> None:
    for number, minutes in ((1, 20), (2, 10), (3, 30)):
        past.hold(number, "#night", Reason.QUIET_HOURS, NOON + minutes * MINUTE)
    assert list(releases.until(NOON + 9 * MINUTE)) == []
    ((message, held),) = releases.until(NOON + 10 * MINUTE)
    assert (message.at, [one.verdict.story for one in held]) == (NOON + 10 * MINUTE, [1, 2, 3])
    assert list(releases.until(NOON + 60 * MINUTE)) == []


def test_what_a_digest_lists_is_looked_at_once_and_company_is_told_all_the_same(past: Past, releases: Releases) -> None:
    past.hold(1, "#listed", Reason.OVER_BUDGET, NOON + MINUTE)
    past.hold(2, "#listed", Reason.GROUPED, NOON + 2 * MINUTE)
    assert list(releases.until(NOON)) == []
    assert [one.story for one in past.calm.held()] == [2]
    ((message, _),) = releases.until(NOON + 5 * MINUTE)
    assert (message.story, message.at) == (2, NOON + 2 * MINUTE)
    assert past.calm.flushed("#listed") == NOON + 2 * MINUTE
    assert list(past.calm.held()) == []
