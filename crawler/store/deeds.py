"""What people did about messages: silences, acknowledgements and votes, each kept with who did it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, insert, select, update

from alerts.notify.fallback import origin_of
from alerts.outbox import State
from alerts.routing.silence import Matcher, Silence, expired
from alerts.slack.desk import Audit
from crawler.ids import ALPHABET
from crawler.store.calm import read_silence
from crawler.store.schema import acknowledged, audit, feedback, outbox, silence, stream_alert, verdict

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Select


ID_LENGTH = 4  # characters of a silence's id: a million of them, short enough to be typed
_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """How often people called what a rule found relevant."""

    relevant: int = 0
    not_relevant: int = 0

    @property
    def total(self) -> int:
        """How many people said something; a word that was taken back does not count."""
        return self.relevant + self.not_relevant


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """Who looks after a message, and since when."""

    user: str
    at: datetime


def add_silence(connection: Connection, wanted: Silence, why: Audit) -> Silence:
    """Keep a silence under an id that no other has, and return it; the id is drawn inside the transaction."""
    given = replace(wanted, id=_free(connection))
    matcher = given.matcher
    values = {
        "id": given.id,
        "rules": list(matcher.rules),
        "tags": list(matcher.tags),
        "sources": list(matcher.sources),
        "severity": None if matcher.severity is None else int(matcher.severity),
        "text": matcher.text,
        "author": given.author,
        "comment": given.comment,
        "start": given.start,
        "end": given.end,
    }
    connection.execute(insert(silence), values)
    note(connection, replace(why, detail=f"{given.id} {why.detail}".strip()))
    return given


def expire(connection: Connection, id_: str, why: Audit) -> Silence | None:
    """End one silence."""
    rows = connection.execute(select(silence).where(silence.c.id == spelt(id_), silence.c.end > why.at)).all()
    return _end(connection, read_silence(rows[0]), why) if rows else None


def unmute(connection: Connection, rule: str, why: Audit) -> int:
    """End every silence of one rule and nothing else."""
    found = [one for one in silences(connection, why.at, ended=False) if one.matcher == Matcher(rules=(rule,))]
    for one in found:
        _end(connection, one, why)
    return len(found)


def silences(connection: Connection, now: datetime, *, ended: bool) -> list[Silence]:
    """Return silences, the first to end first."""
    query = select(silence).order_by(silence.c.end, silence.c.id)
    return [read_silence(row) for row in connection.execute(query if ended else query.where(silence.c.end > now))]


def acknowledge(connection: Connection, key: str, why: Audit) -> Acknowledged | None:
    """Keep who looks after a message, and after what its thread has told the channel by now.

    Whoever was first remains; who comes later looks after what nobody did yet.
    """
    origin = origin_of(key)
    if not _is_known(connection, origin):
        return None
    kept = acknowledgement(connection, origin)
    shown = (outbox.c.broadcast, outbox.c.note == "", outbox.c.state == State.SENT)
    in_thread = select(outbox.c.key).where(outbox.c.parent == origin, *shown)
    fresh = [one for one in (origin, *connection.scalars(in_thread)) if acknowledgement(connection, one) is None]
    if fresh:
        rows = [{"key": one, "user": why.user, "at": why.at} for one in fresh]
        connection.execute(insert(acknowledged), rows)
        note(connection, why)
        kept = Acknowledged(user=why.user, at=why.at)
    return kept


def acknowledgement(connection: Connection, key: str) -> Acknowledged | None:
    """Return who looks after a message."""
    row = connection.execute(select(acknowledged).where(acknowledged.c.key == origin_of(key))).one_or_none()
    return None if row is None else Acknowledged(user=row.user, at=row.at)


def votes(connection: Connection, story: int | None = None) -> dict[str, Votes]:
    """Count what people said, by rule: of all stories, or of one."""
    rows = connection.execute(counted() if story is None else counted().where(feedback.c.story_id == story))
    found: dict[str, Votes] = {}
    for row in rows:
        before = found.get(row.rule, Votes())
        found[row.rule] = Votes(relevant=before.relevant + row.yes, not_relevant=before.not_relevant + row.no)
    return found


def counted() -> Select[Any]:
    """Return a query for how many people called each story relevant to each rule, and how many did not."""
    yes = func.sum(case((feedback.c.relevant, 1), else_=0))
    columns = (feedback.c.rule, feedback.c.story_id, yes.label("yes"), (func.count() - yes).label("no"))
    return select(*columns).group_by(feedback.c.rule, feedback.c.story_id)


def rules_of(connection: Connection, key: str) -> list[str]:
    """Return the rules that a message tells of, the most severe first."""
    found: list[str] = []
    for table in (verdict, stream_alert):
        of = select(table.c.rule).where(table.c.delivery == key)
        found += connection.scalars(of.order_by(table.c.severity.desc(), table.c.rule))
    return list(dict.fromkeys(found))


def audits(connection: Connection, limit: int) -> list[Audit]:
    """Return what was changed last."""
    rows = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
    return [
        Audit(at=row.at, user=row.user, channel=row.channel, deed=row.deed, on=row.subject, detail=row.detail)
        for row in rows
    ]


def note(connection: Connection, why: Audit) -> None:
    """Keep who changed what."""
    values = {
        "at": why.at,
        "user": why.user,
        "channel": why.channel,
        "deed": str(why.deed),
        "subject": why.on,
        "detail": why.detail,
    }
    connection.execute(insert(audit), values)


def spelt(id_: str) -> str:
    """Return a silence's id as it is kept, from what somebody typed."""
    return id_.strip().upper().translate(str.maketrans("ILO", "110"))


def _free(connection: Connection) -> str:
    while True:
        drawn = "".join(_RANDOM.choices(ALPHABET, k=ID_LENGTH))
        if connection.scalar(select(silence.c.id).where(silence.c.id == drawn)) is None:
            return drawn


def _end(connection: Connection, one: Silence, why: Audit) -> Silence:
    over = expired(one, why.at)
    connection.execute(update(silence).where(silence.c.id == one.id).values(start=over.start, end=over.end))
    note(connection, replace(why, detail=f"{one.id} {why.detail}".strip()))
    return over


def _is_known(connection: Connection, key: str) -> bool:
    return connection.scalar(select(outbox.c.key).where(outbox.c.key == key)) is not None
