"""The outbox in the database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import case, delete, func, insert, literal, or_, select, true, update

from alerts.errors import Overtaken
from alerts.outbox import FINAL, NAME_STARTS, Delivery, Kind, Receipt, State, way_of
from alerts.routing.spec import Style
from alerts.story import Alert, Severity
from crawler.store import escalations, handover
from crawler.store.contents import contents
from crawler.store.schema import (
    Instant,
    delivery_log,
    hold,
    outbox,
    source,
    story,
    story_version,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from alerts.bulletin import Bulletin
    from alerts.outbox import Settlement

EVERYBODY = ""  # the channel of a hold that keeps all of the main notifier's back
WAITING = (State.PENDING, State.UNCLEAR)
BEGUN = (State.SENDING, State.UNCLEAR)

OF_MAIN = func.substr(outbox.c.channel, 1, 1).not_in(sorted(NAME_STARTS))  # as way_of has it

_parent = outbox.alias("parent")
EDITABLE = outbox.c.edit_due.is_not(None) & (outbox.c.state == State.SENT)
_HEARD_OF = (
    outbox.c.parent.is_(None)
    | select(_parent.c.key).where(_parent.c.key == outbox.c.parent, _parent.c.state.in_(FINAL)).exists()
)


class Lane(NamedTuple):
    """The channels that one courier looks after."""

    only: str | None = None  # a notifier's; None: all but …
    but: tuple[str, ...] = ()  # … those of these notifiers

    @property
    def rows(self) -> ColumnElement[bool]:
        """Which rows of the outbox are meant."""
        return outbox.c.channel == self.only if self.only else outbox.c.channel.not_in(self.but)


EVERY = Lane()


def recover(connection: Connection, now: datetime, lane: Lane = EVERY) -> int:
    """Make what was on the wire when the last process ended unclear, and due; try refused channels again."""
    _forgive(connection, now)
    return _doubt(connection, (outbox.c.state == State.SENDING) & lane.rows, "restart", now)


def look_first(connection: Connection, now: datetime, keys: Sequence[str] | None = None) -> int:
    """Let what is due be looked for before it is sent, all or some, and say how many: a lost store may have sent it."""
    rows = or_(outbox.c.state == State.SENDING, (outbox.c.state == State.PENDING) & (outbox.c.not_before <= now))
    return _doubt(connection, rows if keys is None else rows & outbox.c.key.in_(keys), "restored", now)


def _doubt(connection: Connection, rows: ColumnElement[bool], reason: str, now: datetime) -> int:
    values = {"state": State.UNCLEAR, "reason": reason, "detail": "", "looks": 0, "changed": now, "not_before": now}
    keys = connection.scalars(update(outbox).where(rows).values(values).returning(outbox.c.key)).all()
    if keys:
        line = {"at": now, "state": State.UNCLEAR, "reason": reason, "detail": ""}
        connection.execute(insert(delivery_log), [line | {"key": key} for key in keys])
    return len(keys)


def _forgive(connection: Connection, now: datetime) -> None:
    """End the holds of what was refused, and let what waits there be tried now."""
    channels = connection.scalars(delete(hold).where(hold.c.refused).returning(hold.c.channel)).all()
    waiting = (outbox.c.state == State.PENDING) & (outbox.c.not_before > now)
    if EVERYBODY not in channels:
        waiting &= outbox.c.channel.in_(channels)
    if channels:
        refused = outbox.c.reason.in_(("channel-refused", "route-refused"))
        connection.execute(update(outbox).where(waiting, refused).values(not_before=now))


def due(connection: Connection, now: datetime, limit: int, lane: Lane = EVERY) -> list[Delivery]:
    """Return what can be sent or looked for now, at most ``limit`` of each channel."""
    held = kept_back(now)
    order = (case((outbox.c.severity >= Severity.CRITICAL, 0), else_=1), outbox.c.queued, outbox.c.key)
    place = func.row_number().over(partition_by=outbox.c.channel, order_by=order).label("place")
    ready = (
        select(outbox.c.key, place)
        .where(outbox.c.state.in_(WAITING), outbox.c.not_before <= now, lane.rows, ~held.exists(), _HEARD_OF)
        .subquery()
    )
    first = select(ready.c.key).where(ready.c.place <= limit)
    return read(connection, chosen().where(outbox.c.key.in_(first)).order_by(*order))


def kept_back(now: datetime) -> Select[Any]:
    """Return what keeps an outbox row back: a hold of its own channel, or of all of the main notifier's."""
    meant = (hold.c.channel == outbox.c.channel) | ((hold.c.channel == EVERYBODY) & OF_MAIN)
    return select(hold.c.channel).where(hold.c.until > now, meant)


def next_due(connection: Connection, lane: Lane = EVERY) -> datetime | None:
    """Return when something may next be due."""
    holds = {row.channel: row.until for row in connection.execute(select(hold))}
    earliest = connection.execute(
        select(outbox.c.channel, func.min(outbox.c.not_before))
        .where(outbox.c.state.in_(WAITING), lane.rows, _HEARD_OF)
        .group_by(outbox.c.channel)
    )
    edits = connection.execute(
        select(outbox.c.channel, func.min(outbox.c.edit_due)).where(EDITABLE, lane.rows).group_by(outbox.c.channel)
    )
    audits = connection.execute(
        select(outbox.c.channel, func.min(outbox.c.audit_due))
        .where(outbox.c.audit_due.is_not(None), outbox.c.state == State.SENT, lane.rows)
        .group_by(outbox.c.channel)
    )
    return min(
        (
            max(moment, holds.get(at, moment), holds.get(way_of(at) or EVERYBODY, moment))
            for at, moment in (*earliest, *edits, *audits)
        ),
        default=None,
    )


