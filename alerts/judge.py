"""What a story means to whom: the rules that hold for it, and the channels each of them tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.rules.ruleset import RuleSet
    from alerts.story import Match, Story


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

    def __call__(self, story: Story) -> tuple[Finding, ...]:
        """Return a finding for each rule that holds, in the order of the file."""
        return tuple(Finding(match=match, channels=self._channels[match.rule]) for match in self._rules.match(story))
