"""What other rules would have told: gained, lost and unchanged."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from alerts.rules.ruleset import Rule
    from crawler.replay.nouns import Decision, Result

    Subject = tuple[int, str, str]  # group of copies, rule, channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Which stories a channel hears of by a rule, after a change and before it; each once, oldest first."""

    gained: Sequence[Decision]
    lost: Sequence[Decision]
    unchanged: Sequence[Decision]  # as they are after the change
    graver: int = 0  # of the unchanged, those of another severity than before
    renamed: Mapping[str, str] = field(default_factory=dict)  # rules, and what they were called before


def compare(after: Result, before: Result, names: Mapping[str, str] | None = None) -> Difference:
    """Compare what two sets of rules would have told, at once or in summaries.

    Copies of one story are one, whichever of them was told: it is the same news to the channel. So is what a rule
    tells that was only called otherwise; ``names`` are those rules by what they are called now, as of ``renamed``.
    """
    names = names or {}
    now = {was: name for name, was in names.items()}
    new, old = _told(after.decisions), _told(before.decisions, now)
    same = [subject for subject in new if subject in old]
    return Difference(
        gained=[one for subject, one in new.items() if subject not in old],
        lost=[one for subject, one in old.items() if subject not in new],
        unchanged=[new[subject] for subject in same],
        graver=sum(new[subject].match.severity is not old[subject].match.severity for subject in same),
        renamed=names,
    )


def renamed(after: Iterable[Rule], before: Iterable[Rule]) -> Mapping[str, str]:
    """Return the rules that have only another id than before, and what that was.

    Query and conditions must be the same, word for word, and no other rule of either side may have them.
    """
    new, old = {one.id: one for one in after}, {one.id: one for one in before}
    came, gone = _by_words(new.values()), _by_words(old.values())
    pairs = ((came[words][0], gone[words][0]) for words in came if len(came[words]) == len(gone.get(words, ())) == 1)
    return {name: was for name, was in pairs if name not in old and was not in new}


def _by_words(rules: Iterable[Rule]) -> Mapping[Hashable, list[str]]:
    found: dict[Hashable, list[str]] = defaultdict(list)
    for one in rules:
        raises = tuple((step.to, step.when.value.strip()) for step in one.spec.raise_)
        found[one.when.value.strip(), one.only, raises, one.stream, one.enabled].append(one.id)
    return found


def _told(decisions: Iterable[Decision], now: Mapping[str, str] | None = None) -> Mapping[Subject, Decision]:
    """Return the first time that each subject is told; ``now`` are the names by which rules are known by now."""
    now = now or {}
    told: dict[Subject, Decision] = {}
    for one in sorted(decisions, key=lambda one: (one.at, one.story, one.rule, one.channel)):
        if one.tells:
            told.setdefault((one.group, now.get(one.rule, one.rule), one.channel), one)
    return told
