"""What keeps the store small and sound: retention, space, numbers about itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.outbox import EDITED, State
from alerts.outcomes import ACCEPTED, FOUND
from crawler.store import months, retention, space, walks
from crawler.store.deliveries import EVERYBODY
from crawler.store.schema import delivery_log, hold, outbox, story

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.timing import Walk
    from crawler.store.people import Transact

    Forget = Callable[[Connection, datetime, int, int], tuple[int | None, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What has become of a message so far."""

    channel: str
    state: State
    reason: str
    detail: str
    changed: datetime
    edit_due: datetime | None  # None: it says what it should
    last: str  # the reason of the last line of its log; "": there is none
    last_detail: str = ""
    arrived: datetime | None = None  # when it, or an edit of it, was accepted last; None: nobody knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What came in a time."""

    stories: int
    sent: int  # messages


PAGES = 500  # that are given back to the disk at a time: some milliseconds
BY_ID: dict[str, Forget] = {
    "stories": retention.forget_stories,
    "bodies": retention.forget_bodies,
    "visits": retention.forget_visits,
    "attempts": retention.forget_attempts,
    "seen": retention.forget_seen,
}


class Keeper:
    """Looks after the database; each method is one short transaction, and raises StoreError as the Store does."""

    def __init__(self, read: Transact, write: Transact) -> None:
        self._read = read
        self._write = write

    async def forget(self, what: str, before: datetime, after: int, limit: int) -> tuple[int | None, int]:
        """Remove some of what is old, of ids above ``after``: a kind of BY_ID.

        Returns the last id that was looked at, None when nothing that old is left, and how many were removed.
        """
        step = BY_ID[what]
        return await self._write(lambda connection: step(connection, before, after, limit))

    async def forget_messages(self, before: datetime, limit: int) -> int:
        """Remove up to ``limit`` messages that tell of no story, and say how many."""
        return await self._write(partial(retention.forget_messages, before=before, limit=limit))

    async def forget_ended(self, before: datetime, limit: int) -> int:
        """Remove up to ``limit`` each of deeds of people, silences and holds that are over, and say how many."""
        return await self._write(partial(retention.forget_ended, before=before, limit=limit))

    async def make_months(self, now: datetime) -> int:
        """Make the months of this time and the next where the database is parted by them; return how many."""
        made = await self._write(partial(months.make, wanted=months.ahead(now)))
        if made:
            await self._write(months.look_through)
        return len(made)

    async def drop_month(self, before: datetime) -> str:
        """Drop the oldest month seen before a moment of which hardly anything is left; return its name, "" for none."""
        return str(await self._write(partial(months.drop, before=before)) or "")

    async def give_back(self) -> bool:
        """Give some of the free pages back to the disk; tell whether there are more."""
        return await self._write(_give_back)

    async def can_write(self) -> None:
        """Begin and end a transaction; raises StoreError where none can be written."""
        await self._write(lambda _: None)

    async def refused(self, now: datetime) -> str:
        """Return why the main way out refuses everything; "" when it does not."""
        return await self._read(partial(_refused, now=now))

    async def walks(self, since: datetime) -> Sequence[Walk]:
        """Return the ways of the stories seen since a moment, as far as somebody was told of them."""
        return await self._read(partial(walks.walks, since=since))

    async def since(self, moment: datetime) -> Counts:
        """Count what came since a moment."""
        return await self._read(partial(_since, moment=moment))

    async def fate(self, key: str) -> Fate | None:
        """Return what has become of a message; None when there is none of that key."""
        return await self._read(partial(_fate, key=key))

    async def size(self) -> int:
        """Return how many bytes the database takes, without its WAL."""
        return await self._read(_size)


def _give_back(connection: Connection) -> bool:
    return space.give_back(connection, PAGES)


def _fate(connection: Connection, key: str) -> Fate | None:
    row = connection.execute(select(outbox).where(outbox.c.key == key)).one_or_none()
    if row is None:
        return None
    lines = select(delivery_log).where(delivery_log.c.key == key).order_by(delivery_log.c.id.desc()).limit(1)
    last = connection.execute(lines).one_or_none()
    accepted = connection.execute(lines.where(delivery_log.c.reason.in_((ACCEPTED, FOUND, EDITED)))).one_or_none()
    return Fate(
        channel=row.channel,
        state=State(row.state),
        reason=row.reason,
        detail=row.detail,
        changed=row.changed,
        edit_due=row.edit_due,
        last=last.reason if last else "",
        last_detail=last.detail if last else "",
        arrived=accepted.at if accepted else None,
    )


def _since(connection: Connection, moment: datetime) -> Counts:
    number = select(func.count())
    new = number.select_from(story).where(story.c.seen >= moment)
    sent = number.select_from(outbox).where(outbox.c.queued >= moment, outbox.c.state == State.SENT)
    return Counts(stories=connection.scalar(new) or 0, sent=connection.scalar(sent) or 0)


def _refused(connection: Connection, now: datetime) -> str:
    everything = (hold.c.channel == EVERYBODY) & hold.c.refused & (hold.c.until > now)
    return connection.scalar(select(hold.c.reason).where(everything)) or ""


def _size(connection: Connection) -> int:
    return sum(space.taken(connection))
