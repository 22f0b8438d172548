"""Article pages in the database: which are due, who visits them, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, exists, func, insert, literal, or_, select, true, update

from alerts.errors import StoreError
from alerts.outbox import State
from alerts.policy import Reason
from crawler.shards import shard_at
from crawler.store import leftovers
from crawler.store.following import KnownPage, Told
from crawler.store.plan import Draft, Waiting
from crawler.store.rows import state
from crawler.store.schema import Instant, delivery_log, outbox, page, story, story_version, stream_alert, verdict
from crawler.store.versions import newest
from crawler.visits.page import PageClaim, PageState
from crawler.visits.poll import Validators

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Connection, Row

    from crawler.store.following import Followed, Listing
    from crawler.store.plan import Shift, WantedPage
    from crawler.visits.page import PageVisit

# Without summaries: they tell of other stories too, and wait for no page.
_WAITING = (
    select(outbox.c.key, outbox.c.channel, verdict.c.version, verdict.c.rule, verdict.c.reason)
    .join(verdict, verdict.c.delivery == outbox.c.key)
    .where(outbox.c.story_id == bindparam("story"), verdict.c.story_id == bindparam("story"))
    .where(outbox.c.state == State.PENDING, outbox.c.attempts == 0)
    .where(~exists().where(stream_alert.c.delivery == outbox.c.key))
    .order_by(outbox.c.key, verdict.c.version)
)
_KNOWN = (
    select(page, story_version.c.title, story_version.c.text)
    .outerjoin(
        story_version, (story_version.c.story_id == page.c.story_id) & (story_version.c.version == page.c.version)
    )
    .where(page.c.story_id == bindparam("story"))
)
_THREAD = func.coalesce(outbox.c.parent, outbox.c.key).label("thread")  # Slack's threads are one deep
_TOLD_IN = (
    select(_THREAD, outbox.c.channel, outbox.c.severity)
    .where(outbox.c.story_id == bindparam("story"), outbox.c.note == "")
    .where(outbox.c.state.not_in((State.DEAD, State.WITHDRAWN)), ~outbox.c.key.contains("."))
    .where(~exists().where(stream_alert.c.delivery == outbox.c.key))
    .order_by(outbox.c.key)
)
_OCCASIONS = select(outbox.c.occasion).where(
    outbox.c.parent.in_(bindparam("threads", expanding=True)), outbox.c.occasion.is_not(None)
)

_UNCONDITIONAL = {"etag": None, "last_modified": None, "body_hash": None}  # the page's words are needed anew


def free_all(connection: Connection) -> None:
    """Take back every lease, as ``visits.free_all`` does."""
    free(connection, true())


def free(connection: Connection, which: ColumnElement[bool]) -> None:
    """Take back the leases of some pages, as ``visits.free`` does."""
    leased = update(page).where(which, page.c.lease_until.is_not(None))
    connection.execute(leased.values(lease_until=None, lease_token=page.c.lease_token + 1))


def claim(
    connection: Connection, now: datetime, limit: int, lease: timedelta, shards: Collection[int] | None = None
) -> list[PageClaim]:
    """Lease what is due, of some shards or of all, as ``visits.claim`` does.

    What alerts may wait for comes first, of that and of the rest the longest overdue.
    """
    due = (
        select(page.c.story_id)
        .where(page.c.next_due <= now, or_(page.c.lease_until.is_(None), page.c.lease_until <= now))
        .where(true() if shards is None else page.c.shard.in_(shards))
        .order_by(page.c.state != PageState.DUE, page.c.next_due, page.c.story_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _lease(connection, page.c.story_id.in_(due.scalar_subquery()), now, lease)


def claim_one(connection: Connection, story_id: int, now: datetime, lease: timedelta) -> list[PageClaim]:
    """Lease the page of one story, due or not: for who knows that it was visited now."""
    return _lease(connection, page.c.story_id == story_id, now, lease)


def _lease(connection: Connection, which: ColumnElement[bool], now: datetime, lease: timedelta) -> list[PageClaim]:
    rows = connection.execute(
        update(page).where(which).values(lease_until=now + lease, lease_token=page.c.lease_token + 1).returning(page)
    )
    return sorted((_claim(row) for row in rows), key=lambda one: (one.again, one.due, one.story))


def release(connection: Connection, claimed: PageClaim, not_before: datetime | None) -> None:
    """Give a lease back; without effect when it has passed to another."""
    later = {} if not_before is None else {"next_due": not_before}
    connection.execute(
        update(page)
        .where(page.c.story_id == claimed.story, page.c.lease_token == claimed.token)
        .values(lease_until=None, **later)
    )


def settle(connection: Connection, visit: PageVisit) -> None:
    """Write how a visit went; raises StoreError when its lease is no longer held."""
    written = connection.execute(
        update(page)
        .where(page.c.story_id == visit.claim.story, page.c.lease_token == visit.claim.token)
        .where(page.c.lease_until.is_not(None))
        .values(_settled(visit))
    )
    if written.rowcount != 1:
        raise StoreError(
            f"the visit to {visit.claim.url} came back after its lease had passed to another: nothing was written"
        )
    if visit.article is not None:
        leftovers.keep(connection, visit.claim.story, visit.at, visit.article.cuts)


def _settled(visit: PageVisit) -> dict[str, Any]:
    """Return what a visit changes; one that found nothing leaves what is known of a page that was read."""
    values: dict[str, Any] = {"at": visit.at, "detail": visit.detail, "next_due": visit.next_at, "lease_until": None}
    if not visit.is_answered:
        known = {} if visit.claim.again else {"state": visit.state, "reason": visit.reason}
        return values | known | {"attempts": page.c.attempts + 1}
    if visit.article is not None:
        values["reading"] = visit.detail
    return values | {
        "state": visit.state,
        "reason": visit.reason,
        "attempts": 0,
        "reads": page.c.reads + 1,
        "first_read": func.coalesce(page.c.first_read, literal(visit.at, Instant)),
        "etag": visit.validators.etag,
        "last_modified": visit.validators.last_modified,
        "body_hash": visit.validators.body_hash,
        "fast": visit.fast,
    }


def follow(connection: Connection, followed: Sequence[Followed]) -> None:
    """Remember what visits found, and when to visit again."""
    for one in followed:
        values: dict[str, Any] = {
            "next_due": one.next_due,
            "headline": one.headline,
            "words": one.words,
            "version": one.version,
            "missing": one.missing,
            "live_until": one.live_until,
            "attempts": 0,
        }
        if one.detail is not None:
            values["detail"] = one.detail
        connection.execute(update(page).where(page.c.story_id == one.story).values(values))
        gone = update(story).where(story.c.id == one.story, story.c.gone.is_distinct_from(one.gone))
        connection.execute(gone.values(gone=one.gone))


def list_(connection: Connection, listing: Listing | None) -> None:
    """Remember of pages that are visited again whether their source lists the story still."""
    if listing is None:
        return
    watched = select(page.c.story_id, page.c.listed).where(
        page.c.source_id == listing.source, page.c.next_due.is_not(None)
    )
    for row in connection.execute(watched).all():
        is_listed = row.story_id in listing.stories
        if row.listed != is_listed:
            connection.execute(update(page).where(page.c.story_id == row.story_id).values(listed=is_listed))


def told_in(connection: Connection, story_id: int) -> list[Told]:
    """Return the messages that tell of a story and of no other, oldest first; of one thread the first."""
    rows = connection.execute(_TOLD_IN, {"story": story_id}).all()
    threads = {"threads": [row.thread for row in rows]}
    occasions = frozenset(connection.scalars(_OCCASIONS, threads)) if rows else frozenset()
    told: dict[str, Told] = {}
    for row in rows:
        one = Told(key=row.thread, channel=row.channel, severity=row.severity, occasions=occasions)
        told.setdefault(row.thread, one)
    return list(told.values())


def want(connection: Connection, wanted: Sequence[WantedPage]) -> None:
    """Make pages due: new ones, and again those whose story the source has changed."""
    if not wanted:
        return
    stories = [one.story for one in wanted]
    known = set(connection.scalars(select(page.c.story_id).where(page.c.story_id.in_(stories))))
    fresh = [_first(one) for one in wanted if one.story not in known]
    if fresh:
        connection.execute(insert(page), fresh)
    for one in wanted:
        if one.story in known:
            again = _first(one) | {"lease_token": page.c.lease_token + 1, "lease_until": None} | _UNCONDITIONAL
            connection.execute(update(page).where(page.c.story_id == one.story).values(again))


def draft(connection: Connection, story_id: int) -> Draft | None:
    """Return a story as it reads now, and the messages about it that nobody has begun to send."""
    row = connection.execute(select(story).where(story.c.id == story_id)).one_or_none()
    if row is None:
        return None
    told: dict[tuple[str, str, int], dict[str, Reason]] = {}
    for one in connection.execute(_WAITING, {"story": story_id}):
        told.setdefault((one.key, one.channel, one.version), {})[one.rule] = Reason(one.reason)
    return Draft(
        story=newest(connection, story.c.id == story_id)[0],
        state=state(row),
        waiting=[Waiting(key=key, channel=at, version=of, told=rules) for (key, at, of), rules in told.items()],
        page=_known(connection, story_id, row.gone),
    )


def _known(connection: Connection, story_id: int, gone: datetime | None) -> KnownPage:
    row = connection.execute(_KNOWN, {"story": story_id}).one_or_none()
    if row is None:
        return KnownPage(gone=gone)
    return KnownPage(
        first_read=row.first_read,
        next_due=row.next_due,
        headline=row.headline,
        words=row.words,
        version=row.version,
        title=row.title or "",
        text=row.text or "",
        missing=row.missing,
        live_until=row.live_until,
        listed=row.listed,
        gone=gone,
    )


def shift(connection: Connection, shifts: Sequence[Shift]) -> None:
    """Let messages go out, tell of another version, or tell of nothing any more."""
    for one in shifts:
        _let_go(connection, one)
        values: dict[str, Any] = {"changed": one.at}
        if one.release:
            values["not_before"] = one.at
        if one.moved_to is not None:
            values |= {"version": one.moved_to, "group_id": one.group}
        if one.severity is not None:
            values["severity"] = case((outbox.c.severity < one.severity, one.severity), else_=outbox.c.severity)
        if one.is_void:
            why = ", ".join(sorted(set(one.withdrawn.values())))
            values |= {"state": State.WITHDRAWN, "reason": why, "not_before": None}
            line = {"key": one.waiting.key, "at": one.at, "state": State.WITHDRAWN, "reason": why, "detail": ""}
            connection.execute(insert(delivery_log), line)
        connection.execute(update(outbox).where(outbox.c.key == one.waiting.key).values(values))


def _let_go(connection: Connection, one: Shift) -> None:
    """Take the message from the verdicts that it tells of no longer."""
    verdicts = update(verdict).where(
        verdict.c.story_id == one.story,
        verdict.c.version == one.waiting.version,
        verdict.c.channel == one.waiting.channel,
    )
    if one.moved_to is not None:
        connection.execute(verdicts.where(verdict.c.delivery == one.waiting.key).values(delivery=None))
    for rule, reason in one.withdrawn.items():
        connection.execute(verdicts.where(verdict.c.rule == rule).values(delivery=None, reason=reason))


def _first(one: WantedPage) -> dict[str, Any]:
    return {
        "story_id": one.story,
        "source_id": one.source,
        "url": one.url,
        "state": PageState.DUE,
        "reason": "",
        "detail": one.why,
        "attempts": 0,
        "next_due": one.due,
        "lease_token": 0,
        "shard": shard_at(one.url),
    }


def _claim(row: Row[Any]) -> PageClaim:
    return PageClaim(
        story=row.story_id,
        source=row.source_id,
        url=row.url,
        due=row.next_due,
        token=row.lease_token,
        attempts=row.attempts,
        state=PageState(row.state),
        reads=row.reads,
        validators=Validators(etag=row.etag, last_modified=row.last_modified, body_hash=row.body_hash),
        fast=row.fast,
    )
