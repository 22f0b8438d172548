"""What other rules would have told: gained, lost and unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crawler.replay.nouns import Decision, Result

    Subject = tuple[int, str, str]  # group of copies, rule, channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Which stories a channel hears of by a rule, after a change and before it; each once, oldest first."""

    gained: Sequence[Decision]
    lost: Sequence[Decision]
    unchanged: Sequence[Decision]  # as they are after the change
    graver: int = 0  # of the unchanged, those of another severity than before


def compare(after: Result, before: Result) -> Difference:
    """Compare what two sets of rules would have told, at once or in summaries.

    Copies of one story are one, whichever of them was told: it is the same news to the channel.
    """
    new, old = _told(after.decisions), _told(before.decisions)
    same = [subject for subject in new if subject in old]
    return Difference(
        gained=[one for subject, one in new.items() if subject not in old],
        lost=[one for subject, one in old.items() if subject not in new],
        unchanged=[new[subject] for subject in same],
        graver=sum(new[subject].match.severity is not old[subject].match.severity for subject in same),
    )


def _told(decisions: Iterable[Decision]) -> Mapping[Subject, Decision]:
    told: dict[Subject, Decision] = {}
    for one in sorted(decisions, key=lambda one: (one.at, one.story, one.rule, one.channel)):
        if one.tells:
            told.setdefault((one.group, one.rule, one.channel), one)
    return told
