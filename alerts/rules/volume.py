"""Which rules and terms find too much, measured on stories that were collected."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from alerts.errors import Level
from alerts.rules.evaluate import All, AnyOf, InField, Negation
from alerts.rules.lint import MOST_RULES
from alerts.rules.nodes import FACTS, LABELS, Name, Phrase, Regex, terms_of
from alerts.rules.parts import Checked, Fact, Found, FoundAny, Group, Guarded, Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alerts.errors import Problem
    from alerts.rules.parts import Part
    from alerts.rules.ruleset import Rule, RuleSet
    from alerts.rules.scan import Range, Scan
    from alerts.story import Story

LEAST = 100  # stories below which a share says little
MOST_TEXT = 2_000_000  # characters that are looked at, so that measuring takes a moment only
BROAD_RULE = 0.1  # share of the stories above which a rule is warned of
_SHOWN = 3  # words that a warning names
_TERMS = (Found, Checked, Pattern, Guarded, Group)


class Role(Enum):
    """What a term does in its rule, with the share of the stories above which it is warned of, and the way out."""

    ALONE = (
        0.2,
        "and only its gates keep the rule {} from them",
        "use a longer term, look in title: only, or join it to others with NEAR or SENT",
    )
    DENIED = 0.2, "and the rule {} passes over all of them", "NOT title:… loses fewer, and so does NOT NEAR"
    BESIDE = 0.5, "and hardly narrows the rule {}", "ask for it nearby, with NEAR or SENT, or in title: only"

    def __init__(self, share: float, effect: str, hint: str) -> None:
        self.share = share
        self.effect = effect
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """A term or name at its place in a rule."""

    part: Part
    role: Role
    fields: tuple[InField, ...]  # that it stands in, the outermost first


def volume(rules: RuleSet, stories: Sequence[Story]) -> tuple[Problem, ...]:
    """Return a warning for each rule and term that finds too large a share of stories, which come newest first.

    A rule that asks nothing of the words wants all of its sources, and a rule on many stories counts them: both
    are left alone. So are terms that others hold in check (``china AND gallium``), up to half of the stories.
    """
    scans = [rules.scan(story) for story in _sample(stories)]
    if len(scans) < LEAST or len(rules.rules) > MOST_RULES:
        return ()
    held = Counter(rule.id for scan in scans for rule in rules.holding(scan.story))
    frequency = Counter(number for scan in scans for number in scan.hits)
    problems: list[Problem] = []
    warned: set[str] = set()
    for rule in rules.rules:
        uses = list(_uses(rule.part)) if rule.enabled and rule.stream is None else []
        is_broad = bool(uses) and held[rule.id] > BROAD_RULE * len(scans)
        if is_broad:
            problems.append(_broad_rule(rule, held[rule.id], scans))
        for use in uses:
            if not (is_broad and use.role is Role.ALONE):  # the warning of the rule names it
                problems += _broad_terms(rule, use, scans, frequency, warned)
    return tuple(problems)


def _sample(stories: Sequence[Story]) -> Iterator[Story]:
    left = MOST_TEXT
    for story in stories:
        left -= len(story.title) + len(story.text)
        if left < 0:
            return
        yield story


def _uses(part: Part, role: Role = Role.ALONE, fields: tuple[InField, ...] = ()) -> Iterator[_Use]:
    """Yield the terms and names of a rule that are looked for in title and text."""
    inner, below = role, fields
    match part:
        case Fact():
            return
        case InField(field=field):
            if field in FACTS | LABELS:
                return
            below = (*fields, part)
        case Negation():
            inner = Role.DENIED
        case All():
            company = sum(not isinstance(one, Negation) for one in part.parts) > 1
            inner = Role.BESIDE if company else role
        case AnyOf() | FoundAny():
            pass
        case _ if isinstance(part, _TERMS):
            yield _Use(part=part, role=role, fields=fields)
            return
        case _:  # proximity and counts
            inner = Role.BESIDE
    for one in part.parts:
        yield from _uses(one, inner, below)


def _broad_rule(rule: Rule, count: int, scans: Sequence[Scan]) -> Problem:
    found: Counter[str] = Counter()
    for scan in scans:
        found.update({_words(scan, hit) for hit in rule.part.hits(scan) or ()})
    words = ", ".join(f'"{word}" ({number:,})' for word, number in found.most_common(_SHOWN))
    by = f", most often by {words}" if words else ""
    message = f"the rule {rule.id} holds for {count:,} of the last {len(scans):,} stories{by}"
    hint = "narrow it: longer terms, title:, NEAR or SENT, NOT title:…, or gates under only:"
    return rule.when.problem(0, message, hint, Level.WARNING)


def _broad_terms(
    rule: Rule, use: _Use, scans: Sequence[Scan], frequency: Mapping[int, int], warned: set[str]
) -> Iterator[Problem]:
    least = use.role.share * len(scans)
    terms = use.part.required(())
    if terms and sum(frequency[term] for term in terms) <= least:
        return
    source = use.part.source
    for word, count in _counts(use, scans).most_common(_SHOWN):
        if count > least and word.casefold() not in warned:
            warned.add(word.casefold())
            of = f" of ${source.name}" if isinstance(source, Name) else ""
            effect = use.role.effect.format(rule.id)
            message = f"{word}{of} is in {count:,} of the last {len(scans):,} stories, {effect}"
            offset = next((term.offset for term in terms_of(rule.query) if term == source), 0)
            yield rule.when.problem(offset, message, use.role.hint, Level.WARNING)


def _counts(use: _Use, scans: Sequence[Scan]) -> Counter[str]:
    """Count the stories that a term is in; of a name, those that each of its words is in."""
    source = use.part.source
    counts: Counter[str] = Counter()
    for scan in scans:
        scope: Range | None = None
        for field in use.fields:
            scope = field.narrowed(scan, scope)
        hits = use.part.hits(scan, scope)
        if isinstance(source, Phrase):
            counts[f'"{source.text}"'] += bool(hits)
        elif isinstance(source, Regex):
            counts[f"/{source.pattern}/"] += bool(hits)
        else:
            counts.update({f'"{_words(scan, hit)}"' for hit in hits or ()})
    return counts


def _words(scan: Scan, hit: tuple[int, int]) -> str:
    return scan.words_of([hit])[0].casefold()
