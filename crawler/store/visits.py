"""Sources in the database: which are due, who visits them, and how it went."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, or_, select, true, update

from alerts.errors import StoreError
from crawler.shards import SHARDS, shard_at, shard_of
from crawler.store import standings, subscriptions
from crawler.store.base import insert_or
from crawler.store.schema import host, poll_log, source
from crawler.visits.cron import UTC, next_strike
from crawler.visits.poll import Answer, Claim, Validators
from crawler.visits.standing import REREAD, HostHold, Standing
from spiders.source import DEFAULT_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from crawler.visits.poll import Poll, Tally
    from crawler.visits.standing import Next
    from spiders.source import Source

CROWD = 200  # more new sources than this are not visited all at once
SPREAD = timedelta(seconds=60)
_BLOCKED = "blocked-address"  # FetchError.reason

_LEASED = (  # built once: to build a statement costs more than to run it
    update(source)
    .where(source.c.id == bindparam("visited"), source.c.lease_token == bindparam("token"))
    .where(source.c.lease_until.is_not(None))
    .values(lease_until=None)
)
_VISITED = update(source).where(source.c.id == bindparam("visited"))


def free_all(connection: Connection) -> None:
    """Take back every lease: whoever held one is dead, for we hold the lock. Its late commit is refused."""
    free(connection, true())


def free(connection: Connection, which: ColumnElement[bool]) -> None:
    """Take back the leases of some sources; a late commit of whoever held one is refused."""
    connection.execute(
        update(source)
        .where(which, source.c.lease_until.is_not(None))
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


def unblock(connection: Connection, now: datetime) -> int:
    """Make those due whose address may not be fetched, and say how many: the configuration may let them in by now."""
    blocked = update(source).where(source.c.enabled, source.c.last_reason == _BLOCKED, source.c.next_due > now)
    return connection.execute(blocked.values(next_due=now, next_why="what may be fetched changed")).rowcount


def claim(
    connection: Connection, now: datetime, limit: int, lease: timedelta, shards: Collection[int] | None = None
) -> list[Claim]:
    """Lease what is due, of some shards or of all, longest overdue first; what others are leasing is passed over."""
    due = (
        select(source.c.id)
        .where(source.c.enabled, source.c.given_up.is_(False), source.c.next_due <= now)
        .where(or_(source.c.lease_until.is_(None), source.c.lease_until <= now))
        .where(true() if shards is None else source.c.shard.in_(shards))
        .order_by(source.c.next_due, source.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite has one who writes at a time, and no such words
    )
    return _lease(connection, source.c.id.in_(due.scalar_subquery()), now, lease)


def claim_one(connection: Connection, name: str, now: datetime, lease: timedelta) -> list[Claim]:
    """Lease one source, due or not: for who knows that it was visited now."""
    return _lease(connection, source.c.id == name, now, lease)


def _lease(connection: Connection, which: ColumnElement[bool], now: datetime, lease: timedelta) -> list[Claim]:
    rows = connection.execute(
        update(source)
        .where(which)
        .values(lease_until=now + lease, lease_token=source.c.lease_token + 1)
        .returning(source)
    ).all()
    pushes = subscriptions.pushed(connection, [row.id for row in rows], now) if rows else {}
    claims = (_claim(row, now, pushes.get(row.id)) for row in rows)
    return sorted(claims, key=lambda one: (one.due, one.source))


def release(connection: Connection, claimed: Claim, not_before: datetime | None) -> None:
    """Give a lease back; without effect when it has passed to another."""
    later = {} if not_before is None else {"next_due": not_before, "next_why": "the last visit could not be stored"}
    connection.execute(
        update(source)
        .where(source.c.id == claimed.source, source.c.lease_token == claimed.token)
        .values(lease_until=None, **later)
    )


def enter(connection: Connection, one: Source, claimed: Claim) -> None:
    """Make a source that is in no configuration, visited just now."""
    leased = {"lease_token": claimed.token, "lease_until": claimed.due}
    connection.execute(insert(source), _first(one, claimed.due) | leased)


def close(connection: Connection, claimed: Claim) -> None:
    """End a lease; raises StoreError when it is no longer held, so that nothing is written by an outdated visit."""
    ended = connection.execute(_LEASED, {"visited": claimed.source, "token": claimed.token})
    if ended.rowcount != 1:
        raise StoreError(
            f"the visit to {claimed.source!r} came back after its lease had passed to another: nothing was written"
        )


def settle(connection: Connection, poll: Poll, plan: Next) -> None:
    """Write how a visit went, how the source does now, and when the next visit is due."""
    known = Validators() if plan.forget else poll.validators
    values = {
        "visited": poll.claim.source,
        "next_due": plan.at,
        "next_why": plan.why,
        "etag": known.etag,
        "last_modified": known.last_modified,
        "body_hash": known.body_hash,
        "last_at": poll.at,
        "last_reason": poll.reason,
        "last_detail": poll.detail,
        "shard": _shard(poll.source, plan.standing.moved_to),
        **standings.columns(plan.standing),
    }
    if poll.answer is not Answer.FAILED:
        values["last_ok"] = poll.at
    if poll.answer is Answer.READ and poll.claim.first:
        values["first_read"] = poll.at
    connection.execute(_VISITED, values)
    if plan.hold is not None:
        hold(connection, plan.hold)


def hold(connection: Connection, held: HostHold) -> None:
    """Keep a host's hold over a restart; a longer one stands."""
    new = insert_or(connection, host)
    values = {"held_until": held.until, "reason": held.reason}
    longer = new.on_conflict_do_update(index_elements=[host.c.name], set_=values, where=host.c.held_until < held.until)
    connection.execute(longer, values | {"name": held.host})


