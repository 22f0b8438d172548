"""The store as people meet it: what they change by a button or a command, and what they ask about messages."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from crawler.store import deeds, enquiries, health_deeds, opinions, replay, retelling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.outbox import Receipt
    from alerts.routing.silence import Silence
    from alerts.slack.desk import Audit
    from alerts.tuning.precision import Precision
    from crawler.ids import Ids
    from crawler.store.deeds import Acknowledged
    from crawler.store.enquiries import Enquiry, Glance
    from crawler.store.opinions import Clauses, Opinion
    from crawler.store.replay import Replayed
    from crawler.store.retelling import Retold, Wanted

T = TypeVar("T")


class Transact(Protocol):
    """Runs work in a transaction."""

    def __call__(self, work: Callable[[Connection], T]) -> Awaitable[T]:
        """Run ``work``; raises StoreError, and nothing was written then."""


class People:
    """Keeps what people do, each change in one transaction with the audit of it; all methods raise StoreError."""

    def __init__(self, read: Transact, write: Transact) -> None:
        self._read = read
        self._write = write

    async def silence(self, wanted: Silence, why: Audit) -> Silence:
        """Keep a silence and return it with the id that it got."""
        return await self._write(partial(deeds.add_silence, wanted=wanted, why=why))

    async def expire(self, id_: str, why: Audit) -> Silence | None:
        """Let a silence end now; None when there is none of that id, or it has ended."""
        return await self._write(partial(deeds.expire, id_=id_, why=why))

    async def unmute(self, rule: str, why: Audit) -> int:
        """Let every silence of a rule and nothing else end now, and say how many there were."""
        return await self._write(partial(deeds.unmute, rule=rule, why=why))

    async def silences(self, now: datetime, *, ended: bool = False) -> Sequence[Silence]:
        """Return those that are in force or to come, the first to end first; with ``ended`` also the others."""
        return await self._read(partial(deeds.silences, now=now, ended=ended))

    async def acknowledge(self, key: str, why: Audit) -> Acknowledged | None:
        """Keep who looks after a message, and return who does: the first one. None when there is no such message."""
        return await self._write(partial(deeds.acknowledge, key=key, why=why))

    async def vote(self, key: str, rule: str, *, relevant: bool, why: Audit, clauses: Clauses) -> str | None:
        """Keep what somebody thinks of a message's story, in place of what they said before; return the rule.

        Without a ``rule`` it is the most severe one. None when the message is unknown, tells of no such rule, or of
        many stories. ``clauses`` says which clauses of the rule hold for it, to be kept as well.
        """
        return await self._write(
            partial(opinions.vote, key=key, rule=rule, relevant=relevant, why=why, clauses=clauses)
        )

    async def judge(self, story: int, rule: str, *, relevant: bool, why: Audit, clauses: Clauses) -> bool:
        """Keep what somebody thinks of a story that a rule found, told or not; False when it never found it."""
        return await self._write(
            partial(opinions.judge, story_id=story, rule=rule, relevant=relevant, why=why, clauses=clauses)
        )

    async def retell(self, wanted: Sequence[Wanted], ids: Ids, why: Audit) -> Sequence[Retold]:
        """Queue messages about the past, but for what channels were told already; say what became of each."""
        return await self._write(partial(retelling.retell, wanted=wanted, ids=ids, why=why))

    async def precisions(self) -> Mapping[str, Precision]:
        """Return how right the rules are that people spoke about."""
        return await self._read(opinions.precisions)

    async def opinions(self, rule: str | None, limit: int) -> Sequence[Opinion]:
        """Return what was said last, of one rule or of all, the newest first."""
        return await self._read(partial(opinions.opinions, rule=rule, limit=limit))

    async def note(self, why: Audit) -> None:
        """Keep that somebody asked for something which changes nothing by itself."""
        await self._write(partial(deeds.note, why=why))

    async def audits(self, limit: int) -> Sequence[Audit]:
        """Return what was changed last, the newest first."""
        return await self._read(partial(deeds.audits, limit=limit))

    async def retry(self, source: str, why: Audit) -> bool:
        """Let a source be visited now, though it fails or was given up; False when it is not configured."""
        return await self._write(partial(health_deeds.retry, name=source, why=why))

    async def put_off(self, key: str, until: str, why: Audit) -> bool:
        """Let the trouble that a message tells of be told anew in a day; ``until`` says when, for people.

        False when it is over, or was put off before.
        """
        return await self._write(partial(health_deeds.put_off, key=key, until=until, why=why))

    async def unfold(self, key: str, why: Audit) -> int:
        """End a storm by the key of its message, and say how many messages are sent by themselves now."""
        return await self._write(partial(health_deeds.unfold, key=key, why=why))

    async def mute_storm(self, key: str, until: datetime, why: Audit) -> Silence | None:
        """Silence the rules of what a storm's message lists; None when it lists nothing."""
        return await self._write(partial(health_deeds.mute_storm, key=key, until=until, why=why))

    async def replay(self, keys: Sequence[str] | None, why: Audit) -> Sequence[Replayed]:
        """Let messages that were refused or wait be tried now; None: all that were refused in every form."""
        return await self._write(lambda at: replay.replay(at, replay.dead(at) if keys is None else keys, why))

    async def keys_like(self, written: str) -> Sequence[str]:
        """Return up to two keys of messages that somebody means, who wrote a whole one or its end."""
        return await self._read(partial(replay.keys_like, written=written))

    async def message(self, key: str) -> Enquiry | None:
        """Return what was written down about a message; None when there is none of that key."""
        return await self._read(partial(enquiries.message, key=key))

    async def standing_at(self, receipt: Receipt) -> str | None:
        """Return the key of the message that stands there; None when it is not ours."""
        return await self._read(partial(enquiries.standing_at, receipt=receipt))

    async def glance(self, now: datetime) -> Glance:
        """Return what the home page shows."""
        return await self._read(partial(enquiries.glance, now=now))
