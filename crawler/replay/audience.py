"""What the audience of rules would have been sent: messages, with quiet replies in threads told apart.

The one way to count it, whoever asks: a replay, a forecast, or the report on rules on trial.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crawler.replay.nouns import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """What one rule would have had sent, by channel."""

    messages: Mapping[str, int] = field(default_factory=dict)  # that the channel sees
    replies: Mapping[str, int] = field(default_factory=dict)  # in threads only

    @property
    def total(self) -> int:
        """Messages to all channels."""
        return sum(self.messages.values())

    @property
    def quiet(self) -> int:
        """Replies in threads of all channels."""
        return sum(self.replies.values())


NOBODY = Audience()


def audiences(messages: Iterable[Message]) -> Mapping[str, Audience]:
    """Return what each rule would have had sent: a message that tells of several rules counts for each."""
    seen: dict[str, Counter[str]] = {}
    quiet: dict[str, Counter[str]] = {}
    for one in messages:
        for rule in one.rules:
            (quiet if one.quiet else seen).setdefault(rule, Counter())[one.channel] += 1
    return {
        rule: Audience(messages=dict(seen.get(rule, {})), replies=dict(quiet.get(rule, {})))
        for rule in dict.fromkeys((*seen, *quiet))
    }
