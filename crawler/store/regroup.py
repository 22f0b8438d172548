"""Groups of copies that part or become one in the database, with what was told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, insert, select, update

from alerts.outbox import State
from alerts.policy import Reason
from crawler.store.changes import touch
from crawler.store.kin import Merging
from crawler.store.plan import Touch
from crawler.store.schema import delivery_log, outbox, story, stream_alert, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from crawler.store.kin import Parting

_other = verdict.alias("other")
_card = outbox.alias("card")
_other_card = outbox.alias("other_card")
_SAME = and_(
    _other.c.group_id == bindparam("into"),
    _other.c.rule == verdict.c.rule,
    _other.c.channel == verdict.c.channel,
    _other.c.delivery.is_not(None),
)
_OF_GROUP = verdict.c.group_id == bindparam("of_group")
# What a channel was told by one rule of both groups: the index that lets it be told once stands in the way.
_TWICE = (
    select(
        verdict.c.story_id,
        verdict.c.version,
        verdict.c.rule,
        verdict.c.channel,
        verdict.c.delivery,
        _card.c.state,
        _other.c.story_id.label("other_story"),
        _other.c.version.label("other_version"),
        _other.c.delivery.label("other_delivery"),
        _other_card.c.state.label("other_state"),
    )
    .join(_other, _SAME)
    .join(_card, _card.c.key == verdict.c.delivery)
    .join(_other_card, _other_card.c.key == _other.c.delivery)
    .where(_OF_GROUP, verdict.c.delivery.is_not(None))
)
_STAYS = and_(verdict.c.delivery.is_not(None), select(_other.c.story_id).where(_SAME).exists())
_MOVE = update(verdict).where(_OF_GROUP, ~_STAYS).values(group_id=bindparam("into"))
_MOVE_OF_STORY = _MOVE.where(verdict.c.story_id == bindparam("of"))
_SILENCE = (
    update(verdict)
    .where(
        verdict.c.story_id == bindparam("of"),
        verdict.c.version == bindparam("at_version"),
        verdict.c.rule == bindparam("by"),
        verdict.c.channel == bindparam("to"),
    )
    .values(delivery=None, reason=Reason.COPY)
)
_IS_ALONE = ~select(stream_alert.c.delivery).where(stream_alert.c.delivery == outbox.c.key).exists()


def part(connection: Connection, regroupings: Iterable[Parting | Merging]) -> None:
    """Let stories leave their groups, with the messages that show them; before anything is written of the groups."""
    for one in regroupings:
        if not isinstance(one, Merging):
            _part(connection, one)


def merge(connection: Connection, regroupings: Iterable[Parting | Merging]) -> None:
    """Let groups become one, in this order, after all that was written; nobody is told twice of what is one then."""
    for one in regroupings:
        if isinstance(one, Merging):
            _merge(connection, one)


def _part(connection: Connection, one: Parting) -> None:
    for story_id, why in one.why.items():
        connection.execute(update(story).where(story.c.id == story_id).values(group_id=one.into, group_why=why))
        connection.execute(update(outbox).where(outbox.c.story_id == story_id).values(group_id=one.into))
        if one.told:
            connection.execute(_MOVE_OF_STORY, {"of": story_id, "of_group": one.group, "into": one.into})
    touch(connection, [Touch(group=group, at=one.at, why="copies parted") for group in (one.group, one.into)])


def _merge(connection: Connection, one: Merging) -> None:
    """Move a group's stories, verdicts and messages into another."""
    twice = connection.execute(_TWICE, {"of_group": one.group, "into": one.into}).all()
    _let_one_tell(connection, twice, one.at)
    connection.execute(_MOVE, {"of_group": one.group, "into": one.into})
    if one.why:
        touch(connection, [Touch(group=one.group, at=one.at, why="other outlets have it")])  # the last edit of some
        _let_one_go_on(connection, twice, one.at)
    connection.execute(update(outbox).where(outbox.c.group_id == one.group).values(group_id=one.into))
    first = and_(story.c.group_id == one.group, story.c.group_why == "") if one.why else story.c.id == one.into
    connection.execute(update(story).where(first).values(group_why=one.why))
    connection.execute(update(story).where(story.c.group_id == one.group).values(group_id=one.into))


def _let_one_tell(connection: Connection, twice: Iterable[Any], at: datetime) -> None:
    """Withdraw what nobody saw yet of two messages that tell the same; one that nobody took goes, the other tells."""
    for row in twice:
        if State.PENDING not in {row.state, row.other_state}:
            continue
        is_second = row.state == State.DEAD or (row.state == State.PENDING and row.other_state != State.DEAD)
        key = row.delivery if is_second else row.other_delivery
        of = (row.story_id, row.version) if is_second else (row.other_story, row.other_version)
        connection.execute(_SILENCE, {"of": of[0], "at_version": of[1], "by": row.rule, "to": row.channel})
        if connection.scalar(select(func.count()).where(verdict.c.delivery == key)):
            continue
        void = update(outbox).where(outbox.c.key == key, _IS_ALONE)
        values = {"state": State.WITHDRAWN, "reason": Reason.COPY, "not_before": None, "changed": at}
        if connection.execute(void.values(values)).rowcount:
            _note(connection, key, at, state=State.WITHDRAWN, reason=Reason.COPY)


def _let_one_go_on(connection: Connection, twice: Sequence[Any], at: datetime) -> None:
    """Note of messages that were shown, and tell nothing that others of the group do not, which goes on."""
    shown = {row.delivery: row for row in twice if State.PENDING not in {row.state, row.other_state}}
    for key, row in shown.items():
        rules = connection.scalar(select(func.count()).where(verdict.c.delivery == key))
        told_by_others = sum(one.delivery == key for one in twice)
        if rules == told_by_others and row.other_delivery != key:
            own = update(outbox).where(outbox.c.key == key, _IS_ALONE)
            if connection.execute(own.values(merged_into=row.other_delivery)).rowcount:
                detail = f"{row.other_delivery} tells of it from now on"
                _note(connection, key, at, state=State(row.state), reason="merged", detail=detail)


def _note(connection: Connection, key: str, at: datetime, *, state: State, reason: str, detail: str = "") -> None:
    line = {"key": key, "at": at, "state": state, "reason": reason, "detail": detail}
    connection.execute(insert(delivery_log), line)
