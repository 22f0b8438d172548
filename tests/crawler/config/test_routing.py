from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alerts.routing.spec import (
    DigestSpec,
    EscalateSpec,
    GroupSpec,
    MatchSpec,
    QuietHours,
    RouteSpec,
    Style,
)
from alerts.rules.spec import Rate
from alerts.story import Severity
from crawler.config import routing, values
from crawler.config.nodes import Section
from crawler.config.routing import Known, Routing
from tests.crawler.config.makers import item

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.config.nodes import Item

PARIS, TOKYO = ZoneInfo("Europe/Paris"), ZoneInfo("Asia/Tokyo")
WORKDAYS = frozenset(range(5))
KNOWN = Known(
    rules=("raa", "eu-minerals"), tags=("minerals", "treaties"), owners=("anna",), notifiers=("pagerduty", "mail")
)


def read(text: str, reader: Callable[[Item], Any]) -> tuple[Any, list[str]]:
    """What a reader makes of a text, and what it notes."""
    one = item(text)
    found = reader(one)
    return found, [f"{problem.level}: {problem.message} ({problem.hint})" for problem in one.context.findings.all]


def route(text: str) -> tuple[RouteSpec, list[str]]:
    (spec, _), problems = read(text, lambda one: routing.read_route(one, KNOWN))
    return spec, problems


def quiet_hours(text: str) -> tuple[QuietHours | None, list[str]]:
    found, problems = read(text, lambda one: routing.read_quiet_hours(one, PARIS))
    return (found[1] if found else None), problems


def digest(text: str) -> tuple[DigestSpec | None, list[str]]:
    found, problems = read(text, lambda one: routing.read_digest(one, PARIS, KNOWN))
    return (found[1] if found else None), problems


# ---------------------------------------------------------------- routes


def test_a_route_with_all_its_keys() -> None:
    spec, problems = route(
        "{match: {severity: high, tags: [minerals], rules: [raa], sources: [nhk.or.jp], tier: 2, countries: [JP],"
        " languages: [zh_Hant], owner: anna}, to: ['#duty'], also: [pagerduty], group: {wait: 10s, interval: 2m},"
        " style: compact, template: short.j2}"
    )
    assert problems == []
    assert spec == RouteSpec(
        match=MatchSpec(
            severity=Severity.HIGH,
            tags=("minerals",),
            rules=("raa",),
            sources=("nhk.or.jp",),
            tier=2,
            countries=("jp",),
            languages=("zh-hant",),
            owner=("anna",),
        ),
        to=("#duty",),
        also=("pagerduty",),
        group=GroupSpec(wait=timedelta(seconds=10), interval=timedelta(minutes=2)),
        style=Style.COMPACT,
        template="short.j2",
    )
    assert spec.at is not None
    assert (spec.at.line, spec.at.column) == (1, 1)


def test_a_route_may_take_everything_and_wait_the_usual_time() -> None:
    spec, problems = route("{to: '#news', group: {}}")
    assert problems == []
    assert spec == RouteSpec(to=("#news",), group=GroupSpec(wait=timedelta(seconds=30), interval=timedelta(minutes=5)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{match: {tags: [minerals]}}", 'error: this route changes nothing (write `to: ["#channel"]`, or remove it)'),
        (
            "{to: '#a', also: ['#news']}",
            "error: `also: #news` is a channel, and `also` names notifiers (write it in `to:` of this route)",
        ),
        ("{to: '#a', also: [pagerdutty]}", "error: there is no notifier `pagerdutty` (did you mean `pagerduty`?)"),
        ("{to: '#a', match: {rules: [xyz]}}", "error: there is no rule `xyz` (name a rule's id)"),
        (
            "{to: '#a', match: {tags: [mineral]}}",
            "warning: `tags: mineral`: no rule and no source has this tag (did you mean `minerals`?)",
        ),
        ("{to: '#a', match: {owner: zoe}}", "warning: `owner: zoe`: no rule has this owner (None)"),
        ("{to: '#a', style: ful}", "error: `style: ful` is not one of full, compact (did you mean `full`?)"),
        ("{to: '#a', macth: {}}", "error: `macth` is not known in `routes[]` (did you mean `match`?)"),
    ],
)
def test_a_route_that_cannot_be_meant_is_told_so(text: str, problem: str) -> None:
    assert route(text)[1] == [problem]


