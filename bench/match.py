"""How many stories a second the rules are asked about on one core, beside what other monitors do.

Every contender of a scale looks for the same terms in the same stories, in turns, so that a busy neighbour slows
all of them; time is the process's own, and the median of the rounds counts. The yardstick is a plain search
for words: what is asked for was set on an idle machine that does IDLE stories a second of it. The rules are compiled
in processes of their own, which read the yardstick themselves.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, TypeVar

import ahocorasick

from alerts.rules.fold import fold
from alerts.rules.ruleset import compile_rules
from alerts.rules.terms import patterns_of
from bench import compiling, corpus
from bench.compiling import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alerts.rules.ruleset import RuleSet
    from alerts.story import Story
    from bench.compiling import Cost
    from bench.corpus import Corpus, Scale, Wish

    Work = Callable[[Story], object]

T = TypeVar("T", int, float)

STORIES = 1_000
ROUNDS = 5
SECONDS = 1.0  # for each contender in each round
IDLE = 18_000
FLOORS = {1_000: 9_000, 10_000: 5_500, 100_000: 1_800}  # stories a second at so many rules, from folding to NEAR
AIMS = {1_000: 15_000, 10_000: 10_000, 100_000: 3_000}
MOST_SECONDS, MOST_MEGABYTES = {100_000: 3.0}, {100_000: 250.0}  # to compile so many rules
BESIDE_RE = 1_000  # rules: more of them only take longer
YARDSTICK = r"yardstick: re.findall(\w+)"
HOLDING = "  + presearch, boolean, NEAR"  # which rules hold: what the floors and aims are asked of
WHOLE = "= RuleSet.match, words located"


@dataclass(frozen=True, slots=True)
class Sought:
    """What the peers need to know of the rules: the patterns of each term, as the engine reads them."""

    terms: dict[str, int]
    patterns: dict[str, list[int]]  # the numbers of the terms that each one stands for

    @classmethod
    def of(cls, wanted: Sequence[Wish]) -> Sought:
        """Number every term of the rules."""
        every = [term for wish in wanted for group in (*wish.groups, (wish.never,)) for term in group if term]
        sought = cls({term: number for number, term in enumerate(dict.fromkeys(every))}, {})
        for term, number in sought.terms.items():
            for pattern in patterns_of(term):
                sought.patterns.setdefault(pattern, []).append(number)
        return sought


def main(
    stories: int = STORIES,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
    most: int = 100_000,
    cost_of: Callable[[Scale], Cost] = compiling.in_a_fresh_process,
) -> None:
    """Measure each scale of at most so many rules, and print what came out."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    written = corpus.write(stories)
    texts = [story.text for story in written.stories]
    words = fmean(len(WORDS.findall(text)) for text in texts)
    print(f"match: {stories:,} stories of {words:.0f} words and {fmean(map(len, texts)):,.0f} characters on average;")
    print(f"one core, the median of {rounds} rounds")
    for scale in corpus.SCALES:
        if scale.rules <= most:
            _measure(written, scale, cost_of(scale), rounds, seconds)


def _measure(written: Corpus, scale: Scale, cost: Cost, rounds: int, seconds: float) -> None:
    wanted = corpus.wishes(written, scale)
    sought = Sought.of(wanted)
    ruleset, _ = compile_rules(*corpus.specs(wanted))
    print(f"\n  {scale.rules:,} rules of {len(sought.terms):,} terms")
    print(f"  compiled in {cost.seconds:.2f} s to {cost.megabytes:.0f} MB, {cost.peak:.0f} MB at the worst moment")
    _print_hits(written.stories[:100], ruleset, _pyahocorasick(wanted, sought))
    contenders: dict[str, Work] = {
        YARDSTICK: lambda story: WORDS.findall(story.text),
        "  fold": lambda story: (fold(story.title), fold(story.text)),
        "  + scan": ruleset.scan,
        HOLDING: ruleset.holding,
        WHOLE: ruleset.match,
        "pyahocorasick, NEAR as AND": _pyahocorasick(wanted, sought),
    }
    if find_spec("hyperscan"):
        contenders["hyperscan, fold and scan only"] = _hyperscan(sought)
    if scale.rules <= BESIDE_RE:
        contenders["one re per group, NEAR as AND"] = _one_re_per_group(wanted)
    speeds = _speeds(contenders, written.stories, rounds, seconds)
    _print_speeds(speeds)
    for line in verdicts(scale.rules, speeds[HOLDING], speeds[YARDSTICK], cost):
        print(line)
    print(f"    with the words located as well {speeds[WHOLE] * IDLE / speeds[YARDSTICK]:,.0f} stories/s there")


