"""What the store remembers of how sources and ways out do, and of what people were told about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.health import DeadLetters, Doubles, Refusal, Report, Seen
    from alerts.health_cards import Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report, and the message that tells of it."""

    report: Report
    key: str


class HealthMemory(Protocol):
    """What can be asked about health, what this transaction wrote included."""

    def reports(self) -> Mapping[str, Reported]:
        """Return what was told last of each subject."""

    def seen(self, now: datetime, *, all_: bool) -> Seen:
        """Return the sources in trouble and those that open reports are about; with ``all_`` every one."""

    def brought(self, since: datetime) -> Mapping[str, Mapping[str, int]]:
        """Return of how many stories each rule spoke that were seen since a moment: by rule, by source."""

    def dead(self, but: Collection[str]) -> DeadLetters:
        """Return the messages that were refused in every form, leaving out these keys."""

    def doubles(self, now: datetime) -> Doubles:
        """Return the messages of the last week that may stand there twice, since an audit of them was given up."""

    def refusals(self, now: datetime) -> Sequence[Refusal]:
        """Return the ways out that refuse what waits for them."""

    def pause(self) -> Pause | None:
        """Return the last time in which nobody watched; None when there was none yet."""