# ---------------------------------------------------------------- quiet hours


def test_quiet_hours_with_all_their_keys() -> None:
    spec, problems = quiet_hours(
        '{name: night, channels: ["#news"], between: "22:00-07:00", days: mon-fri, except: critical, then: digest,'
        " timezone: Asia/Tokyo}"
    )
    assert problems == []
    assert spec == QuietHours(
        name="night",
        channels=("#news",),
        start=time(22),
        end=time(7),
        days=WORKDAYS,
        zone=TOKYO,
        but=Severity.CRITICAL,
    )


def test_quiet_hours_of_every_day_and_channel() -> None:
    spec, problems = quiet_hours("{name: night, between: 00:00-24:00}")
    assert problems == []
    assert spec == QuietHours(name="night", start=time(), end=time(), zone=PARIS)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{between: 22:00-07:00}", "`name` is missing"),
        ("{name: night}", "`between` is missing"),
        ("{name: night, between: 22:00}", "`between: 22:00` is not a span of hours"),
        ("{name: night, between: 07:00-07:00}", "`between: 07:00-07:00` ends when it begins"),
        ("{name: night, between: 22:00-07:00, then: drop}", "`then: drop` is not one of digest"),
        ("{name: night, between: 22:00-07:00, days: weekend}", "`days: weekend` names no weekdays"),
    ],
)
def test_quiet_hours_that_cannot_be_meant_are_told_so(text: str, problem: str) -> None:
    _, problems = quiet_hours(text)
    assert len(problems) == 1
    assert problem in problems[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-fri", "01234"),
        ("mon-sun", "0123456"),
        ("Sat, SUN", "56"),
        ("fri-mon", "4560"),
        ("wed", "2"),
        ("wed-wed", "2"),
        ("mon-tue,thu", "013"),
    ],
)
def test_weekdays_are_names_and_spans(text: str, expected: str) -> None:
    assert routing.days(text) == {int(day) for day in expected}


@pytest.mark.parametrize("text", ["", "mon-", "-fri", "mon,", "1-5", "montag", "mon-fri-sun", "mon fri"])
def test_what_is_no_weekday_is_refused(text: str) -> None:
    with pytest.raises(values.Unusable):
        routing.days(text)


@given(st.times(), st.times())
def test_hours_are_read_as_they_are_written(one: time, other: time) -> None:
    written = f"{one:%H:%M}-{other:%H:%M}"
    if f"{one:%H:%M}" == f"{other:%H:%M}":
        with pytest.raises(values.Unusable):
            routing.between(written)
    else:
        assert "-".join(f"{at:%H:%M}" for at in routing.between(written)) == written


@pytest.mark.parametrize("text", ["7", "24:00", "07:60", "7:5", "07:30:00", "０7:30", "-1:00", "", "7.30"])
def test_what_is_no_time_of_the_day_is_refused(text: str) -> None:
    with pytest.raises(values.Unusable):
        routing.time_of_day(text)


# ---------------------------------------------------------------- budgets and escalation


def budget(text: str) -> tuple[Rate | None, list[str]]:
    found, problems = read(text, lambda one: routing.read_budget(Section(one, "budgets")))
    return found, problems


def test_a_budget_is_a_rate() -> None:
    assert budget("{per_channel: 20/h, overflow: digest}") == (Rate(count=20, per=timedelta(hours=1)), [])
    assert budget("{}") == (None, [])


def test_an_overflow_of_nothing_is_refused() -> None:
    assert "there is none (add `per_channel`)" in budget("{overflow: digest}")[1][0]


def escalation(text: str) -> tuple[EscalateSpec | None, list[str]]:
    return read(text, routing.read_escalation)


def test_an_escalation_says_when_and_to_whom() -> None:
    expected = EscalateSpec(severity=Severity.CRITICAL, unless_acked=timedelta(minutes=15), to=("#managers",))
    assert escalation("{severity: critical, unless_acked: 15m, to: ['#managers']}") == (expected, [])


