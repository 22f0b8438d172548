from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from alerts.card import Card
from alerts.editor import Editor, after_edit
from alerts.errors import (
    CardRefused,
    ChannelRefused,
    DeliveryError,
    Later,
    MessageGone,
    RouteRefused,
    Unclear,
)
from alerts.face import face_for, face_of
from alerts.outbox import Edit, Receipt, State
from alerts.pacer import Pace
from tests.fakes import NOON, FakeClock, outlet, story
from tests.fakes_outbox import MemoryOutbox, alert, delivery

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.outbox import Delivery

T = TypeVar("T")
LOG = logging.getLogger("test")
PACE = Pace()
KEYS = ("01J9ZK4Q0000000000000000A1", "01J9ZK4Q0000000000000000A2")


class Board:
    """A notifier of messages that stand there already; it answers edits as told."""

    rungs = 2

    def __init__(self, *answers: DeliveryError | None) -> None:
        self.answers = list(answers)
        self.shown: list[tuple[str, Face]] = []

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        raise AssertionError(f"nothing is new: {delivery.key}, {face}")

    async def edit(self, delivery: Delivery, face: Face) -> None:
        self.shown.append((delivery.key, face))
        if self.answers and (answer := self.answers.pop(0)):
            raise answer

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
        raise AssertionError(f"nothing is lost: {channel} {keys} {since} {thread}")

    async def close(self) -> None:
        pass


async def guard(call: Awaitable[T], /) -> T | DeliveryError:
    try:
        return await call
    except DeliveryError as error:
        return error


def shown(key: str = KEYS[0]) -> Delivery:
    return delivery(key, state=State.SENT, receipt=Receipt(channel="C0NEWS0001", message="1.000001"))


def editor(outbox: MemoryOutbox, board: Board, clock: FakeClock) -> Editor:
    return Editor(outbox, board, clock, log=LOG, chance=lambda: 0.0, pace=PACE, guard=guard)


async def test_a_message_says_what_it_should_by_now() -> None:
    outbox, board, clock = MemoryOutbox(shown()), Board(), FakeClock()
    outbox.touch(KEYS[0], NOON, of=alert(also=(outlet(id="nhk", name="NHK"),)))
    assert await editor(outbox, board, clock).round() == 1
    ((key, face),) = board.shown
    assert (key, isinstance(face, Card) and face.also) == (KEYS[0], ("NHK",))
    assert outbox.faces[KEYS[0]] == face_of(face)
    assert await editor(outbox, board, clock).round() == 0


async def test_what_would_look_the_same_is_not_edited() -> None:
    outbox, board = MemoryOutbox(shown()), Board()
    outbox.faces[KEYS[0]] = face_of(face_for(shown()))
    outbox.touch(KEYS[0], NOON)
    assert await editor(outbox, board, FakeClock()).round() == 1
    assert board.shown == []
    assert [edited.reason for _, edited in outbox.edited] == ["nothing-new"]


async def test_edits_keep_their_pace_and_say_when_the_next_may_go() -> None:
    outbox, board, clock = MemoryOutbox(*map(shown, KEYS)), Board(), FakeClock()
    for key in KEYS:
        outbox.touch(key, NOON)
    edits = editor(outbox, board, clock)
    assert (await edits.round(), edits.opens) == (1, NOON + PACE.edits)
    clock.advance(PACE.edits)
    assert (await edits.round(), edits.opens) == (1, None)
    assert [key for key, _ in board.shown] == list(KEYS)


async def test_what_changes_while_it_is_edited_is_edited_again() -> None:
    outbox, clock = MemoryOutbox(shown()), FakeClock()

    class Busy(Board):
        async def edit(self, delivery: Delivery, face: Face) -> None:
            await super().edit(delivery, face)
            if len(self.shown) == 1:
                outbox.touch(KEYS[0], NOON, of=alert(story("Talks called off")))

    board = Busy()
    outbox.touch(KEYS[0], NOON, of=alert(story("Talks begin")))
    edits = editor(outbox, board, clock)
    await edits.round()
    clock.advance(PACE.edits)
    await edits.round()
    assert [face.headline for _, face in board.shown] == ["Talks begin", "Talks called off"]


async def test_a_failed_edit_is_tried_again_later_and_one_without_a_message_is_not() -> None:
    outbox, clock = MemoryOutbox(*map(shown, KEYS)), FakeClock()
    board = Board(Later("ratelimited", after=timedelta(seconds=40)), MessageGone("message_not_found"))
    for key in KEYS:
        outbox.touch(key, NOON)
    edits = editor(outbox, board, clock)
    await edits.round()
    clock.advance(timedelta(seconds=5))
    await edits.round()
    assert await outbox.next_due() == NOON + timedelta(seconds=40)
    assert [edited.reason for _, edited in outbox.edited] == ["try-later", "message-gone"]


@pytest.mark.parametrize(
    ("problem", "reason", "wait"),
    [
        (None, "edited", None),
        (MessageGone("cant_update_message"), "message-gone", None),
        (CardRefused("msg_too_long"), "card-refused", None),
        (ChannelRefused("is_archived"), "try-later", 4 * PACE.channel_rest),
        (RouteRefused("token_revoked"), "try-later", PACE.route_rest),
        (Unclear("timeout"), "try-later", timedelta(seconds=2)),
        (Later("not-connected"), "try-later", timedelta(seconds=2)),
        (Later("ratelimited", after=timedelta(seconds=9)), "try-later", timedelta(seconds=9)),
    ],
)
def test_what_an_edit_led_to(problem: DeliveryError | None, reason: str, wait: timedelta | None) -> None:
    edit = Edit(delivery=shown(), revision=1, why="copies", face=None, tries=2)
    edited = after_edit(edit, problem, b"face", NOON, pace=PACE, chance=0.0)
    assert (edited.reason, edited.not_before) == (reason, NOON + wait if wait else None)
    assert edited.face == (b"face" if problem is None else None)


def test_a_face_is_known_by_all_that_it_says() -> None:
    one = shown()
    other = replace(one, content=replace(one.alert, retitled="Talks called off"))
    assert face_of(face_for(one)) == face_of(face_for(shown()))
    assert face_of(face_for(one)) != face_of(face_for(other))
