"""What messages say about the machine's clock when it was set back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.bulletin import Bulletin, Topic, tidied
from alerts.health_cards import lasting
from alerts.story import Severity

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from alerts.health_cards import Setting


def of_clock(ahead: timedelta, now: datetime, setting: Setting) -> Bulletin:
    """Return what is said when Tocsin's own clock, which shows ``now``, is so much ahead of the machine's."""
    return tidied(
        Bulletin(
            channel=setting.channel,
            topic=Topic.HEALTH,
            title=f"The machine's clock was set back by {lasting(ahead)}",
            severity=Severity.HIGH,
            lead="Tocsin's own goes on at half speed until the machine's has caught up, so that no visit is put off; "
            "until then times on cards are ahead, and sources are visited half as often",
            facts=(
                ("The machine's clock", setting.at(now - ahead)),
                ("Tocsin's", setting.at(now)),
                ("They agree again at", setting.at(now + ahead)),
            ),
            foot="if the machine's clock was right before, set it ahead again; timedatectl set-ntp true keeps it right",
        )
    )


def of_clock_again(now: datetime, setting: Setting) -> Bulletin:
    """Return what is said when the machine's clock has caught up."""
    return tidied(
        Bulletin(
            channel=setting.channel,
            topic=Topic.HEALTH,
            title="Tocsin's clock and the machine's agree again",
            severity=Severity.INFO,
            facts=(("Since", setting.at(now)),),
        )
    )