@pytest.mark.parametrize("missing", ["severity", "unless_acked", "to"])
def test_an_escalation_needs_all_of_it(missing: str) -> None:
    whole = {"severity": "critical", "unless_acked": "15m", "to": "#managers"}
    spec, problems = escalation(yaml.safe_dump({key: value for key, value in whole.items() if key != missing}))
    assert spec is None
    assert len(problems) == 1
    assert f"`{missing}` is missing" in problems[0]


# ---------------------------------------------------------------- digests


def test_a_digest_with_all_its_keys() -> None:
    spec, problems = digest(
        '{name: morning, at: "07:30", days: mon-fri, to: "#news", rules: [raa], timezone: Asia/Tokyo, empty: sent}'
    )
    assert problems == []
    assert spec == DigestSpec(
        name="morning", at=time(7, 30), days=WORKDAYS, zone=TOKYO, to=("#news",), rules=("raa",), empty=True
    )


@pytest.mark.parametrize("rules", ["", ", rules: all", ", rules: [all]"])
def test_a_digest_is_of_all_rules_every_day_and_silent_when_empty(rules: str) -> None:
    spec, problems = digest(f"{{name: morning, at: 07:30, to: '#news'{rules}}}")
    assert problems == []
    assert spec == DigestSpec(name="morning", at=time(7, 30), zone=PARIS, to=("#news",))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{name: morning, to: '#news'}", "`at` is missing"),
        ("{name: morning, at: 07:30}", "`to` is missing"),
        ("{name: morning, at: 0730, to: '#news'}", "`at: 0730` is not a time of the day"),
        ("{name: morning, at: 07:30, to: '#news', rules: [ra]}", "there is no rule `ra` (did you mean `raa`?)"),
        ("{name: morning, at: 07:30, to: '#news', rules: [all, raa]}", "there is no rule `all`"),
    ],
)
def test_a_digest_that_cannot_be_meant_is_told_so(text: str, problem: str) -> None:
    _, problems = digest(text)
    assert len(problems) == 1
    assert problem in problems[0]


# ---------------------------------------------------------------- all of it, as when the sections are available

WHOLE = """
routes:
  - {match: {severity: high}, to: "#duty"}
  - {match: {severity: critical}, to: "#never"}
  - {match: {sources: [nhk.or.jp]}, style: compact}
quiet_hours:
  - {name: night, between: 22:00-07:00}
budgets: {per_channel: 20/h}
escalate:
  - {severity: critical, unless_acked: 15m, to: "#managers"}
digests:
  - {name: morning, at: 07:30, to: "#news"}
"""


class Available(Section):
    """The file itself, where every section is available."""

    def __init__(self, whole: Item) -> None:
        empty = replace(whole, node=item("{}").node)
        super().__init__(empty, "")
        self._items = {value.name: value for _, value in whole.pairs()}


def whole(text: str) -> tuple[Routing, list[str]]:
    one = item(text)
    main = Available(one)
    found = routing.read_routing(main, PARIS, KNOWN)
    return found, [f"{problem.place.line}: {problem.message}" for problem in one.context.findings.all]


def test_all_sections_are_read_together() -> None:
    found, problems = whole(WHOLE)
    assert problems == ["4: route 2 never takes anything: route 1 (line 3) takes all of it before"]
    spec = found.spec
    assert [len(spec.routes), len(spec.quiet_hours), len(spec.escalate), len(spec.digests)] == [3, 1, 1, 1]
    assert spec.budget == Rate(count=20, per=timedelta(hours=1))
    assert [len(gates.sources) for gates in found.gates] == [0, 0, 1]


def test_a_name_that_comes_twice_is_refused() -> None:
    text = WHOLE + "  - {name: morning, at: 19:30, to: '#news'}\n"
    found, problems = whole(text)
    assert "13: the name `morning` is given twice" in problems
    assert [one.at for one in found.spec.digests] == [time(7, 30)]


def test_routes_that_could_not_be_read_are_not_compared() -> None:
    _, problems = whole(WHOLE.replace("severity: high", "severity: hihg"))
    assert len(problems) == 1
    assert "hihg" in problems[0]


def test_an_escalation_to_nobody_is_a_mistake() -> None:
    text = "{severity: critical, unless_acked: 15m, to: []}"
    spec, problems = read(text, routing.read_escalation)
    assert spec is None
    assert problems == ['error: `to` names no channel (write `to: ["#channel"]`)']
