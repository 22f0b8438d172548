"""The ``rules:`` of a configuration, as the rule compiler wants them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import yaml

from alerts.rules.spec import OnlySpec, QuietSpec, RaiseSpec, Rate, RuleSpec, TestCase, TestsSpec, Text
from alerts.story import Severity
from crawler.config import values
from crawler.config.names import read_query
from crawler.config.nodes import Item, Section
from crawler.config.notifiers import destination
from crawler.config.strangers import Gates, read_language
from crawler.config.stream import read_stream

if TYPE_CHECKING:
    from alerts.errors import Place

_WORDS = values.whole(1, 100_000)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDefaults:
    """What ``defaults:`` says about rules."""

    to: tuple[str, ...] = ()
    severity: Severity = Severity.NOTICE
    to_given: bool = False  # given, though perhaps unusable
    ways: frozenset[str] = frozenset()  # names of notifiers that `to` may call


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """A rule as written."""

    spec: RuleSpec | None  # None: no usable query, which is noted
    place: Place
    routed: bool  # it says where its alerts go, or the defaults do, though perhaps unusably
    gates: Gates


def read_rule(item: Item, defaults: RuleDefaults) -> RuleDraft:
    """Read one entry of ``rules:``."""
    section = Section(replace(item, name="an entry of rules"), "rules[]")
    given, query = section.required("id"), section.required("when")
    name = given.text() if given and given.read(values.identifier) else None
    when = read_query(query) if query else None
    nothing = Text("", ((0, item.place),))
    nameless = Text(f"(line {item.place.line})", ((0, item.place),))  # the rest is looked at all the same
    only = section.section("only")
    rule = RuleSpec(
        id=name or nameless,
        name=section.read("name", values.text, name.value if name else ""),
        when=when or nothing,
        only=_read_only(only),
        severity=section.read("severity", values.severity, defaults.severity),
        raise_=_read_raises(section),
        to=section.many("to", destination(defaults.ways)),
        tags=section.many("tags", values.text),
        owner=section.optional("owner", values.text),
        note=section.optional("note", values.text),
        enabled=section.read("enabled", values.flag, default=True),
        shadow=section.read("shadow", values.flag, default=False),
        quiet=_read_quiet(section),
        stream=read_stream(section),
        tests=_read_tests(section.section("tests")),
    )
    return RuleDraft(
        spec=rule if when else None,
        place=given.place if given else item.place,
        routed=defaults.to_given or section.tried("to") or not section.is_mapping,
        gates=Gates.of(only),
    )


def _read_only(section: Section) -> OnlySpec:
    return OnlySpec(
        languages=section.many("languages", values.language),
        sources=section.many("sources", values.text),
        min_words=section.optional("min_words", _WORDS),
        max_age=section.optional("max_age", values.duration_between(values.SECOND)),
        tier=section.optional("tier", values.whole(1, 4)),
        countries=section.many("countries", values.country),
    )


def _read_quiet(rule: Section) -> QuietSpec:
    section = rule.section("quiet")
    at_most = section.optional("at_most", values.rate)
    given = rule.get("quiet")
    for other in ("count", "spike", "first_seen", "silence"):
        if given and rule.tried(other):
            given.error(
                f"`quiet` cannot stand beside `{other}`", "remove it: such a rule tells of many stories at once"
            )
    return QuietSpec(
        same_story=section.optional("same_story", values.duration_between(_MINUTE)),
        at_most=Rate(count=at_most[0], per=at_most[1]) if at_most else None,
    )


def _read_raises(section: Section) -> tuple[RaiseSpec, ...]:
    raises = (_read_raise(entry) for entry in section.entries("raise"))
    return tuple(spec for spec in raises if spec)


def _read_raise(item: Item) -> RaiseSpec | None:
    section = Section(replace(item, name="an entry of raise"), "rules[].raise[]")
    target, condition = section.required("to"), section.required("if")
    to = target.read(values.severity) if target else None
    when = read_query(condition) if condition else None
    return RaiseSpec(to=to, when=when) if to is not None and when else None


def _read_tests(section: Section) -> TestsSpec:
    cases = {
        key: tuple(case for entry in section.entries(key) if (case := _read_case(entry, f"rules[].tests.{key}[]")))
        for key in ("match", "ignore")
    }
    return TestsSpec(**cases)


def _read_case(item: Item, path: str) -> TestCase | None:
    """Read a test: a text, or a mapping that says more of the story and of what is expected."""
    if not isinstance(item.node, yaml.MappingNode):
        text = item.text() if item.read(values.text) is not None else None
        return TestCase(body=text.value, at=text) if text else None
    section = Section(replace(item, name="a test"), path)
    title, body = section.read("title", values.text, ""), section.read("body", values.text, "")
    if not (section.tried("title") or section.tried("body")):
        item.error("this test has no text", "write `title: …`, `body: …` or both")
        return None
    return TestCase(
        title=title,
        body=body,
        source=section.optional("source", values.text),
        lang=read_language(section, "lang"),
        severity=section.optional("severity", values.severity),
        highlights=_read_highlights(section),
        at=Text(body or title, ((0, item.place),)),
    )


def _read_highlights(section: Section) -> tuple[str, ...] | None:
    if not section.tried("highlights"):
        return None
    words = (entry.read(values.text) for entry in section.entries("highlights"))
    return tuple(word for word in words if word is not None)
