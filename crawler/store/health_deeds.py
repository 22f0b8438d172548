"""What people do about messages on health and storms, each kept with who did it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from alerts.bulletin import decode
from alerts.bulletins import of_storm
from alerts.health import Condition, snoozed
from alerts.outbox import State
from alerts.routing.silence import Matcher, Silence
from alerts.routing.storm import End, Storm, Unfolded, step
from alerts.story import Severity
from crawler.store import calming, deeds
from crawler.store.calm import StoredCalm
from crawler.store.calm_plan import CalmPlan, NewBulletin
from crawler.store.health import reported, write
from crawler.store.health_plan import Reported
from crawler.store.schema import outbox, report, source, verdict
from crawler.store.schema import storm as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.slack.desk import Audit


def retry(connection: Connection, name: str, why: Audit) -> bool:
    """Make a source due now, though it fails or was given up; tell whether it is configured."""
    changed = connection.execute(
        update(source)
        .where(source.c.id == name, source.c.enabled)
        .values(given_up=False, next_due=why.at, next_why=f"{why.user} asked for it")
    )
    if changed.rowcount:
        deeds.note(connection, replace(why, detail=f"source {name}"))
    return changed.rowcount == 1


def put_off(connection: Connection, key: str, until: str, why: Audit) -> bool:
    """Let the trouble that a message tells of be told anew later; False when it is over, or was put off already."""
    row = connection.execute(select(report).where(report.c.key == key)).one_or_none()
    told = None if row is None else reported(row).report
    if told is None or not told.is_open or told.condition is Condition.SNOOZED:
        return False
    write(connection, [Reported(report=snoozed(told, why.at), key=key)])
    kept = connection.execute(select(outbox.c.content, outbox.c.channel).where(outbox.c.key == key)).one()
    content = replace(decode(kept.content, kept.channel), foot=f"snoozed by {why.user}: told anew {until} if it lasts")
    calming.publish(connection, NewBulletin(key=key, content=content, at=why.at))
    deeds.note(connection, why)
    return True


def unfold(connection: Connection, key: str, why: Audit) -> int:
    """End a storm, let what its message lists be sent message by message, and say how many those are."""
    channel = connection.scalar(select(outbox.c.channel).where(outbox.c.key == key))
    if channel is None:
        return 0
    _say_over(connection, _ended(connection, channel, key, why), channel, why)
    keys = calming.unfold(connection, key, why.at)
    if keys:
        deeds.note(connection, replace(why, detail=f"{len(keys)} messages"))
    return len(keys)


def mute_storm(connection: Connection, key: str, until: datetime, why: Audit) -> Silence | None:
    """Silence the rules of the messages that a storm's message lists, critical ones excepted."""
    folded = select(outbox.c.key).where(outbox.c.folded_into == key)
    rules = connection.scalars(select(verdict.c.rule).where(verdict.c.delivery.in_(folded)).distinct()).all()
    if not rules:
        return None
    matcher = Matcher(rules=tuple(sorted(rules)), severity=Severity.HIGH)
    wanted = Silence(id="", matcher=matcher, author=why.user, comment="muted in a storm", start=why.at, end=until)
    return deeds.add_silence(connection, wanted, why)


def _ended(connection: Connection, channel: str, key: str, why: Audit) -> Storm | None:
    """Return a storm that was unfolded, whether it went on or was over; None when it lists nothing any more."""
    weather = StoredCalm(connection).weather(channel, why.at)
    if weather.storm is not None and weather.storm.key == key:
        _, actions = step(weather, Unfolded(why.user), why.at)
        return next(action.storm for action in actions if isinstance(action, End))
    folded = connection.execute(
        select(outbox.c.key, outbox.c.queued)
        .where(outbox.c.folded_into == key, outbox.c.state == State.FOLDED)
        .order_by(outbox.c.queued, outbox.c.key)
    ).all()
    if not folded:
        return None
    since, keys = folded[0].queued, tuple(row.key for row in folded)
    return Storm(key=key, since=since, stormy=since, rules=None, folded=keys, written=since, why="it was over before")


def _say_over(connection: Connection, storm: Storm | None, channel: str, why: Audit) -> None:
    """Let a storm's message say that it was unfolded; what it listed is listed still."""
    if storm is None:
        return
    found = StoredCalm(connection).lines(storm.folded)
    rows = [found[one] for one in storm.folded if one in found]
    content = of_storm(storm, rows, channel, f"unfolded by {why.user}")
    goes_on = connection.scalar(select(table.c.key).where(table.c.channel == channel)) not in {None, storm.key}
    storms = () if goes_on else ((channel, None),)  # another one may go on
    calming.write(
        connection, CalmPlan(bulletins=[NewBulletin(key=storm.key, content=content, at=why.at)], storms=storms)
    )
