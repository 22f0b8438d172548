"""What a worker may do for all."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A part of the work that a process takes its share of."""

    CRAWL = "crawl"  # visits sources and pages, judges what they bring
    DELIVER = "deliver"  # sends messages, hears Slack's buttons
    MAINTENANCE = "maintenance"  # what goes by the clock: digests, silence, health, retention, the canary


EVERY = frozenset(Role)
