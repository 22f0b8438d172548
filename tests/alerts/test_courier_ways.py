from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.courier import Courier
from alerts.errors import DeliveryError, Later, RouteRefused, Unclear
from alerts.notify.switchboard import Switchboard
from alerts.outbox import Delivery, Receipt, State
from alerts.pacer import Pace
from tests.fakes import NOON, FakeClock
from tests.fakes_outbox import MemoryOutbox, alert, delivery

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face


class Way:
    """A notifier that fails as told for as long as it is told to."""

    rungs = 1

    def __init__(self, problem: DeliveryError | None = None) -> None:
        self.problem = problem
        self.sent: list[str] = []
        self.looked: list[str] = []

    async def send(self, one: Delivery, face: Face) -> Receipt:
        del face
        if self.problem:
            raise self.problem
        self.sent.append(one.key)
        return Receipt(channel=one.channel, message=one.key)

    async def edit(self, one: Delivery, face: Face) -> None:
        raise AssertionError(f"nothing was to be edited: {one.key}, {face}")

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        del channel, keys, since, thread
        return None

    async def delete(self, receipt: Receipt) -> None:
        raise AssertionError(f"nothing was to be deleted: {receipt}")

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        del keys, since, thread
        self.looked.append(channel)
        if self.problem:
            raise self.problem
        return {}

    async def close(self) -> None:
        pass


def courier(outbox: MemoryOutbox, slack: Way, **named: Way) -> Courier:
    return Courier(
        outbox,
        Switchboard(slack, named),
        FakeClock(),
        log=logging.getLogger("test"),
        chance=lambda: 0.0,
        pace=Pace(channel=timedelta(), overall=timedelta()),
    )


def rows(*channels: str, state: State = State.PENDING) -> MemoryOutbox:
    return MemoryOutbox(*(delivery(f"K{n}", alert(channel=channel), state=state) for n, channel in enumerate(channels)))


@pytest.mark.parametrize("problem", [RouteRefused("token_revoked"), Later("ratelimited", after=timedelta(minutes=9))])
async def test_what_slack_refuses_or_delays_goes_out_by_other_ways(problem: DeliveryError) -> None:
    outbox, slack, pager = rows("#news", "pager", "#duty"), Way(problem), Way()
    await courier(outbox, slack, pager=pager).step()
    assert pager.sent == ["K1"]
    assert outbox.holds.keys() == {None}
    assert [one.channel for one in await outbox.due(NOON, 10)] == []


@pytest.mark.parametrize("problem", [RouteRefused("http-401"), Later("http-429", after=timedelta(minutes=9))])
async def test_what_another_way_refuses_or_delays_goes_out_by_slack(problem: DeliveryError) -> None:
    outbox, slack, pager = rows("pager", "#news", "pager", "#duty"), Way(), Way(problem)
    await courier(outbox, slack, pager=pager).step()
    assert slack.sent == ["K1", "K3"]
    assert outbox.holds.keys() == {"pager"}
    assert outbox.states() == [State.PENDING, State.SENT, State.PENDING, State.SENT]


async def test_a_look_that_one_way_refuses_does_not_keep_others_from_being_looked_at() -> None:
    outbox = rows("#duty", "#news", "pager", state=State.UNCLEAR)
    slack, pager = Way(RouteRefused("token_revoked")), Way()
    await courier(outbox, slack, pager=pager).step()
    assert (slack.looked, pager.looked) == (["#duty"], ["pager"])


async def test_an_unclear_answer_of_one_way_holds_nobody() -> None:
    outbox, slack, pager = rows("pager", "#news"), Way(), Way(Unclear("timeout"))
    await courier(outbox, slack, pager=pager).step()
    assert slack.sent == ["K1"]
    assert outbox.holds == {}
