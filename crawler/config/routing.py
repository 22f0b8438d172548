"""Who gets a message and when: ``routes:``, ``quiet_hours:``, ``budgets:``, ``escalate:`` and ``digests:``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import TYPE_CHECKING, TypeVar

from alerts.routing.route import lint
from alerts.routing.spec import (
    EVERY_DAY,
    DigestSpec,
    EscalateSpec,
    GroupSpec,
    MatchSpec,
    QuietHours,
    RouteSpec,
    RoutingSpec,
    Style,
)
from alerts.rules.spec import Rate
from crawler.config import values
from crawler.config.nodes import Item, Section
from crawler.config.strangers import Gates

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from zoneinfo import ZoneInfo

Named = TypeVar("Named", QuietHours, DigestSpec)

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_WAIT, _INTERVAL = timedelta(seconds=30), timedelta(minutes=5)
_DIGEST = values.choice("digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What routes and digests may name."""

    rules: Collection[str] = ()
    tags: Collection[str] = ()  # of rules and of sources
    owners: Collection[str] = ()
    notifiers: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """What was read, and what it asks of sources that may not exist."""

    spec: RoutingSpec
    gates: tuple[Gates, ...]  # for crawler.config.strangers


def read_routing(main: Section, zone: ZoneInfo, known: Known) -> Routing:
    """Read the sections that say who gets a message and when; ``zone`` is the one of the whole file."""
    read = [read_route(item, known) for item in main.entries("routes")]
    routes = tuple(route for route, _ in read)
    if not main.context.findings.fatal:  # what could not be read asks for less than was meant
        main.context.findings.add(lint(routes))
    quiet_hours = [read_quiet_hours(item, zone) for item in main.entries("quiet_hours")]
    escalate = [read_escalation(item) for item in main.entries("escalate")]
    digests = [read_digest(item, zone, known) for item in main.entries("digests")]
    return Routing(
        spec=RoutingSpec(
            routes=routes,
            quiet_hours=_unique(quiet_hours),
            budget=read_budget(main.section("budgets")),
            escalate=tuple(one for one in escalate if one),
            digests=_unique(digests),
        ),
        gates=tuple(gates for _, gates in read),
    )


def read_route(item: Item, known: Known) -> tuple[RouteSpec, Gates]:
    """Read one entry of ``routes:``."""
    section = Section(replace(item, name="an entry of routes"), "routes[]")
    match = section.section("match")
    spec = RouteSpec(
        match=_read_match(match, known),
        to=section.many("to", values.channel),
        also=section.many("also", notifier),
        group=_read_group(section),
        style=section.optional("style", style),
        template=section.optional("template", values.text),
        at=item.place,
    )
    _refuse_strangers(section, "also", known.notifiers, "notifier", "write it below `notifiers:`", read=notifier)
    given = ("to", "also", "group", "style", "template")
    if section.is_mapping and not any(section.tried(key) for key in given):
        item.error("this route changes nothing", 'write `to: ["#channel"]`, or remove it')
    return spec, Gates.of(match)


def notifier(value: str) -> str:
    """Read the name of a notifier; raises values.Unusable with the way out for a channel of Slack, too."""
    if value.strip()[:1] in {"#", "@"}:
        raise values.Unusable("is a channel, and `also` names notifiers", "write it in `to:` of this route")
    return values.identifier(value)


def read_quiet_hours(item: Item, zone: ZoneInfo) -> tuple[Item, QuietHours] | None:
    """Read one entry of ``quiet_hours:``, with its name's place; None, with a problem noted, when it has no hours."""
    section = Section(replace(item, name="an entry of quiet_hours"), "quiet_hours[]")
    named, given = section.required("name"), section.required("between")
    name = named.read(values.identifier) if named else None
    hours = given.read(between) if given else None
    section.optional("then", _DIGEST)
    window = QuietHours(
        name=name or "",
        channels=section.many("channels", values.channel),
        start=hours[0] if hours else time(),
        end=hours[1] if hours else time(),
        days=section.read("days", days, EVERY_DAY),
        zone=section.read("timezone", values.zone, zone),
        but=section.optional("except", values.severity),
    )
    return (named, window) if named and name and hours else None


def read_budget(section: Section) -> Rate | None:
    """Read ``budgets:``; None when there is no limit."""
    section.optional("overflow", _DIGEST)
    found = section.optional("per_channel", values.rate)
    if (overflow := section.get("overflow")) and not section.tried("per_channel"):
        overflow.error("`overflow` says what becomes of what exceeds a limit, and there is none", "add `per_channel`")
    return Rate(count=found[0], per=found[1]) if found else None


def read_escalation(item: Item) -> EscalateSpec | None:
    """Read one entry of ``escalate:``; None, with a problem noted, when something is missing."""
    section = Section(replace(item, name="an entry of escalate"), "escalate[]")
    level, wait = section.required("severity"), section.required("unless_acked")
    severity = level.read(values.severity) if level else None
    unless_acked = wait.read(values.duration_between(_MINUTE, _DAY)) if wait else None
    target = section.required("to")
    to = section.many("to", values.channel)
    if target and not section.entries("to"):
        target.error("`to` names no channel", 'write `to: ["#channel"]`')
    return (
        EscalateSpec(severity=severity, unless_acked=unless_acked, to=to) if severity and unless_acked and to else None
    )


