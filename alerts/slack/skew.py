"""How far our clock is ahead of Slack's, by which its messages are dated."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


MOST = timedelta(days=1)  # of a clock that was ever further ahead nothing follows for what it says by now


class Skew:
    """Learns it from the ``Date`` of every answer, which has whole seconds.

    What counts is the most of it that was ever seen: a clock that was set back goes on at half speed until the
    machine's has caught up, and what was noted before that is dated too late still.
    """

    def __init__(self) -> None:
        self._most = timedelta()

    def note(self, headers: Mapping[str, str], asked: datetime) -> None:
        """Compare when we asked with what the answer is dated, which is later; one without a date says nothing."""
        said = next((value for name, value in headers.items() if name.lower() == "date"), "")
        with suppress(ValueError):  # what is no date
            dated = parsedate_to_datetime(said)
            if dated.tzinfo:
                self._most = min(max(asked - dated, self._most), MOST)

    def at_slack(self, moment: datetime) -> datetime:
        """Return a moment of ours as Slack dates it, or earlier."""
        return moment - self._most
