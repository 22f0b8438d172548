"""What a replay does not replay, said in words wherever it would matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.stream import Condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alerts.rules.ruleset import Rule
    from crawler.config.model import Config

_COPIES = "which stories are copies of each other, and of one event, is taken as it is stored"
_SILENCE = "`silence:` of {} is not replayed: it depends on each minute in which nothing came"
_FIRST = "`first_seen:` of {} knows only what came within this time and the days before it: more is new to it than was"
_SPIKE = "`spike:` of {} needs a past to compare with: the first days of this time have none"
_FAR = "`quiet.same_story` of {} is longer than `cards.same_story`: repeats after that are counted as messages"
_STORMS = "storms are not replayed: what one would have folded into one message is counted by itself"
_DIGESTS = "digests are not counted: what they would have listed is said to wait for one"
_SHADOW = "on trial, so silent: {}"


def notes_of(config: Config, rules: frozenset[str] | None) -> tuple[str, ...]:
    """Return what was not replayed of these rules, or of all, one sentence each."""
    chosen = [rule for rule in config.rules.rules if rule.enabled and (rules is None or rule.id in rules)]
    return tuple(_notes(config, chosen))


def _notes(config: Config, rules: Iterable[Rule]) -> Iterator[str]:
    rules = list(rules)
    conditions = config.judge.streams
    for condition, text in (
        ({Condition.SILENCE}, _SILENCE),
        ({Condition.FIRST_TERM, Condition.FIRST_SOURCE}, _FIRST),
        ({Condition.SPIKE}, _SPIKE),
    ):
        those = [rule.id for rule in rules if rule.id in conditions and condition & {*conditions[rule.id].conditions}]
        if those:
            yield text.format(_listed(those))
    far = [rule.id for rule in rules if (rule.quiet.same_story or config.cards.same_story) > config.cards.same_story]
    if far:
        yield _FAR.format(_listed(far))
    if config.routing.digests:
        yield _DIGESTS
    yield _STORMS
    yield _COPIES


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")  # noqa: PLR2004  as above