def read_digest(item: Item, zone: ZoneInfo, known: Known) -> tuple[Item, DigestSpec] | None:
    """Read one entry of ``digests:``, with its name's place; None, with a problem noted, when something is missing."""
    section = Section(replace(item, name="an entry of digests"), "digests[]")
    named, given = section.required("name"), section.required("at")
    name = named.read(values.identifier) if named else None
    at = given.read(time_of_day) if given else None
    section.required("to")
    spec = DigestSpec(
        name=name or "",
        at=at or time(),
        days=section.read("days", days, EVERY_DAY),
        zone=section.read("timezone", values.zone, zone),
        to=section.many("to", values.channel),
        rules=_read_rules(section, known),
        empty=section.read("empty", values.choice("silent", "sent"), "silent") == "sent",
    )
    return (named, spec) if named and name and at is not None and spec.to else None


def style(value: str) -> Style:
    """Read ``full`` or ``compact``."""
    return Style(values.choice(*Style)(value))


def time_of_day(value: str) -> time:
    """Read a time such as ``07:30``."""
    found = _TIME.fullmatch(value.strip())
    if not found:
        raise values.Unusable("is not a time of the day", "write hours and minutes, such as 07:30")
    return time(int(found[1]), int(found[2]))


def between(value: str) -> tuple[time, time]:
    """Read hours such as ``22:00-07:00``; ``00:00-24:00`` is the whole day, which ends at midnight."""
    first, _, last = value.partition("-")
    hint = "write from when to when, such as 22:00-07:00"
    try:
        start = time_of_day(first)
        end = time() if last.strip() == "24:00" else time_of_day(last)
    except values.Unusable as error:
        raise values.Unusable("is not a span of hours", hint) from error
    if start == end and last.strip() != "24:00":
        raise values.Unusable("ends when it begins", "write 00:00-24:00 for the whole day")
    return start, end


def days(value: str) -> frozenset[int]:
    """Read weekdays such as ``mon-fri``, ``sat,sun`` or ``fri-mon``; 0 is Monday."""
    found: set[int] = set()
    for part in value.lower().split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if first not in _WEEKDAYS or (dash and last not in _WEEKDAYS):
            raise values.Unusable(
                "names no weekdays", f"write days such as mon-fri or sat,sun, of {' '.join(_WEEKDAYS)}"
            )
        start = _WEEKDAYS.index(first)
        length = (_WEEKDAYS.index(last) - start) % len(_WEEKDAYS) if dash else 0
        found |= {(start + step) % len(_WEEKDAYS) for step in range(length + 1)}
    return frozenset(found)


def _read_match(section: Section, known: Known) -> MatchSpec:
    match = MatchSpec(
        severity=section.optional("severity", values.severity),
        tags=section.many("tags", values.text),
        rules=section.many("rules", values.identifier),
        sources=section.many("sources", values.text),
        tier=section.optional("tier", values.whole(1, 4)),
        countries=section.many("countries", values.country),
        languages=section.many("languages", values.language),
        owner=section.many("owner", values.text),
    )
    _refuse_strangers(section, "rules", known.rules, "rule", "name a rule's id")
    for key, names, hint in (
        ("tags", known.tags, "no rule and no source has this tag"),
        ("owner", known.owners, "no rule has this owner"),
    ):
        for entry in section.entries(key):
            name = entry.read(values.text)
            if name is not None and name not in names:
                near = values.did_you_mean(name, names)
                section.context.findings.warn(entry.place, f"`{key}: {name}`: {hint}", _meant(near))
    return match


def _read_group(route: Section) -> GroupSpec | None:
    section = route.section("group")
    if not route.tried("group"):
        return None
    return GroupSpec(
        wait=section.read("wait", values.duration_between(timedelta(), timedelta(hours=1)), _WAIT),
        interval=section.read("interval", values.duration_between(_MINUTE, _DAY), _INTERVAL),
    )


def _read_rules(section: Section, known: Known) -> tuple[str, ...] | None:
    given = section.get("rules")
    names = section.many("rules", values.identifier)
    if given is None or names == ("all",):
        return None
    _refuse_strangers(section, "rules", known.rules, "rule", "name a rule's id, or write `all` alone")
    return names


def _refuse_strangers(
    section: Section,
    key: str,
    known: Collection[str],
    what: str,
    hint: str,
    *,
    read: Callable[[str], str] = values.identifier,
) -> None:
    """Note each name of a list that nothing has."""
    for entry in section.entries(key):
        name = entry.read(read)
        if name is not None and name not in known:
            entry.error(f"there is no {what} `{name}`", _meant(values.did_you_mean(name, known)) or hint)


def _unique(read: Iterable[tuple[Item, Named] | None]) -> tuple[Named, ...]:
    """Return what could be read; a name that comes twice is an error."""
    found: dict[str, Named] = {}
    for named, spec in filter(None, read):
        if spec.name in found:
            named.error(f"the name `{spec.name}` is given twice", "each needs its own: `tocsin why` shows it")
        found.setdefault(spec.name, spec)
    return tuple(found.values())


def _meant(near: str | None) -> str | None:
    return f"did you mean `{near}`?" if near else None
