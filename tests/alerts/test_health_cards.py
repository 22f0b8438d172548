from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bulletin import Bulletin, Topic, tidied
from alerts.health import Change, Condition, DeadLetters, Doubles, Outage, Refusal, Report, SourceFact, snoozed
from alerts.health_cards import (
    Differences,
    Pause,
    Setting,
    compose,
    lasting,
    of_changes,
    of_pause,
    of_refused,
)
from alerts.story import Severity
from tests.fakes import NOON

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETTING = Setting(channel="#ops", zone=ZoneInfo("Europe/Paris"), meaning=lambda reason: f"It means {reason}.")


def change(condition: Condition, about: Any = None, subject: str = "source:kyodo", **more: Any) -> Change:
    told = Report(subject=subject, condition=condition, since=NOON - 26 * HOUR, changed=NOON)
    return Change(report=told, anew=False, about=about, **more)


def source(**changes: Any) -> SourceFact:
    values: dict[str, Any] = {
        "id": "kyodo",
        "name": "Kyodo News",
        "host": "kyodo.example",
        "good": NOON - 26 * HOUR,
        "tries": 41,
        "reason": "http-403",
        "detail": "403 Forbidden",
        "due": NOON + HOUR,
        "last_new": NOON - 30 * HOUR,
    }
    return SourceFact(**(values | changes))


def facts(bulletin: Bulletin) -> dict[str, str]:
    return dict(bulletin.facts)


def test_a_source_that_is_down_names_since_when_how_often_why_and_which_rules_lose_sight() -> None:
    told = compose(change(Condition.FAILING, source()), SETTING, ("raa-watch", "rare-earths"))
    assert told.title == "Source down for 26 h: Kyodo News"
    assert (told.topic, told.subject, told.severity) == (Topic.HEALTH, "kyodo", Severity.NOTICE)
    assert told.lead == "It means http-403."
    assert facts(told) == {
        "Last good answer": "2026-11-01 11:00 Europe/Paris",
        "Tries since": "41, the next 2026-11-02 14:00 Europe/Paris",
        "Last answer": "http-403 403 Forbidden",
        "Rules that lose sight": "raa-watch, rare-earths",
    }


def test_a_source_that_never_answered_says_so() -> None:
    assert facts(compose(change(Condition.FAILING, source(good=None)), SETTING))["Last good answer"] == "never"


def test_a_source_that_is_gone_is_tried_no_more() -> None:
    told = compose(change(Condition.GONE, source(due=None)), SETTING)
    assert told.title == "Source gone: Kyodo News"
    assert facts(told)["Tries since"] == "41, and no more"


def test_a_silent_source_says_what_is_usual() -> None:
    told = compose(change(Condition.SILENT, source(usual=40 * MINUTE)), SETTING)
    assert told.title == "Source silent for 26 h: Kyodo News"
    assert facts(told) == {"Last new story": "2026-11-01 07:00 Europe/Paris", "Usually": "a story every 40 min"}


def test_what_is_over_says_after_how_long_and_has_nothing_to_be_done_about_it() -> None:
    failed = Report(subject="source:kyodo", condition=Condition.FAILING, since=NOON - 26 * HOUR, changed=NOON - HOUR)
    told = compose(change(Condition.OVER, source(good=NOON), was=failed), SETTING)
    assert (told.title, told.severity, told.subject) == ("Kyodo News is back after 26 h", Severity.INFO, "")


def test_a_source_that_speaks_again_is_not_called_back() -> None:
    silent = Report(subject="source:kyodo", condition=Condition.SILENT, since=NOON - 26 * HOUR, changed=NOON - HOUR)
    for was in (silent, snoozed(silent, NOON)):
        told = compose(change(Condition.OVER, source(last_new=NOON), was=was), SETTING)
        assert told.title == "Kyodo News speaks again after 26 h"


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("source:kyodo", "kyodo is not watched any more"),
        ("network", "Most sources answer again after 26 h"),
        ("way:#news", "#news takes messages again after 26 h"),
        ("way:", "The main way out takes messages again after 26 h"),
        ("dead-letters", "No message is left that was refused"),
        ("doubles", "No message of the last week may stand twice"),
    ],
)
def test_each_trouble_has_its_end(subject: str, title: str) -> None:
    told = compose(change(Condition.OVER, subject=subject), SETTING)
    assert (told.title, told.severity) == (title, Severity.INFO)


def outage(*hosts: str) -> Outage:
    fails = tuple(source(id=host, name=host.upper(), host=host, reason="dns") for host in hosts)
    return Outage(sources=fails, enabled=40, since=NOON)


