"""Sources in the database: which are due, who visits them, and how it went."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, or_, select, update

from alerts.errors import StoreError
from crawler.poll import Answer, Claim, Validators
from crawler.store.schema import poll_log, source
from spiders.source import DEFAULT_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from crawler.poll import Poll, Tally
    from spiders.source import Source

CROWD = 200  # more new sources than this are not visited all at once
SPREAD = timedelta(seconds=60)

_LEASED = (  # built once: to build a statement costs more than to run it
    update(source)
    .where(source.c.id == bindparam("visited"), source.c.lease_token == bindparam("token"))
    .where(source.c.lease_until.is_not(None))
)


def free_all(connection: Connection) -> None:
    """Take back every lease: whoever held one is dead, for we hold the lock. Its late commit is refused."""
    connection.execute(
        update(source)
        .where(source.c.lease_until.is_not(None))
        .values(lease_until=None, lease_token=source.c.lease_token + 1)
    )


def sync(connection: Connection, sources: Sequence[Source], now: datetime) -> None:
    """Make the table agree with the configuration; what left it is disabled and keeps its history."""
    known = {row.id: row for row in connection.execute(select(source))}
    new = [one for one in sources if one.id not in known]
    if new:
        step = SPREAD / len(new) if len(new) > CROWD else timedelta(0)
        connection.execute(insert(source), [_first(one, now + step * place) for place, one in enumerate(new)])
    for one in sources:
        if (row := known.get(one.id)) and (changes := _changes(one, row, now)):
            connection.execute(update(source).where(source.c.id == one.id).values(changes))
    gone = known.keys() - {one.id for one in sources}
    if gone:
        connection.execute(update(source).where(source.c.id.in_(gone)).values(enabled=False))


def claim(connection: Connection, now: datetime, limit: int, lease: timedelta) -> list[Claim]:
    """Lease what is due, longest overdue first."""
    due = (
        select(source.c.id)
        .where(source.c.enabled, source.c.next_due <= now)
        .where(or_(source.c.lease_until.is_(None), source.c.lease_until <= now))
        .order_by(source.c.next_due, source.c.id)
        .limit(limit)
    )
    rows = connection.execute(
        update(source)
        .where(source.c.id.in_(due.scalar_subquery()))
        .values(lease_until=now + lease, lease_token=source.c.lease_token + 1)
        .returning(source)
    )
    return sorted((_claim(row) for row in rows), key=lambda one: (one.due, one.source))


def release(connection: Connection, claimed: Claim, not_before: datetime | None) -> None:
    """Give a lease back; without effect when it has passed to another."""
    later = {} if not_before is None else {"next_due": not_before, "next_why": "the last visit could not be stored"}
    connection.execute(
        update(source)
        .where(source.c.id == claimed.source, source.c.lease_token == claimed.token)
        .values(lease_until=None, **later)
    )


def settle(connection: Connection, poll: Poll) -> None:
    """Write how a visit went and when the next is due; raises StoreError when its lease is no longer held."""
    values: dict[str, Any] = {
        "visited": poll.claim.source,
        "token": poll.claim.token,
        "next_due": poll.next_at,
        "next_why": poll.next_why,
        "lease_until": None,
        "etag": poll.validators.etag,
        "last_modified": poll.validators.last_modified,
        "body_hash": poll.validators.body_hash,
        "failures": poll.failures,
        "last_at": poll.at,
        "last_reason": poll.reason,
        "last_detail": poll.detail,
    }
    if poll.answer is not Answer.FAILED:
        values["last_ok"] = poll.at
    if poll.answer is Answer.READ and poll.claim.first:
        values["first_read"] = poll.at
    written = connection.execute(_LEASED, values)
    if written.rowcount != 1:
        raise StoreError(
            f"the visit to {poll.claim.source!r} came back after its lease had passed to another: nothing was written"
        )


def log(connection: Connection, poll: Poll, tally: Tally, notes: Sequence[str]) -> None:
    """Keep a line about a visit: what it changed, and what is worth a note besides the reading's own."""
    connection.execute(
        insert(poll_log),
        {
            "source_id": poll.claim.source,
            "at": poll.at,
            "answer": poll.answer,
            "reason": poll.reason,
            "detail": poll.detail,
            "status": poll.status,
            "elapsed_ms": poll.elapsed // timedelta(milliseconds=1),
            "size": poll.size,
            "new": tally.new,
            "changed": tally.changed,
            "seen": tally.seen,
            "alerts": tally.alerts,
            "notes": [*(poll.reading.notes if poll.reading else ()), *notes],
        },
    )


def _described(one: Source) -> dict[str, Any]:
    return {
        "enabled": True,
        "kind": one.kind,
        "url": one.url,
        "name": one.name,
        "tier": one.tier,
        "country": one.country,
        "type": one.type,
        "every_ms": None if one.every is None else one.every // timedelta(milliseconds=1),
    }


def _first(one: Source, due: datetime) -> dict[str, Any]:
    return _described(one) | {"id": one.id, "next_due": due, "next_why": "new", "lease_token": 0, "failures": 0}


def _changes(one: Source, row: Row[Any], now: datetime) -> dict[str, Any]:
    described = _described(one)
    changes = {name: value for name, value in described.items() if getattr(row, name) != value}
    if "url" in changes or not row.enabled:  # nobody knows what became of it, so what it has now is its backlog
        forgotten = dict.fromkeys(("lease_until", "etag", "last_modified", "body_hash", "first_read"))
        return (
            changes
            | forgotten
            | {
                "lease_token": row.lease_token + 1,  # a visit that is still under way is refused
                "failures": 0,
                "next_due": now,
                "next_why": "new address" if "url" in changes else "added again",
            }
        )
    if "every_ms" in changes and not row.failures:  # a back-off stands
        soonest = now + (DEFAULT_INTERVAL if one.every is None else one.every)
        if soonest < row.next_due:
            changes |= {"next_due": soonest, "next_why": "new interval"}
    return changes


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        source=row.id,
        due=row.next_due,
        token=row.lease_token,
        first=row.first_read is None,
        validators=Validators(etag=row.etag, last_modified=row.last_modified, body_hash=row.body_hash),
        failures=row.failures,
    )
