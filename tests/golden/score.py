"""How well a rule set does on the golden set: precision and recall per rule and language, and each wrong item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.judge import Judge
from alerts.story import Field
from tests.fakes import story

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alerts.rules.ruleset import RuleSet
    from alerts.story import Match, Story
    from tests.golden.items import Item

BAR = 0.97


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rules made of one item."""

    item: Item
    fired: frozenset[str]
    faults: tuple[str, ...]  # a sentence for each expectation that does not hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts of (item, rule) pairs in one slice of the set."""

    name: str
    right: int  # fired, and had to
    extra: int  # fired, and had not to
    missed: int  # had to fire, and did not

    @property
    def precision(self) -> float:
        """The share of what fired that had to."""
        return _share(self.right, self.right + self.extra)

    @property
    def recall(self) -> float:
        """The share of what had to fire that did."""
        return _share(self.right, self.right + self.missed)

    @property
    def passes(self) -> bool:
        """Whether both shares reach the bar."""
        return min(self.precision, self.recall) >= BAR


def judge_all(rules: RuleSet, items: Iterable[Item]) -> tuple[Verdict, ...]:
    """Judge every item as a story of its language that Tocsin has just fetched."""
    judge = Judge(rules)
    return tuple(_verdict(judge, item) for item in items)


def scores(verdicts: Sequence[Verdict]) -> tuple[Score, ...]:
    """Score each rule over all languages, then each language over all rules."""
    rules = sorted({rule for verdict in verdicts for rule in verdict.item.rules})
    languages = sorted({verdict.item.lang for verdict in verdicts})
    by_rule = [_score(rule, verdicts, {rule}) for rule in rules]
    by_language = [_score(lang, [v for v in verdicts if v.item.lang == lang]) for lang in languages]
    return (*by_rule, *by_language)


def table(verdicts: Sequence[Verdict]) -> str:
    """Draw the scores of the whole set and of its blind half side by side, and name each wrong item."""
    blind = {score.name: score for score in scores([verdict for verdict in verdicts if verdict.item.blind])}
    lines = [f"{'':26}{'right':>6}{'extra':>6}{'missed':>7}{'P':>7}{'R':>7}{'blind P':>9}{'blind R':>9}"]
    for score in scores(verdicts):
        alone = blind[score.name]
        lines.append(
            f"{score.name:26}{score.right:6}{score.extra:6}{score.missed:7}{score.precision:7.3f}{score.recall:7.3f}"
            f"{alone.precision:9.3f}{alone.recall:9.3f}{'' if score.passes and alone.passes else '  below the bar'}"
        )
    return "\n".join([*lines, "", *faults(verdicts)])


def faults(verdicts: Iterable[Verdict]) -> list[str]:
    """Name each wrong item and what is wrong with it."""
    return [f"{verdict.item.id}: {fault}" for verdict in verdicts for fault in verdict.faults]


def _verdict(judge: Judge, item: Item) -> Verdict:
    told = story(title=item.title, text=item.body, language=item.lang)
    matches = [finding.match for finding in judge(told)]
    fired = frozenset(match.rule for match in matches)
    return Verdict(item=item, fired=fired, faults=tuple(_faults(item, told, matches)))


def _faults(item: Item, told: Story, matches: Sequence[Match]) -> Iterator[str]:
    fired = {match.rule for match in matches}
    yield from (f"{rule} did not fire" for rule in sorted(item.rules - fired))
    yield from (f"{rule} fired" for rule in sorted(fired - item.rules))
    if fired != item.rules:
        return  # severity and highlights can only be wrong as a consequence
    severity = max((match.severity for match in matches), default=None)
    if severity is not item.severity:
        yield f"severity is {severity and severity.label}, not {item.severity and item.severity.label}"
    marked = _marked(told, matches)
    yield from (f"{words!r} is not highlighted" for words in item.highlights if words not in marked)


def _marked(told: Story, matches: Sequence[Match]) -> str:
    """Return the story with every character that no span covers blotted out."""
    spans = [span for match in matches for span in match.spans]
    covered = {(span.field, at) for span in spans for at in range(span.start, span.end)}
    texts = {Field.TITLE: told.title, Field.TEXT: told.text}
    blotted = (
        "".join(char if (field, at) in covered else "\0" for at, char in enumerate(text))
        for field, text in texts.items()
    )
    return "\0".join(blotted)


def _score(name: str, verdicts: Iterable[Verdict], only: set[str] | None = None) -> Score:
    right = extra = missed = 0
    for verdict in verdicts:
        expected = verdict.item.rules if only is None else verdict.item.rules & only
        fired = verdict.fired if only is None else verdict.fired & only
        right += len(expected & fired)
        extra += len(fired - expected)
        missed += len(expected - fired)
    return Score(name=name, right=right, extra=extra, missed=missed)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
