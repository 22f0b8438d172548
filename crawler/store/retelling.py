"""Tells channels of the past because somebody asked for it, and never of what they were told already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, select, update

from alerts.policy import Reason
from alerts.routing.spec import Style
from crawler.store import quiet, stories
from crawler.store.deeds import note
from crawler.store.plan import NewDelivery, Plan, Verdict
from crawler.store.rows import spans
from crawler.store.schema import story, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from alerts.slack.desk import Audit
    from alerts.story import Match
    from crawler.ids import Ids

_OF = (verdict.c.rule == bindparam("by"), verdict.c.channel == bindparam("to"))
_TOLD = select(exists().where(verdict.c.group_id == bindparam("group"), *_OF, verdict.c.delivery.is_not(None)))
_WAITS = select(exists().where(verdict.c.group_id == bindparam("group"), *_OF, quiet.WAITS))
_AT = (verdict.c.story_id == bindparam("of"), verdict.c.version == bindparam("at"), *_OF)
_KNOWN = select(verdict.c.reason).where(*_AT)
_TELL = update(verdict).where(*_AT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A version of a story that a channel is to be told of."""

    story: int
    version: int
    channel: str
    matches: Sequence[Match]
    route: str = ""  # what chose the channel, for people
    style: Style = Style.FULL
    template: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """What became of one of them."""

    wanted: Wanted
    rules: tuple[str, ...]  # that tell now
    before: tuple[str, ...]  # by which the channel was told already, or will be in a summary that waits
    message: str | None  # the key; None: nothing is told


def retell(connection: Connection, wanted: Sequence[Wanted], ids: Ids, why: Audit) -> list[Retold]:
    """Queue a message for each story and channel, with the rules by which the channel never heard of its group.

    A story that is no longer stored is left out. The verdicts say that somebody asked, and the audit says who.
    """
    done = [found for one in wanted if (found := _retell(connection, one, ids, why)) is not None]
    told = sum(one.message is not None for one in done)
    note(connection, replace(why, detail=f"{told} messages of {len(done)} stories and channels"))
    return done


def _retell(connection: Connection, one: Wanted, ids: Ids, why: Audit) -> Retold | None:
    group = connection.scalar(select(story.c.group_id).where(story.c.id == one.story))
    if group is None:
        return None
    fresh = [match for match in one.matches if not _heard(connection, group, match.rule, one.channel)]
    before = tuple(match.rule for match in one.matches if match not in fresh)
    if not fresh:
        return Retold(wanted=one, rules=(), before=before, message=None)
    key, says = ids.delivery(), f"asked for by {why.user}"
    delivery = NewDelivery(
        key=key,
        group=group,
        story=one.story,
        version=one.version,
        channel=one.channel,
        severity=max(match.severity for match in fresh),
        queued=why.at,
        style=one.style,
        template=one.template,
    )
    verdicts = [
        Verdict(
            story=one.story,
            version=one.version,
            group=group,
            match=match,
            channel=one.channel,
            reason=Reason.ASKED,
            delivery=key,
            says=says,
            route=one.route,
        )
        for match in fresh
    ]
    known = [each for each in verdicts if connection.scalar(_KNOWN, _at(each)) is not None]
    stories.write(connection, Plan(deliveries=[delivery], verdicts=[each for each in verdicts if each not in known]))
    for each in known:
        values = {"reason": Reason.ASKED, "delivery": key, "says": says, "until": None, "group_id": group}
        connection.execute(_TELL.values(values | {"spans": spans(each.match)}), _at(each))
    return Retold(wanted=one, rules=tuple(match.rule for match in fresh), before=before, message=key)


def _heard(connection: Connection, group: int, rule: str, channel: str) -> bool:
    asked = {"group": group, "by": rule, "to": channel}
    return bool(connection.scalar(_TOLD, asked)) or bool(connection.scalar(_WAITS, asked))


def _at(one: Verdict) -> dict[str, int | str]:
    return {"of": one.story, "at": one.version, "by": one.match.rule, "to": one.channel}
