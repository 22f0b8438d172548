"""Tells of what limits of rules held back, one summary for a rule and a channel, as soon as there is room for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.policy import Reason, has_room
from alerts.routing.spec import RoutingSpec
from alerts.story import Headline, Trend
from alerts.stream import HELD_BACK, held_back_says
from crawler.intake.calm import hush_of
from crawler.store.plan import NewDelivery, Plan, StreamAlert, StreamPlan, Summary
from crawler.visits.poll import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from alerts.rules.spec import QuietSpec, Rate
    from crawler.ids import Ids
    from crawler.store.plan import Memory, Witness

NAMED = 10  # stories that a summary names, the newest


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
            tally=Tally(alerts=len(self._deliveries)),
        )

    def _sum_up(self, rule: str, channel: str, limit: Rate | None, held: Sequence[Witness]) -> None:
        newest, key = held[0], self._ids.delivery()
        limited = any(one.reason is Reason.OVER_LIMIT for one in held)
        top = tuple(Headline(title=one.title, url=one.url, outlet=one.outlet) for one in held[1:NAMED])
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
