"""What people think of what rules found: kept for the story and the rule, with the clauses that held."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import delete, insert, select

from alerts.bulletin import Bulletin
from alerts.notify.fallback import origin_of
from alerts.tuning.clauses import Clause, clauses_of_match
from alerts.tuning.precision import Precision, precision_of
from crawler.store.deeds import counted, note, rules_of
from crawler.store.deliveries import assemble, chosen
from crawler.store.rows import match
from crawler.store.schema import feedback, outbox, story, verdict
from crawler.store.versions import newest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from alerts.slack.desk import Audit
    from alerts.story import Match, Story


class Clauses(Protocol):
    """Says which clauses of a rule hold for a story; none when the rule reads otherwise by now."""

    def __call__(self, rule: str, story: Story) -> Sequence[Clause]:
        """Return them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What somebody said last of one story and one rule."""

    story: int
    version: int
    rule: str
    user: str
    relevant: bool
    at: datetime
    key: str | None  # of the message below which it was said; None: by a command
    held: tuple[Clause, ...]  # clauses of the rule, as it was then; none when that is unknown


def vote(connection: Connection, key: str, rule: str, *, relevant: bool, why: Audit, clauses: Clauses) -> str | None:
    """Keep somebody's last word on a message and a rule; without a ``rule`` the most severe one is meant."""
    origin = origin_of(key)  # a copy for the fallback is the same message
    told = rules_of(connection, origin)
    meant = rule or next(iter(told), "")
    rows = connection.execute(chosen().where(outbox.c.key == origin)).all()
    if meant not in told or not rows:
        return None
    content = assemble(connection, rows)[0].content
    if isinstance(content, Bulletin):
        return None  # about many stories: nobody knows which is meant
    found = next((one for one in content.matches if one.rule == meant), None)
    held = _held(meant, content.story, found, clauses)
    _keep(connection, content.story, meant, relevant=relevant, key=origin, why=why, held=held)
    return meant


def judge(connection: Connection, story_id: int, rule: str, *, relevant: bool, why: Audit, clauses: Clauses) -> bool:
    """Keep somebody's last word on a story that a rule found, told or not; False when it never did."""
    which = (verdict.c.story_id == story_id, verdict.c.rule == rule)
    found = connection.execute(select(verdict).where(*which).order_by(verdict.c.version.desc()).limit(1)).one_or_none()
    if found is None:
        return False
    (about,) = newest(connection, story.c.id == story_id)
    of = match(found) if found.version == about.version else None
    _keep(connection, about, rule, relevant=relevant, key=None, why=why, held=_held(rule, about, of, clauses))
    return True


def precisions(connection: Connection) -> dict[str, Precision]:
    """Return how right each rule is on which somebody has said something."""
    rows = connection.execute(counted().order_by(feedback.c.rule))
    return {
        rule: precision_of((row.yes, row.no) for row in stories)
        for rule, stories in groupby(rows, key=lambda row: row.rule)
    }


def opinions(connection: Connection, rule: str | None, limit: int) -> list[Opinion]:
    """Return what was said last, of one rule or of all, the newest first."""
    query = select(feedback).order_by(feedback.c.at.desc(), feedback.c.story_id.desc(), feedback.c.user).limit(limit)
    rows = connection.execute(query if rule is None else query.where(feedback.c.rule == rule))
    return [_opinion(row) for row in rows]


def _held(rule: str, about: Story, found: Match | None, clauses: Clauses) -> Sequence[Clause]:
    return clauses(rule, about) or (clauses_of_match(found, about) if found else ())


def _keep(
    connection: Connection,
    about: Story,
    rule: str,
    *,
    relevant: bool,
    key: str | None,
    why: Audit,
    held: Sequence[Clause],
) -> None:
    which = (feedback.c.story_id == about.id, feedback.c.rule == rule, feedback.c.user == why.user)
    connection.execute(delete(feedback).where(*which))
    values = {
        "story_id": about.id,
        "rule": rule,
        "user": why.user,
        "version": about.version,
        "key": key,
        "relevant": relevant,
        "at": why.at,
        "held": [[one.text, list(one.words)] for one in held],
    }
    connection.execute(insert(feedback), values)
    note(connection, replace(why, detail=rule))


def _opinion(row: Row[Any]) -> Opinion:
    return Opinion(
        story=row.story_id,
        version=row.version,
        rule=row.rule,
        user=row.user,
        relevant=row.relevant,
        at=row.at,
        key=row.key,
        held=tuple(Clause(text=text, words=tuple(words)) for text, words in row.held),
    )
