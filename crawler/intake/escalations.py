"""Tells others of messages that nobody acknowledged in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.routing.escalation import STALE, due
from crawler.store.calm_plan import CalmPlan, Escalated
from crawler.store.plan import Plan
from crawler.visits.poll import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.routing.spec import EscalateSpec
    from crawler.store.plan import Memory


def look(specs: Sequence[EscalateSpec], now: datetime, memory: Memory) -> Plan:
    """Return the messages that others are to be told of now; to be asked every few seconds."""
    if not specs:
        return Plan()
    longest = max(spec.unless_acked for spec in specs)
    gravest = min(spec.severity for spec in specs)
    watched = memory.calm.unacknowledged(gravest, now - longest - STALE)
    found = [Escalated(key=one.key, to=one.to, why=one.says, at=now) for one in due(specs, watched, now)]
    return Plan(calm=CalmPlan(escalated=found), tally=Tally(alerts=len(found)))
