"""How fast messages may go: for each channel and for all together, and after what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast messages may go out, and how long to wait when they cannot."""

    channel: timedelta = timedelta(seconds=1)  # between messages to one channel
    overall: timedelta = timedelta(milliseconds=250)  # between messages to any
    burst: int = 2  # how many may go at once after a silence
    edits: timedelta = timedelta(seconds=2)  # between edits, wherever they are
    looks: tuple[timedelta, ...] = (timedelta(seconds=2), timedelta(seconds=10))  # the wait before each look-up
    search: timedelta = timedelta(minutes=10)  # that a look is tried for, where we may look too seldom
    audit: timedelta = timedelta(seconds=60)  # after a message was sent again, before it is looked for twice
    audit_life: timedelta = timedelta(days=1)  # that a look for copies is tried for, which somebody refuses
    first_retry: timedelta = timedelta(seconds=1)  # doubled with each attempt
    last_retry: timedelta = timedelta(minutes=5)  # and never longer than this
    channel_rest: timedelta = timedelta(minutes=2)  # after a channel refused; doubled with each further refusal
    longest_rest: timedelta = timedelta(minutes=15)  # and never longer than this
    route_rest: timedelta = timedelta(minutes=5)  # after the whole route refused
    batch: int = 50  # deliveries read from the outbox in one round, for each channel


def backoff(attempts: int, pace: Pace, chance: float) -> timedelta:
    """Return the wait after so many attempts: exponential, the upper half of it left to ``chance`` in [0, 1)."""
    if attempts <= 0:
        return timedelta()
    whole = min(pace.first_retry * (1 << min(attempts - 1, 30)), pace.last_retry)
    return whole * (0.5 + chance / 2)


def rest(attempts: int, pace: Pace) -> timedelta:
    """Return the wait after a channel refused the last of so many attempts: somebody may mend it at any time."""
    return min(pace.channel_rest * (1 << min(max(attempts - 1, 0), 30)), pace.longest_rest)


class Pacer:
    """The generic cell rate algorithm, as ITU-T I.371 describes it: an interval, and ``burst`` after a silence."""

    def __init__(self, channel: timedelta, overall: timedelta, *, burst: int) -> None:
        self._channel = channel
        self._overall = overall
        self._burst = burst
        self._expected: dict[str | None, datetime] = {}  # theoretical arrival times; None = all channels

    def opens(self, channel: str) -> datetime:
        """Return the moment from which a message to ``channel`` may go."""
        return max(self._opens(channel, self._channel), self._opens(None, self._overall))

    def take(self, channel: str, now: datetime) -> None:
        """Note that a message to ``channel`` goes now."""
        for name, interval in ((channel, self._channel), (None, self._overall)):
            self._expected[name] = max(self._expected.get(name, now), now) + interval

    def _opens(self, name: str | None, interval: timedelta) -> datetime:
        expected = self._expected.get(name)
        return expected - interval * (self._burst - 1) if expected else _LONG_AGO
