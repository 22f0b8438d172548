from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.errors import CardRefused, ChannelRefused
from alerts.face import face_for
from alerts.notify.switchboard import Switchboard
from alerts.outbox import Receipt, way_of
from tests.fakes import NOON
from tests.fakes_outbox import alert, delivery

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.outbox import Delivery


class Recorder:
    """A notifier that keeps the names of its calls."""

    def __init__(self, rungs: int = 1) -> None:
        self.rungs = rungs
        self.calls: list[str] = []

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        del face
        self.calls.append(f"send {delivery.key}")
        return Receipt(channel=delivery.channel, message=delivery.key)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        del face
        self.calls.append(f"edit {delivery.key}")

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
        self.calls.append(f"find {channel}")
        return {}

    async def close(self) -> None:
        self.calls.append("close")


@pytest.mark.parametrize("channel", ["#news", "@anna", "C0NEWS0001", "U0ANNA0001"])
def test_channels_of_slack_are_no_names(channel: str) -> None:
    assert way_of(channel) is None
    assert way_of("pagerduty") == "pagerduty"


async def test_each_message_goes_by_the_notifier_that_its_channel_names() -> None:
    slack, mail = Recorder(), Recorder()
    board = Switchboard(slack, {"mail": mail})
    for key, channel in (("K1", "#mail"), ("K2", "mail"), ("K3", "C0NEWS0001")):
        one = delivery(key, alert(channel=channel))
        await board.send(one, face_for(one))
        await board.edit(one, face_for(one))
        await board.find(channel, [key], NOON)
    await board.close()
    assert slack.calls == ["send K1", "edit K1", "find #mail", "send K3", "edit K3", "find C0NEWS0001", "close"]
    assert mail.calls == ["send K2", "edit K2", "find mail", "close"]


async def test_a_name_that_nobody_has_never_becomes_a_channel_of_slack() -> None:
    slack = Recorder()
    one = delivery("K1", alert(channel="gone"))
    board = Switchboard(slack, {})
    with pytest.raises(ChannelRefused, match="gone"):
        await board.send(one, face_for(one))
    with pytest.raises(ChannelRefused):
        await board.find("gone", ["K1"], NOON)
    assert slack.calls == []


async def test_a_way_with_fewer_forms_is_not_asked_for_one_that_it_lacks() -> None:
    slack, mail = Recorder(rungs=2), Recorder()
    board = Switchboard(slack, {"mail": mail})
    assert board.rungs == 2
    one = delivery("K1", alert(channel="mail"), rung=1)
    with pytest.raises(CardRefused, match="no-plainer-form"):
        await board.send(one, face_for(one))
    assert mail.calls == []