def verdicts(rules: int, speed: float, yardstick: float, cost: Cost) -> list[str]:
    """Say of all that is asked for at so many rules whether it is met; times are those of the idle machine."""
    idle = speed * IDLE / yardstick
    took = cost.seconds * (cost.yardstick or yardstick) / IDLE
    asked = [
        *((idle > number, f"floor {number:,} stories/s, {idle:,.0f} there") for number in _of(FLOORS, rules)),
        *((idle > number, f"aim {number:,} stories/s, {idle:,.0f} there") for number in _of(AIMS, rules)),
        *((took < most, f"compiled in {most:g} s, {took:.2f} there") for most in _of(MOST_SECONDS, rules)),
        *((cost.peak < most, f"within {most:g} MB, {cost.peak:.0f} at worst") for most in _of(MOST_MEGABYTES, rules)),
    ]
    heading = f"  at a yardstick of {IDLE:,} (here {yardstick:,.0f}):"
    return [heading, *(f"    {'met' if met else 'NOT met':<8}{what}" for met, what in asked)] if asked else []


def _of(asked: dict[int, T], rules: int) -> list[T]:
    return [asked[rules]] if rules in asked else []


def _speeds(contenders: dict[str, Work], stories: Sequence[Story], rounds: int, seconds: float) -> dict[str, float]:
    """Return stories a second of each contender, all of them taking turns."""
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            speeds[name].append(_speed(work, stories, seconds))
    return {name: median(measured) for name, measured in speeds.items()}


def _speed(work: Work, stories: Sequence[Story], seconds: float) -> float:
    """Read the stories from the first on, as many as there is time for."""
    done, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        work(stories[done % len(stories)])
        done += 1
    return done / spent if done else 0.0


def _one_re_per_group(wanted: Sequence[Wish]) -> Work:
    """What feed readers do: a regular expression for each rule, in turn; here one for each group, and no NEAR."""

    def compiled(terms: Sequence[str]) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, terms))})\b", re.IGNORECASE)

    rules = [
        ([compiled(group) for group in wish.groups], compiled((wish.never,)) if wish.never else None) for wish in wanted
    ]

    def work(story: Story) -> int:
        text = f"{story.title}\n{story.text}"
        return sum(
            all(group.search(text) for group in groups) and not (never and never.search(text))
            for groups, never in rules
        )

    return work


def _pyahocorasick(wanted: Sequence[Wish], sought: Sought) -> Callable[[Story], tuple[int, int, int]]:
    """Do the same with pyahocorasick and sets of found terms: our fold, a presearch, AND and NOT, but no positions."""
    automaton = ahocorasick.Automaton()
    for pattern, numbers in sought.patterns.items():
        automaton.add_word(pattern, numbers)
    automaton.make_automaton()
    groups = [[{sought.terms[term] for term in group} for group in wish.groups] for wish in wanted]
    never = [sought.terms[wish.never] if wish.never else -1 for wish in wanted]
    rules_by_term: dict[int, list[int]] = {}
    for rule, (first, *_) in enumerate(groups):
        for term in first:
            rules_by_term.setdefault(term, []).append(rule)

    def work(story: Story) -> tuple[int, int, int]:
        hits = [numbers for _, numbers in automaton.iter(f"{fold(story.title)}\n{fold(story.text)}")]
        found = {number for numbers in hits for number in numbers}
        rules = {rule for term in found & rules_by_term.keys() for rule in rules_by_term[term]}
        matches = sum(never[rule] not in found and not any(map(found.isdisjoint, groups[rule])) for rule in rules)
        return len(hits), len(rules), matches

    return work


def _hyperscan(sought: Sought) -> Work:
    """Search the folded text for every pattern, and note where each stands."""
    import hyperscan

    patterns = [pattern.encode() for pattern in sought.patterns]
    database = hyperscan.Database()
    database.compile(expressions=list(map(re.escape, patterns)), ids=list(range(len(patterns))))

    def work(story: Story) -> list[tuple[int, int]]:
        hits: list[tuple[int, int]] = []

        def found(number: int, start: int, end: int, *rest: Any) -> None:
            del start, rest
            hits.append((number, end))

        database.scan(f"{fold(story.title)}\n{fold(story.text)}".encode(), match_event_handler=found)
        return hits

    return work


def _print_hits(stories: Sequence[Story], ruleset: RuleSet, peer: Callable[[Story], tuple[int, int, int]]) -> None:
    hits, candidates, _ = (fmean(numbers) for numbers in zip(*map(peer, stories), strict=True))
    matches = fmean(len(ruleset.match(story)) for story in stories)
    print(f"  {hits:.1f} hits, {candidates:.1f} rules looked at and {matches:.2f} matches for each story")


def _print_speeds(speeds: dict[str, float]) -> None:
    whole, yardstick, before = speeds[WHOLE], speeds[YARDSTICK], 0.0
    print(f"  {'':<32}{'stories/s':>10}{'µs/story':>10}{'share':>8}{'of yardstick':>14}{'ours is':>10}")
    for name, speed in speeds.items():
        is_step = name.startswith(" ") or name == WHOLE
        share = f"{(1 / speed - before) * whole:.0%}" if is_step else ""
        before = 1 / speed if is_step else before
        beside = "" if is_step or name == YARDSTICK else f"{whole / speed:.1f} x"
        print(f"  {name:<32}{speed:>10,.0f}{1e6 / speed:>10,.0f}{share:>8}{speed / yardstick:>14.2f}{beside:>10}")


if __name__ == "__main__":
    main()
