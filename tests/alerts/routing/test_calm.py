from __future__ import annotations

from datetime import timedelta

from alerts.routing.budget import Overrun
from alerts.routing.calm import Calm, Ruling, rule_on
from alerts.routing.hours import Hush
from alerts.routing.inhibit import Inhibited
from alerts.routing.silence import Matcher, Muted, Silence
from alerts.story import Severity
from tests.alerts.routing.test_inhibit import told
from tests.fakes import NOON

HOUR = timedelta(hours=1)
MUTED = Muted(
    by=(Silence(id="s1", matcher=Matcher(rules=("raa",)), author="anna", start=NOON, end=NOON + HOUR),),
)
INHIBITED = Inhibited(by=told(severity=Severity.CRITICAL), until=NOON + 2 * HOUR)
HUSH = Hush(window="night", until=NOON + 3 * HOUR, says="night")
OVERRUN = Overrun(sent=20, room=NOON + 4 * HOUR, says="full")


def test_what_nothing_keeps_back_is_sent() -> None:
    assert rule_on(muted=None, inhibited=None, hush=None, overrun=None) == Ruling(calm=Calm.SENT)


def test_the_first_cause_counts_and_the_others_are_told_of() -> None:
    ruling = rule_on(muted=MUTED, inhibited=INHIBITED, hush=HUSH, overrun=OVERRUN)
    assert (ruling.calm, ruling.says, ruling.until) == (Calm.SILENCED, MUTED.says, NOON + HOUR)
    assert ruling.further == (INHIBITED.says, "night", "full")
    ruling = rule_on(muted=None, inhibited=INHIBITED, hush=HUSH, overrun=OVERRUN)
    assert (ruling.calm, ruling.until, ruling.calm.replies) == (Calm.INHIBITED, NOON + 2 * HOUR, True)
    ruling = rule_on(muted=None, inhibited=None, hush=HUSH, overrun=OVERRUN)
    assert (ruling.calm, ruling.until, ruling.calm.waits) == (Calm.QUIET_HOURS, NOON + 3 * HOUR, True)
    ruling = rule_on(muted=None, inhibited=None, hush=None, overrun=OVERRUN)
    assert (ruling.calm, ruling.until, ruling.calm.waits) == (Calm.OVER_BUDGET, NOON + 4 * HOUR, True)


def test_what_somebody_muted_waits_for_nothing() -> None:
    assert not Calm.SILENCED.waits
    assert not Calm.SILENCED.replies
