"""What a story means to whom: the rules that hold for it, and the channels each of them tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.rules.evaluate import may_be_undone
from alerts.rules.spec import QuietSpec
from alerts.stream import StreamRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.rules.ruleset import RuleSet
    from alerts.story import Match, Story

_NO_QUIET = QuietSpec()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A match, and the channels that must hear of it."""

    match: Match
    channels: tuple[str, ...]


class Judge:
    """Judges stories by one set of rules; pure, so the same story is judged the same again."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._channels = {rule.id: tuple(dict.fromkeys(rule.to)) for rule in rules.rules}
        self._streams = {
            rule.id: StreamRule(
                id=rule.id,
                name=rule.name,
                severity=rule.severity,
                tags=rule.tags,
                channels=self._channels[rule.id],
                shadow=rule.shadow,
                spec=rule.stream,
            )
            for rule in rules.rules
            if rule.enabled and rule.stream
        }
        self._parts = {rule.id: rule.part for rule in rules.rules}
        self._quiet = {rule.id: rule.quiet for rule in rules.rules if rule.enabled and rule.quiet != _NO_QUIET}

    @property
    def streams(self) -> Mapping[str, StreamRule]:
        """Return the rules with conditions on the stream, by id; those switched off are absent."""
        return self._streams

    @property
    def quiet(self) -> Mapping[str, QuietSpec]:
        """Return how rules keep quiet, by id; those that do not, or are switched off, are absent."""
        return self._quiet

    def may_be_undone(self, rule: str) -> bool:
        """Say whether a rule that holds for a short text may not hold for the whole: it has a NOT on the text.

        What a rule found that is gone since cannot be undone any more.
        """
        part = self._parts.get(rule)
        return part is not None and may_be_undone(part)

    def __call__(self, story: Story) -> tuple[Finding, ...]:
        """Return a finding for each rule that holds, in the order of the file."""
        return tuple(Finding(match=match, channels=self._channels[match.rule]) for match in self._rules.match(story))
