"""Messages that were shown: what they should say by now, and whether they stand there twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, literal, select, update

from alerts.outbox import AUDIT_FAILED, Edit, State, Suspect
from alerts.outcomes import ACCEPTED, FOUND
from crawler.store.deliveries import EDITABLE, EVERY, assemble, chosen, kept_back, read
from crawler.store.schema import Instant, delivery_log, outbox, stream_alert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.outbox import Edited
    from crawler.store.deliveries import Lane
    from crawler.store.plan import Touch

SHOWN = (State.SENDING, State.UNCLEAR, State.SENT)
_EDIT_WAIT = timedelta(seconds=20)  # what else changes in the meantime goes into the same edit


def edits(connection: Connection, now: datetime, limit: int, lane: Lane = EVERY) -> list[Edit]:
    """Return the messages that should say something else by now, as they should read."""
    query = chosen().where(EDITABLE, lane.rows, outbox.c.edit_due <= now, ~kept_back(now).exists())
    rows = connection.execute(query.order_by(outbox.c.edit_due, outbox.c.key).limit(limit)).all()
    return [
        Edit(delivery=one, revision=row.revision, why=row.edit_why, face=row.face, tries=row.edit_tries)
        for row, one in zip(rows, assemble(connection, rows), strict=True)
    ]


def settle_edit(connection: Connection, edit: Edit, edited: Edited, now: datetime) -> None:
    """Write what became of an edit, unless there is more to edit by now."""
    key = edit.delivery.key
    if edited.face:
        connection.execute(update(outbox).where(outbox.c.key == key).values(face=edited.face))
    values = {
        "edit_due": edited.not_before,
        "edit_tries": outbox.c.edit_tries + 1 if edited.not_before else 0,
        "changed": now,
    }
    same = (outbox.c.key == key) & (outbox.c.revision == edit.revision)
    connection.execute(update(outbox).where(same).values(values))
    if edited.reason != "nothing-new":
        detail = "; ".join(filter(None, (edit.why, edited.detail)))
        line = {"key": key, "at": now, "state": State.SENT, "reason": edited.reason, "detail": detail}
        connection.execute(insert(delivery_log), line)


def audits(connection: Connection, now: datetime, limit: int, lane: Lane = EVERY) -> list[Suspect]:
    """Return the messages that are to be looked for once more."""
    found = chosen().where(lane.rows, outbox.c.audit_due <= now, outbox.c.state == State.SENT, ~kept_back(now).exists())
    due = read(connection, found.order_by(outbox.c.audit_due, outbox.c.key).limit(limit))
    lines = connection.execute(
        select(delivery_log.c.key, delivery_log.c.at, delivery_log.c.reason)
        .where(delivery_log.c.key.in_([one.key for one in due]))
        .where(delivery_log.c.reason.in_((ACCEPTED, FOUND, AUDIT_FAILED)))
        .order_by(delivery_log.c.id.desc())
    ).all()
    settled = {line.key: line for line in reversed(lines) if line.reason != AUDIT_FAILED}
    failing = {line.key: line.at for line in lines if line.reason == AUDIT_FAILED}
    return [
        Suspect(
            delivery=one,
            settled=settled[one.key].at if one.key in settled else one.queued,
            found=one.key in settled and settled[one.key].reason == FOUND,
            failing=failing.get(one.key),
        )
        for one in due
    ]


def settle_audit(
    connection: Connection, key: str, now: datetime, *, reason: str, detail: str, not_before: datetime | None
) -> None:
    """Write that a message was looked for once more, or will be."""
    connection.execute(update(outbox).where(outbox.c.key == key).values(audit_due=not_before))
    if detail:
        line = {"key": key, "at": now, "state": State.SENT, "reason": reason, "detail": detail}
        connection.execute(insert(delivery_log), line)


def touch(connection: Connection, touches: Sequence[Touch]) -> None:
    """Let what was shown of these groups be edited soon; messages that tell of many stories stay as they are."""
    together = select(stream_alert.c.delivery).where(stream_alert.c.delivery == outbox.c.key)
    for one in touches:
        connection.execute(
            update(outbox)
            .where(outbox.c.group_id == one.group, outbox.c.state.in_(SHOWN), outbox.c.note == "")
            .where(outbox.c.merged_into.is_(None), ~together.exists())
            .values(
                edit_due=func.coalesce(outbox.c.edit_due, literal(one.at + _EDIT_WAIT, Instant)),
                edit_why=one.why,
                revision=outbox.c.revision + 1,
            )
        )
