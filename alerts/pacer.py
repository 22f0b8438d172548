"""The pacer: when the next message may go, for each channel and for all together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


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
