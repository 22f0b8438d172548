"""What rules on trial would have had sent: the past replayed as if they were not, as every forecast has it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from alerts.routing.digest import Line
from alerts.tuning.trial import Unsent
from crawler.ids import encode
from crawler.replay.forecast import look_back
from crawler.replay.nouns import Kind, Request
from crawler.store.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from crawler.config.model import Config
    from crawler.replay.nouns import Message, Result

SECONDS = 20.0  # that a rehearsal may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What rules on trial would have had sent, by rule, the newest first."""

    unsent: Mapping[str, tuple[Unsent, ...]] = field(default_factory=dict)
    read_since: datetime | None = None  # there was no time to read what came before; None: all was read


def rehearse(
    config: Config,
    since: datetime,
    until: datetime,
    seconds: float = SECONDS,
    elapsed: Callable[[], float] = monotonic,
) -> Rehearsal:
    """Replay a time with every rule as if it were not on trial, for ``seconds`` at most; raises StoreError.

    The others are replayed beside those on trial: what they tell decides what is a reply in a thread.
    """
    begun = elapsed()
    rules = frozenset(one.id for one in config.rules.rules if one.enabled)
    archive = Archive.of(config.store)
    if archive is None:
        return Rehearsal()
    with archive:
        first = archive.first_seen()
        if first is None or first >= until:
            return Rehearsal()
        request = Request(since=since, until=until, rules=rules, as_if_live=True)
        result, begin, is_cut = look_back(
            archive, config, request, first, lambda part: elapsed() > begun + part * seconds
        )
    return Rehearsal(unsent=_unsent(config, result), read_since=begin if is_cut else None)


def _unsent(config: Config, result: Result) -> Mapping[str, tuple[Unsent, ...]]:
    trials = {one.id for one in config.rules.rules if one.enabled and one.shadow}
    outlets: dict[int, set[str]] = defaultdict(set)
    for head in result.headlines.values():
        outlets[head.group].add(head.source)
    found: dict[str, list[Unsent]] = defaultdict(list)
    for message in sorted(result.messages, key=lambda one: (one.at, one.key), reverse=True):
        for rule in trials.intersection(message.rules):
            found[rule].append(_one(message, result, len(outlets[message.group])))
    return {rule: tuple(some) for rule, some in found.items()}


def _one(message: Message, result: Result, outlets: int) -> Unsent:
    head = result.headlines.get(message.story)
    line = Line(
        story=message.story,
        title=head.title if head else message.says,
        url=head.url if head else None,
        outlet=head.outlet if head else "",
        others=max(outlets - 1, 0),
        severity=message.severity,
        seen=head.seen if head else message.at,
    )
    says = message.says if message.kind is not Kind.STORY else ""
    return Unsent(channel=message.channel, line=line, code=encode(message.story), says=says, quiet=message.quiet)
