"""What becomes of a message that a channel could be sent: told, told quietly, kept for a digest, or muted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.routing.budget import Overrun
    from alerts.routing.hours import Hush
    from alerts.routing.inhibit import Inhibited
    from alerts.routing.silence import Muted


class Calm(StrEnum):
    """Why a message is not sent by itself, or that it is; stored and shown by ``why``."""

    SENT = "sent"
    SILENCED = "silenced"
    INHIBITED = "inhibited"
    QUIET_HOURS = "quiet-hours"
    OVER_BUDGET = "over-budget"
    STORM = "storm"  # decided later, of what waits in the queue; see alerts.routing.storm

    @property
    def waits(self) -> bool:
        """Whether the channel's next digest lists it, or a summary when the time is over."""
        return self in {Calm.QUIET_HOURS, Calm.OVER_BUDGET}

    @property
    def replies(self) -> bool:
        """Whether it stands in a thread, without a broadcast."""
        return self is Calm.INHIBITED


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What becomes of a message, and why."""

    calm: Calm
    says: str = ""
    until: datetime | None = None  # when the cause ends; None: there is none
    further: tuple[str, ...] = ()  # what would have kept it back besides


def rule_on(*, muted: Muted | None, inhibited: Inhibited | None, hush: Hush | None, overrun: Overrun | None) -> Ruling:
    """Return what becomes of a message: the first cause counts, and the others are told of.

    What a person muted comes first; then what a critical message says better; then the hour; and the budget
    last, so that only what would be sent is weighed against it.
    """
    causes = [
        *([(Calm.SILENCED, muted.says, muted.until)] if muted else []),
        *([(Calm.INHIBITED, inhibited.says, inhibited.until)] if inhibited else []),
        *([(Calm.QUIET_HOURS, hush.says, hush.until)] if hush else []),
        *([(Calm.OVER_BUDGET, overrun.says, overrun.room)] if overrun else []),
    ]
    if not causes:
        return Ruling(calm=Calm.SENT)
    calm, says, until = causes[0]
    return Ruling(calm=calm, says=says, until=until, further=tuple(cause[1] for cause in causes[1:]))