def test_sources_that_fail_together_are_listed_with_what_may_be_the_matter() -> None:
    told = compose(change(Condition.OUTAGE, outage(*(f"h{place:02}" for place in range(30))), "network"), SETTING)
    assert told.title == "Most sources fail together: 30 of 40"
    assert "the network, the name server or the proxy" in told.lead
    (part,) = told.parts
    assert (len(part.items), part.more, part.items[0].says) == (12, 18, "H00 — dns")


def test_one_host_that_fails_is_named() -> None:
    told = compose(change(Condition.OUTAGE, outage("a.example", "a.example"), "network"), SETTING)
    assert "all are at a.example" in told.lead


def test_what_may_stand_twice_is_counted_and_the_last_named() -> None:
    doubles = Doubles(number=2, key="01AB", channel="#news", detail="missing_scope", at=NOON)
    told = compose(change(Condition.DOUBLED, doubles, "doubles"), SETTING)
    assert (told.title, told.severity) == ("2 messages may stand twice", Severity.NOTICE)
    assert (facts(told)["In"], facts(told)["Answer"]) == ("#news", "missing_scope")


def test_refused_messages_are_counted_and_the_last_named_with_the_way_out() -> None:
    dead = DeadLetters(number=3, key="01AB", channel="#news", detail="refused invalid_blocks", at=NOON)
    told = compose(change(Condition.DEAD, dead, "dead-letters"), SETTING)
    assert told.title == "3 messages were refused"
    assert facts(told)["Answer"] == "refused invalid_blocks"
    assert facts(told)["Its key"] == "01AB"
    assert "tocsin outbox replay --dead" in told.foot
    one = DeadLetters(number=1, key="01AB", channel="#news", at=NOON)
    assert compose(change(Condition.DEAD, one, "dead-letters"), SETTING).title == "1 message was refused"


def test_a_way_out_that_refuses_says_what_waits() -> None:
    refusal = Refusal(channel=None, since=NOON, reason="token_revoked", waiting=7)
    told = compose(change(Condition.REFUSING, refusal, "way:"), SETTING)
    assert told.title == "The main way out refuses messages"
    assert facts(told) == {"Since": "2026-11-01 11:00 Europe/Paris", "Waiting": "7", "Answer": "token_revoked"}


def test_a_way_out_that_is_away_needs_nobody_to_mend_it() -> None:
    refusal = Refusal(channel="hook", since=NOON, reason="not-connected", waiting=2, answers=False)
    told = compose(change(Condition.REFUSING, refusal, "way:hook"), SETTING)
    assert told.title == "hook cannot be reached"
    assert "no message has got through since then" in told.lead


def test_a_refused_configuration_names_its_mistakes_and_the_way_out() -> None:
    told = of_refused(["config.yaml:3:5: unknown key"], 2, NOON, SETTING)
    assert told.title == "The changed configuration was refused: 3 mistakes"
    assert told.parts[0].items[0].text == "config.yaml:3:5: unknown key"
    assert told.parts[0].more == 2
    assert "tocsin check" in told.foot


def test_a_new_configuration_says_what_it_changes_and_whether_one_was_refused() -> None:
    differences = Differences(facts=(("Rules added", "nickel"),), at=NOON)
    told = of_changes(differences, SETTING)
    assert (told.title, told.facts) == ("A new configuration is in force", (("Rules added", "nickel"),))
    mended = of_changes(Differences(facts=(), at=NOON), SETTING, NOON - HOUR)
    assert mended.title == "The configuration is sound again"
    assert "one was refused at 2026-11-02 12:00" in mended.lead
    assert mended.facts == (("Changed", "nothing"),)


def test_a_pause_says_how_long_and_what_was_found_after_it() -> None:
    told = of_pause(Pause(since=NOON - 9 * HOUR, until=NOON, stories=1, read=12, enabled=40), SETTING)
    assert told.title == "Nobody watched for 9 h"
    assert facts(told)["Read since"] == "12 of 40 sources, 1 new story"


@pytest.mark.parametrize(
    ("span", "says"),
    [(timedelta(), "1 min"), (59 * MINUTE, "59 min"), (HOUR, "1 h"), (47 * HOUR, "47 h"), (2 * DAY, "2 days")],
)
def test_spans_are_said_as_people_do(span: timedelta, says: str) -> None:
    assert lasting(span) == says


@given(words=st.text(max_size=600), names=st.lists(st.text(max_size=90), max_size=40))
def test_what_others_wrote_is_made_clean(words: str, names: list[str]) -> None:
    for told in (
        compose(change(Condition.FAILING, source(name=words, detail=words)), SETTING, names),
        compose(
            change(Condition.REFUSING, Refusal(channel=words, since=NOON, reason=words, waiting=1), "way:x"), SETTING
        ),
        of_refused(names, 3, NOON, SETTING),
    ):
        assert tidied(told) == told
