"""Holds what a trial published against what the store says and what stands in Slack."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.outbox import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bench.newswire import Piece
    from crawler.store import Outcome

_TAG = re.compile(r"[A-Z][a-z]+[0-9]{8}\b")
SHOWN = 5  # examples of what is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it stands in Slack."""

    channel: str  # "#news"
    key: str  # "" without metadata
    headline: str  # its first line: of an alert it names the text, of a digest, summary or storm it does not
    says: str  # all of it, the headline included


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a trial left in the store and in Slack."""

    outcomes: Sequence[Outcome]
    told: Sequence[Message]
    states: Mapping[str, State]  # of all deliveries, by key
    doubled: Sequence[str]  # keys that stand in Slack more than once
    channels: Mapping[str, str]  # where each rule tells


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What came of all that was published."""

    published: int = 0
    copies: int = 0  # of these
    edits: int = 0  # of these were changed once
    seen: int = 0
    fired: int = 0  # pairs of a piece and a rule that must fire, and did
    told: int = 0  # pairs of a text and a channel that must hear of it, and did
    unseen: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)  # rules that must hold and do not
    wrong: list[str] = field(default_factory=list)  # rules that hold and must not
    untold: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)  # stories, or messages
    stuck: list[str] = field(default_factory=list)  # messages that are neither sent nor folded

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled, or made up."""
        return not (self.unseen or self.missed or self.wrong or self.untold or self.twice or self.stuck)

    def lines(self) -> list[str]:
        """Return it for people."""
        head = (
            f"published {self.published:,} ({self.copies:,} copies, {self.edits:,} edited), seen {self.seen:,}; "
            f"rules fired {self.fired:,}, told {self.told:,}"
        )
        kinds = {
            "never seen": self.unseen,
            "rule missed": self.missed,
            "rule held in error": self.wrong,
            "never told": self.untold,
            "doubled": self.twice,
            "stuck": self.stuck,
        }
        counts = ", ".join(f"{name} {len(found)}" for name, found in kinds.items())
        examples = [f"  {name}: {one}" for name, found in kinds.items() for one in found[:SHOWN]]
        return [head, counts, *examples]


def judge(pieces: Sequence[Piece], facts: Facts) -> Verdict:
    """Return what came of pieces."""
    found = Verdict(
        published=len(pieces),
        copies=sum(one.is_copy for one in pieces),
        edits=sum(one.edited is not None for one in pieces),
    )
    _judge_stories(found, pieces, facts.outcomes)
    _judge_messages(found, pieces, facts)
    found.twice += [f"message {key}" for key in facts.doubled]
    open_ = {key: state for key, state in facts.states.items() if state not in {State.SENT, State.FOLDED}}
    found.stuck = [f"{key} {state}" for key, state in open_.items()]
    return found


def _judge_stories(found: Verdict, pieces: Sequence[Piece], outcomes: Iterable[Outcome]) -> None:
    known: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for one in outcomes:
        known[one.outlet.id, one.title.split()[0]].append(one)
    for piece in pieces:
        name = f"s{piece.source} {piece.tag}"
        here = known.get((f"s{piece.source}", piece.tag), [])
        if not here:
            found.unseen.append(f"{name} of {piece.at}")
            continue
        found.seen += 1
        if len(here) > 1:
            found.twice.append(f"story {name}, {len(here)} times")
        rules = {ruling.match.rule for one in here for ruling in one.rulings}
        found.fired += len(rules & piece.all_rules)
        found.missed += [f"{name} {rule}" for rule in sorted(piece.all_rules - rules)]
        found.wrong += [f"{name} {rule}" for rule in sorted(rules - piece.all_rules)]


def _judge_messages(found: Verdict, pieces: Sequence[Piece], facts: Facts) -> None:
    named, headed = set[tuple[str, str]](), Counter[tuple[str, str]]()
    for message in facts.told:
        named |= {(message.channel, tag) for tag in _TAG.findall(message.says)}
        headed.update((message.channel, tag) for tag in set(_TAG.findall(message.headline)))
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for piece in pieces:
        for rule in piece.all_rules:
            wanted[facts.channels[rule], piece.tag].add(rule)
    for place, rules in sorted(wanted.items()):
        name = f"{place[1]} in {place[0]}"
        if place in named:
            found.told += 1
        else:
            found.untold.append(name)
        if headed[place] > len(rules):
            found.twice.append(f"{name}: {headed[place]} messages for {', '.join(sorted(rules))}")