def begin(connection: Connection, key: str, now: datetime, attempts: int | None = None) -> Delivery | None:
    """Mark a pending delivery as being on the wire, and return how it reads.

    None when it is not pending, or was tried since it was read.
    """
    as_read = true() if attempts is None else outbox.c.attempts == attempts
    begun = connection.execute(
        update(outbox)
        .where(outbox.c.key == key, outbox.c.state == State.PENDING, as_read)
        .values(
            state=State.SENDING,
            reason="sending",
            detail="",
            changed=now,
            not_before=None,
            attempts=outbox.c.attempts + 1,
            tried=func.coalesce(outbox.c.tried, literal(now, Instant)),
        )
    )
    return read(connection, chosen().where(outbox.c.key == key))[0] if begun.rowcount else None


def settle(connection: Connection, key: str, settlement: Settlement, now: datetime) -> None:
    """Write what an attempt or a look-up led to; raises Overtaken when the delivery has gone on, or is unknown."""
    values = {
        "state": settlement.state,
        "reason": settlement.reason,
        "detail": settlement.detail,
        "changed": now,
        "not_before": (settlement.not_before or now) if settlement.state in WAITING else None,
        "looks": settlement.looks,
        "resent": settlement.resent,
        "rung": settlement.rung,
    }
    if settlement.face:
        values["face"] = settlement.face
    if settlement.apart:
        values["parent"] = None
    if settlement.audit:
        values["audit_due"] = settlement.audit
    if settlement.receipt:
        values["receipt_channel"] = settlement.receipt.channel
        values["receipt_message"] = settlement.receipt.message
    open_ = (outbox.c.key == key) & outbox.c.state.not_in(FINAL)
    if settlement.attempts is not None:
        open_ &= outbox.c.state.in_(BEGUN) & (outbox.c.attempts == settlement.attempts)
    settled = connection.execute(update(outbox).where(open_).values(values))
    if settled.rowcount != 1:
        raise Overtaken(f"the delivery {key} is final or unknown, or begun anew: it cannot become {settlement.state}")
    line = {"key": key, "at": now, "state": settlement.state, "reason": settlement.reason, "detail": settlement.detail}
    connection.execute(insert(delivery_log), line)


def keep_back(
    connection: Connection, channel: str | None, until: datetime | None, reason: str, *, refused: bool
) -> None:
    """Set, move or lift a hold."""
    name = EVERYBODY if channel is None else channel
    connection.execute(hold.delete().where(hold.c.channel == name))
    if until is not None:
        connection.execute(insert(hold), {"channel": name, "until": until, "reason": reason, "refused": refused})


def chosen() -> Select[Any]:
    """Return the query that ``read`` understands, to be narrowed by its caller."""
    return (
        select(
            outbox,
            *(column.label(f"version_{column.name}") for column in story_version.c),
            *(column.label(f"story_{column.name}") for column in story.c if column.name != "id"),
            *(column.label(f"source_{column.name}") for column in source.c),
            _parent.c.receipt_channel.label("parent_channel"),
            _parent.c.receipt_message.label("parent_message"),
        )
        .outerjoin(  # a bulletin is about no story
            story_version,
            (story_version.c.story_id == outbox.c.story_id) & (story_version.c.version == outbox.c.version),
        )
        .outerjoin(story, story.c.id == outbox.c.story_id)
        .outerjoin(source, source.c.id == story.c.source_id)
        .outerjoin(_parent, _parent.c.key == outbox.c.parent)
    )


def read(connection: Connection, query: Select[Any]) -> list[Delivery]:
    """Rebuild the deliveries that a query chose."""
    rows = connection.execute(query).all()
    return assemble(connection, rows)


def assemble(connection: Connection, rows: Sequence[Row[Any]]) -> list[Delivery]:
    """Rebuild deliveries from rows of ``chosen``: each with its story, its matches and the other outlets."""
    if not rows:
        return []
    keys = [row.key for row in rows]
    carried = contents(connection, rows)
    remarks = escalations.remarks(connection, keys) | handover.remarks(connection, keys)
    return [replace(_delivery(row, carried[row.key]), remark=remarks.get(row.key, "")) for row in rows]


def _delivery(row: Row[Any], content: Alert | Bulletin) -> Delivery:
    return Delivery(
        key=row.key,
        content=content,
        state=State(row.state),
        queued=row.queued,
        attempts=row.attempts,
        looks=row.looks,
        tried=row.tried,
        resent=row.resent,
        rung=row.rung,
        kind=Kind.REPLY if row.parent else Kind.POST,
        parent=_receipt(row.parent_channel, row.parent_message),
        broadcast=row.broadcast,
        note=row.note,
        receipt=_receipt(row.receipt_channel, row.receipt_message),
        revision=row.revision,
        style=Style(row.style),
        template=row.template,
    )


def _receipt(channel: str | None, message: str | None) -> Receipt | None:
    return Receipt(channel=channel, message=message) if channel and message else None
