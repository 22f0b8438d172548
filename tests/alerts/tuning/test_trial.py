"""A report on trials fits into Slack whatever rules are called and however much they would have sent."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.face import face_for
from alerts.outbox import Delivery, State
from alerts.routing.digest import Line
from alerts.rules.spec import Rate
from alerts.slack.blocks import message
from alerts.story import Severity
from alerts.tuning.precision import Precision
from alerts.tuning.trial import PAGES, Trial, Unsent, Week, of_trials
from tests import slack_rules
from tests.fakes import NOON

WEEK = Week(
    since=NOON - timedelta(days=7),
    until=NOON,
    zone=ZoneInfo("Europe/Paris"),
    budget=Rate(count=20, per=timedelta(hours=1)),
)
TEXT = st.text(max_size=300)
NAMES = st.text(alphabet="abcäßé<>&-", min_size=1, max_size=99)


def line(title: str, url: str | None = "https://wire.example/1") -> Line:
    return Line(story=1, title=title, url=url, outlet="Wire", severity=Severity.HIGH, seen=NOON)


UNSENT = st.builds(
    Unsent,
    channel=st.sampled_from(["#news", "#asia", ""]),
    line=TEXT.map(line),
    code=st.just("0AMZZQCM0HQ14"),
    says=TEXT,
)
TRIALS = st.lists(
    st.builds(
        Trial,
        rule=NAMES,
        name=TEXT,
        channels=st.just(("#news",)),
        unsent=st.lists(UNSENT, max_size=40).map(tuple),
        precision=st.builds(Precision, relevant=st.integers(0, 9), not_relevant=st.integers(0, 9)),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=25, deadline=None)
@given(TRIALS)
def test_slack_takes_every_page(trials: list[Trial]) -> None:
    pages = of_trials(trials, "#ops", WEEK)
    assert len(pages) <= PAGES + 1
    for page in pages:
        one = Delivery(key="01J9ZK4Q0000000000000000A1", content=page, state=State.PENDING, queued=NOON)
        said = message(face_for(one), delivery=one, channel="C0OPS00001", buttons=True)
        assert slack_rules.refusal(said) is None


def test_volume_is_said_by_channel_beside_the_budget() -> None:
    unsent = tuple(Unsent(channel=channel, line=line("t"), code="x") for channel in ("#b", "#a", "#b"))
    trial = Trial(rule="r", name="R", channels=("#a", "#b", "#c"), unsent=unsent)
    assert trial.says(timedelta(days=7), WEEK.budget) == (
        "3 in 7 days: 2 to #b, 1 to #a, 0 to #c; the budget of a channel is 20 in 1 hour"
    )
    assert Trial(rule="r", name="R", channels=()).says(timedelta(hours=3)) == "0 in 3 hours: it names no channel"


def test_a_long_list_says_how_much_is_missing() -> None:
    unsent = tuple(Unsent(channel="#a", line=line(f"t{number}"), code="x") for number in range(45))
    (report,) = of_trials([Trial(rule="r", name="R", channels=("#a",), unsent=unsent)], "#ops", WEEK)
    (part,) = report.parts
    assert (len(part.items), part.more) == (20, 25)
