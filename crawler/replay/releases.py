"""When a replay tells what was held back: as soon as there is room for it, or its time is over."""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.policy import Reason
from alerts.story import Severity
from crawler.replay.nouns import Kind, Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from alerts.routing.spec import RoutingSpec
    from alerts.rules.spec import QuietSpec
    from crawler.ids import Ids
    from crawler.replay.memory import Held, ReplayedPast

_MINUTE = timedelta(minutes=1)  # what a limit held back is looked at so often


class Releases:
    """Makes summaries of what waits, at the moments at which the daemon would have."""

    def __init__(self, past: ReplayedPast, routing: RoutingSpec, quiet: Mapping[str, QuietSpec], ids: Ids) -> None:
        self._past = past
        self._quiet = quiet
        self._ids = ids
        self._with_digest = {channel for spec in routing.digests for channel in spec.to}

    def until(self, now: datetime) -> Iterator[tuple[Message, Sequence[Held]]]:
        """Yield the summaries that were due by a moment, with what they tell of.

        What waits for a digest is left to it, and makes no message of its own.
        """
        for (rule, channel), limit in self._past.quiet.limits.items():
            if limit.waiting and (at := self._room(rule, limit.sent, limit.waiting[0].at)) <= now:
                held, limit.waiting = limit.waiting, []
                limit.sent.append(at)
                yield self._summary(held, channel, at), held
        for channel, waiting in self._past.calm.waiting.items():
            for reason in sorted(waiting):
                if reason is not Reason.GROUPED and channel in self._with_digest:
                    del waiting[reason]  # nobody looks at it again: the digest finds it among the decisions
                elif (due := waiting[reason].due) and due <= now:
                    held = waiting.pop(reason).held
                    if reason is Reason.GROUPED:
                        self._past.calm.last_flush[channel] = due
                    yield self._summary(held, channel, due), held

    def _room(self, rule: str, sent: Sequence[datetime], since: datetime) -> datetime:
        """Return when a rule may tell a channel one message more, of what waits since a moment."""
        limit = self._quiet[rule].at_most if rule in self._quiet else None
        soon = since + _MINUTE
        if limit is None or len(sent) - bisect_right(sent, soon - limit.per) < limit.count:
            return soon
        return max(soon, sent[-limit.count] + limit.per)

    def _summary(self, held: Sequence[Held], channel: str, at: datetime) -> Message:
        newest = max(held, key=lambda one: (one.verdict.story, one.verdict.version)).verdict
        severity = max(one.verdict.match.severity for one in held)
        groups = {one.verdict.group for one in held}
        if severity < Severity.CRITICAL and (len(groups) == 1 or newest.reason.is_of_rule):
            self._past.calm.sent_to[channel].append(at)
        return Message(
            key=self._ids.delivery(),
            at=at,
            channel=channel,
            kind=Kind.SUMMARY,
            rules=tuple(dict.fromkeys(one.verdict.match.rule for one in held)),
            severity=severity,
            story=newest.story,
            version=newest.version,
            group=newest.group,
            says=f"{len(groups)} {'story' if len(groups) == 1 else 'stories'} held back: {newest.reason.words}",
        )
