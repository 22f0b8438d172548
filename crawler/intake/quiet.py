"""Tells of what limits of rules held back, one summary for a rule and a channel, as soon as there is room for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.bulletins import of_rest
from alerts.card import NAME_LIMIT, NEXT_LINK_LIMIT, NEXT_TITLE_LIMIT
from alerts.policy import Reason, has_room
from alerts.routing.digest import Line
from alerts.routing.spec import RoutingSpec
from alerts.story import Headline, Trend
from alerts.stream import HELD_BACK, held_back_says
from crawler.intake.calm import hush_of
from crawler.store.calm_plan import CalmPlan, NewBulletin
from crawler.store.plan import NewDelivery, Plan, StreamAlert, StreamPlan, Summary
from crawler.visits.poll import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from alerts.rules.spec import QuietSpec, Rate
    from crawler.ids import Ids
    from crawler.store.plan import Memory, Witness

NAMED = 10  # stories that a summary names, the newest, or fewer, so that those after the first take no more than …
NAMED_SIZE = 3000  # … characters, each counted with …
_FRAME = 200  # … what is written around it


class Summaries:
    """One look at what waits; ``quiet`` says how rules keep quiet, by id."""

    def __init__(
        self, quiet: Mapping[str, QuietSpec], ids: Ids, now: datetime, routing: RoutingSpec | None = None
    ) -> None:
        self._routing = routing or RoutingSpec()
        self._limits = {rule: one.at_most for rule, one in quiet.items() if one.at_most}
        self._ids = ids
        self._now = now

        self._summaries: list[Summary] = []
        self._deliveries: list[NewDelivery] = []
        self._alerts: list[StreamAlert] = []
        self._pages: list[NewBulletin] = []

    def minute(self, memory: Memory) -> Plan:
        """Return the summaries that are due.

        A summary is a message of its rule, and counts as one. What waits for a rule that has no limit any
        more, or is gone, is told now.
        """
        for rule, channel in memory.quiet.waiting():
            limit = self._limits.get(rule)
            if limit and not has_room(limit.count, memory.quiet.sent(rule, channel, self._now - limit.per)):
                continue
            self._sum_up(rule, channel, limit, memory.quiet.held_back(rule, channel))
        return Plan(
            deliveries=self._deliveries,
            summaries=self._summaries,
            stream=StreamPlan(alerts=self._alerts),
            calm=CalmPlan(bulletins=self._pages),
            tally=Tally(alerts=len(self._deliveries)),
        )

    def _sum_up(self, rule: str, channel: str, limit: Rate | None, held: Sequence[Witness]) -> None:
        newest, key = held[0], self._ids.delivery()
        limited = any(one.reason is Reason.OVER_LIMIT for one in held)
        top = _named(held[1:NAMED])
        trend = Trend(
            condition=HELD_BACK, says=held_back_says(len(held), limit if limited else None), number=len(held), top=top
        )
        severity = max(one.match.severity for one in held)
        hush = hush_of(self._routing, channel, severity, self._now)
        self._summaries.append(
            Summary(
                delivery=key,
                rule=rule,
                channel=channel,
                verdicts=[(one.story, one.version) for one in held],
            )
        )
        self._alerts.append(
            StreamAlert(
                rule=rule,
                condition=HELD_BACK,
                occasion=key,
                at=self._now,
                channel=channel,
                match=replace(newest.match, severity=severity),
                story=newest.story,
                trend=trend,
                delivery=key,
            )
        )
        self._deliveries.append(
            NewDelivery(
                key=key,
                group=newest.group,
                story=newest.story,
                version=newest.version,
                channel=channel,
                severity=severity,
                queued=self._now,
                not_before=hush.until if hush else None,
            )
        )
        self._list(key, channel, held[1 + len(top) :], trend)

    def _list(self, key: str, channel: str, left: Sequence[Witness], trend: Trend) -> None:
        """Queue pages of a summary's thread: together with it they name every story once."""
        pages = of_rest([_line(one) for one in left], channel, 2 + len(trend.top), trend.says)
        self._pages += [NewBulletin(key=self._ids.delivery(), content=page, at=self._now, parent=key) for page in pages]


def _named(next_ones: Sequence[Witness]) -> tuple[Headline, ...]:
    """Return as many of the next stories as a message surely shows."""
    named, room = [], NAMED_SIZE
    for one in next_ones:
        link = len(one.url or "")
        room -= min(len(one.title), NEXT_TITLE_LIMIT) + min(len(one.outlet), NAME_LIMIT) + _FRAME
        room -= link if link <= NEXT_LINK_LIMIT else 0
        if room < 0:
            break
        named.append(Headline(title=one.title, url=one.url, outlet=one.outlet))
    return tuple(named)


def _line(one: Witness) -> Line:
    return Line(
        story=one.story, title=one.title, url=one.url, outlet=one.outlet, severity=one.match.severity, seen=one.seen
    )
