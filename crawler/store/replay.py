"""Lets messages that were refused be tried again, because somebody asked for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, or_, select, update

from alerts.outbox import State, way_of
from crawler.store.deeds import note
from crawler.store.deliveries import EVERYBODY
from crawler.store.schema import delivery_log, hold, outbox

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from alerts.slack.desk import Audit

REASON = "replayed"
LEAST_END = 6  # characters of a key's end that name a message
_BATCH = 500  # keys in one statement
_AGAIN = frozenset({State.DEAD, State.PENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of one message that was to be tried again."""

    key: str
    channel: str
    state: State  # before
    again: bool  # False: it was neither refused nor waits


def keys_like(connection: Connection, written: str, limit: int = 2) -> list[str]:
    """Return the keys that somebody means, who wrote a whole one or its end: at most ``limit``, the newest first."""
    typed = written.strip().lstrip("…")
    whole = outbox.c.key == typed
    long = typed if len(typed) >= LEAST_END else ""
    ends = [outbox.c.key.endswith(end, autoescape=True) for end in {long, long.upper()} if end]  # a copy's end is small
    query = select(outbox.c.key).where(or_(whole, *ends)).order_by(whole.desc(), outbox.c.key.desc()).limit(limit)
    found = list(connection.scalars(query))
    return found[:1] if found[:1] == [typed] else found


def dead(connection: Connection) -> list[str]:
    """Return the keys of all messages that were refused in every form, oldest first."""
    return list(connection.scalars(select(outbox.c.key).where(outbox.c.state == State.DEAD).order_by(outbox.c.key)))


def replay(connection: Connection, keys: Sequence[str], why: Audit) -> list[Replayed]:
    """Let messages that were refused, or wait for their next try, be tried now; of others say where they stand.

    One that was refused in every form begins with the full card again. What keeps its channel back because it was
    refused ends, for somebody has mended it; a wait that the other side asked for does not.
    """
    done: list[Replayed] = []
    for start in range(0, len(keys), _BATCH):
        some = keys[start : start + _BATCH]
        rows = connection.execute(select(outbox.c.key, outbox.c.channel, outbox.c.state).where(outbox.c.key.in_(some)))
        done += [
            Replayed(key=row.key, channel=row.channel, state=State(row.state), again=row.state in _AGAIN)
            for row in rows
        ]
    again = [one for one in done if one.again]
    for one in again:
        _again(connection, one, why)
    _open(connection, {one.channel for one in again})
    return done


def _again(connection: Connection, one: Replayed, why: Audit) -> None:
    changes = {"state": State.PENDING, "reason": REASON, "detail": why.user, "changed": why.at, "not_before": why.at}
    afresh = {"rung": 0, "looks": 0} if one.state is State.DEAD else {}
    connection.execute(update(outbox).where(outbox.c.key == one.key).values(changes | afresh))
    line = {"key": one.key, "at": why.at, "state": State.PENDING, "reason": REASON, "detail": f"asked by {why.user}"}
    connection.execute(insert(delivery_log), line)
    note(connection, replace(why, on=one.key, detail=f"was {one.state}, to {one.channel}"))


def _open(connection: Connection, channels: Collection[str]) -> None:
    """End the holds of what was refused, as far as they keep these channels back."""
    held = {*channels, *(way_of(one) or EVERYBODY for one in channels)}
    connection.execute(delete(hold).where(hold.c.refused.is_(True), hold.c.channel.in_(held)))