def host_holds(connection: Connection, now: datetime) -> list[HostHold]:
    """Return the holds that are in force."""
    rows = connection.execute(select(host).where(host.c.held_until > now).order_by(host.c.name))
    return [HostHold(host=row.name, until=row.held_until, reason=row.reason) for row in rows]


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
        "cron": one.cron,
        "shard": shard_of(one.host),
    }


def _shard(one: Source, moved_to: str | None) -> int:
    """Return the shard of the address at which a source is visited: only there is its host asked by one worker."""
    return shard_at(moved_to) if moved_to else shard_of(one.host)


def _first(one: Source, due: datetime) -> dict[str, Any]:
    return _described(one) | {"id": one.id, "next_due": due, "next_why": "new", "lease_token": 0, "failures": 0}


def _changes(one: Source, row: Row[Any], now: datetime) -> dict[str, Any]:
    described = _described(one)
    if one.url == row.url and row.enabled:
        described["shard"] = _shard(one, row.moved_to)
    changes = {name: value for name, value in described.items() if getattr(row, name) != value}
    if "url" in changes or not row.enabled:  # nobody knows what became of it, so what it has now is its backlog
        forgotten = dict.fromkeys(("lease_until", "etag", "last_modified", "body_hash", "first_read", "last_ok"))
        return (
            changes
            | forgotten
            | standings.columns(Standing())
            | {
                "lease_token": row.lease_token + 1,  # a visit that is still under way is refused
                "next_due": now,
                "next_why": "new address" if "url" in changes else "added again",
            }
        )
    if changes.keys() - {"shard"} and row.given_up:
        return changes | {"given_up": False, "next_due": now, "next_why": "its entry changed"}
    if changes.keys() & {"every_ms", "cron"} and not row.failures:  # a back-off stands
        soonest = _soonest(one, now)
        if soonest < row.next_due:
            changes |= {"next_due": soonest, "next_why": "new interval"}
    return changes


def _soonest(one: Source, now: datetime) -> datetime:
    if one.cron is not None:
        return next_strike(one.cron, one.cron_zone or UTC, now) or now
    return now + (DEFAULT_INTERVAL if one.every is None else one.every)


def _claim(row: Row[Any], now: datetime, pushed: datetime | None) -> Claim:
    standing = standings.standing(row)
    return Claim(
        source=row.id,
        due=row.next_due,
        token=row.lease_token,
        first=row.first_read is None,
        validators=Validators(etag=row.etag, last_modified=row.last_modified, body_hash=row.body_hash),
        url=row.moved_to,
        unconditional=standing.wants_whole(now),
        anew=standing.wants_reading(now, REREAD * shard_of(row.id) / SHARDS),
        standing=standing,
        pushed=pushed,
    )
