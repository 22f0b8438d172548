"""The tests that stand in the rules themselves: stories that a rule must match, and stories that it must not."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.language_codes import canonical
from alerts.rules.evaluate import InField
from alerts.rules.facts import closed_gate
from alerts.rules.nodes import Distinct, Scoped, children, negations_inward, terms_of
from alerts.rules.printing import print_query
from alerts.rules.ruleset import severity_of
from alerts.story import Outlet, Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.errors import Place, Problem
    from alerts.rules.nodes import Node
    from alerts.rules.parts import Part
    from alerts.rules.ruleset import Rule, RuleSet
    from alerts.rules.scan import Range, Scan
    from alerts.rules.spec import OnlySpec, TestCase
    from alerts.rules.watched import Watched
    from alerts.story import Severity

_WHEN = datetime(2000, 1, 1, tzinfo=UTC)  # any moment: a test's story is as old as it is new
_UNKNOWN_TIER = 4
_LONGEST = 80  # characters of a clause that are shown
_SHOWN = 8  # words found that a message repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one test went."""

    rule: str
    expected: bool  # that the rule matches
    severity: Severity | None  # with which it matched; None: it did not
    highlights: tuple[str, ...]  # the words it matched by, in reading order
    problem: Problem | None  # None: it passed

    @property
    def passed(self) -> bool:
        """Whether all came as expected."""
        return self.problem is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A part of a query that had the same value in all tests of its rule: no test says what it is for."""

    rule: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How all tests went."""

    results: tuple[Result, ...] = ()
    undecided: tuple[Clause, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What failed, in the order of the rules."""
        return tuple(result.problem for result in self.results if result.problem)

    @property
    def passed(self) -> int:
        """How many tests passed."""
        return sum(result.passed for result in self.results)


def run_tests(rules: RuleSet, watched: Watched) -> Report:
    """Run the tests of every rule, also of one that is switched off; ``watched`` are the sources they may name."""
    results: list[Result] = []
    undecided: list[Clause] = []
    for rule in rules.rules:
        trials = [
            _Trial(case=case, expected=expected, scan=rules.scan(story_of(case, rule.only, watched)))
            for expected, cases in ((True, rule.tests.match), (False, rule.tests.ignore))
            for case in cases
        ]
        results += [_result(rule, trial) for trial in trials]
        if trials:
            undecided += _undecided(rule, [trial.scan for trial in trials])
    return Report(results=tuple(results), undecided=tuple(undecided))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """A test, and its story as the rules see it."""

    case: TestCase
    expected: bool
    scan: Scan


def _result(rule: Rule, trial: _Trial) -> Result:
    scan = trial.scan
    hits = rule.part.hits(scan) if closed_gate(_reachable(rule.only), scan.story, scan.words) is None else None
    severity = None if hits is None else severity_of(rule, scan)
    highlights = tuple(span.of(scan.story) for span in scan.spans(hits or ()))
    problem = _problem(rule, trial, severity, highlights)
    return Result(rule=rule.id, expected=trial.expected, severity=severity, highlights=highlights, problem=problem)


def story_of(case: TestCase, only: OnlySpec, watched: Watched) -> Story:
    """Make the story that a test tells of; where it does not say, the story is one that the rule's gates let pass.

    The source that a test names is as it is configured: of its own country, tier and language.
    """
    name = case.source or next(iter(only.sources), "test")
    known = watched.outlet(name)
    outlet = known or Outlet(id=name, name=name, host=name.lower().removeprefix("www."), tier=_UNKNOWN_TIER)
    spoken = watched.languages.get(outlet.id)
    language = next(iter(only.languages), None)
    if not (known and case.source):
        country = next(iter(only.countries), outlet.country)
        outlet = replace(outlet, tier=only.tier or outlet.tier, country=country)
        spoken, language = language, spoken
    return Story(
        id=0,
        outlet=outlet,
        url=None,
        title=_normal(case.title),
        text=_normal(case.body),
        language=canonical(case.lang or spoken or language),
        published=_WHEN,
        seen=_WHEN,
    )


def _problem(rule: Rule, trial: _Trial, severity: Severity | None, found: tuple[str, ...]) -> Problem | None:
    case = trial.case
    if not trial.expected:
        hint = f"it finds {_quoted(found)}" if found else None
        message = f"the rule {rule.id} matches this test, and must not"
        return None if severity is None else case.at.problem(0, message, hint)
    if severity is None:
        gate = closed_gate(_reachable(rule.only), trial.scan.story, trial.scan.words)
        hint = f"its `only:` keeps it out; {gate}" if gate else f"`tocsin explain {rule.id}` shows which part fails"
        return case.at.problem(0, f"the rule {rule.id} does not match this test", hint)
    if case.severity not in {None, severity}:
        wanted = case.severity.label
        return case.at.problem(0, f"the rule {rule.id} matches this test with severity {severity.label}, not {wanted}")
    if case.highlights is not None and found != tuple(map(_normal, case.highlights)):
        came, wanted = _quoted(found) or "nothing", _quoted(case.highlights) or "nothing"
        return case.at.problem(0, f"the rule {rule.id} finds {came} in this test, not {wanted}")
    return None


def _reachable(only: OnlySpec) -> OnlySpec:
    """Return the gates that a test can be held to: it tells neither of a long text nor of a date."""
    return replace(only, min_words=None, max_age=None)


def _undecided(rule: Rule, scans: Sequence[Scan]) -> Iterator[Clause]:
    query = negations_inward(rule.query)
    for node in _constant(query, rule.part, [(scan, None) for scan in scans]):
        first = next(iter(terms_of(node)), None)
        text = print_query(node)
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        yield Clause(rule=rule.id, text=shown, place=rule.when.at(first.offset if first else 0))


def _constant(node: Node, part: Part, views: Sequence[tuple[Scan, Range | None]]) -> Iterator[Node]:
    """Yield the parts of a query that have the same value in all stories, the largest that do."""
    if len({part.hits(scan, scope) is None for scan, scope in views}) == 1:
        yield node
        return
    if isinstance(part, InField):
        views = [(scan, part.narrowed(scan, scope)) for scan, scope in views]
    elif isinstance(node, Scoped | Distinct):  # a fact, and a count of members
        return
    if inner := children(node):
        for child, piece in zip(inner, part.parts, strict=True):
            yield from _constant(child, piece, views)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _quoted(words: tuple[str, ...]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(f'"{word}"' for word in words[:_SHOWN]) + more
