"""What rules on trial would have sent, laid out as the report of a week."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.bulletin import Bulletin, Item, Part, Topic, item, tidied
from alerts.tuning.precision import NO_OPINIONS, Precision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from alerts.routing.digest import Line
    from alerts.rules.spec import Rate

LISTED = 20  # messages that a report names of one rule
PAGES = 25  # rules of which a thread tells
_FOOT = "Promote shows the edit of the configuration that ends the trial; nothing is changed by itself."


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """A message that a rule on trial would have sent."""

    channel: str
    line: Line
    code: str  # of the story, as commands take it
    says: str = ""  # what many stories say together
    quiet: bool = False  # a reply in a thread, which the channel does not see


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One rule on trial, and what it would have sent, the newest first."""

    rule: str
    name: str
    channels: tuple[str, ...]  # that it would tell, as far as that depends on it alone
    unsent: tuple[Unsent, ...] = ()
    precision: Precision = NO_OPINIONS

    @property
    def messages(self) -> int:
        """How many messages channels would have seen."""
        return sum(not one.quiet for one in self.unsent)

    @property
    def replies(self) -> int:
        """How many replies would have stood in threads only."""
        return len(self.unsent) - self.messages

    @property
    def by_channel(self) -> Mapping[str, int]:
        """How many messages each channel would have got, the most first; none too, of those it names."""
        counts = Counter(one.channel for one in self.unsent if not one.quiet)
        ranked = sorted({*counts, *self.channels}, key=lambda channel: (-counts[channel], channel))
        return {channel: counts[channel] for channel in ranked}

    def says(self, span: timedelta, budget: Rate | None = None) -> str:
        """Say how much it would have been: "9 in 7 days: 9 to #minerals, budget 20/h"."""
        counted = ", ".join(f"{number} to {channel}" for channel, number in self.by_channel.items())
        limit = f"; the budget of a channel is {budget.count} in {_span(budget.per)}" if budget else ""
        replies = f"; beside them {self.replies} in threads" if self.replies else ""
        return f"{self.messages} in {_span(span)}: {counted or 'it names no channel'}{replies}{limit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The time that a report is about, and how it is told."""

    since: datetime
    until: datetime
    zone: tzinfo
    budget: Rate | None = None  # of each channel
    read_since: datetime | None = None  # there was no time to read what came before; None: all was read

    @property
    def span(self) -> timedelta:
        """How long it was."""
        return self.until - self.since

    @property
    def says(self) -> str:
        """From when to when, for people."""
        since, until = (moment.astimezone(self.zone) for moment in (self.since, self.until))
        cut = self.read_since.astimezone(self.zone) if self.read_since else None
        only = f"; there was time to read from {cut:%Y-%m-%d %H:%M} on" if cut else ""
        return f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} ({self.zone}){only}"


def of_trials(trials: Sequence[Trial], channel: str, week: Week) -> tuple[Bulletin, ...]:
    """Return the report on one rule, or of several one message that counts them and, for its thread, one on each.

    Those that would have sent nothing are only counted, and so are those beyond the first PAGES.
    ``trials`` must not be empty. A report on one rule has that rule for its subject, and so the button that ends
    the trial.
    """
    if len(trials) == 1:
        return (_of_one(trials[0], channel, week),)
    total = sum(one.messages for one in trials)
    ranked = sorted(trials, key=lambda one: (-one.messages, -one.replies, one.rule))
    lines = tuple(item(f"{one.name} ({one.rule})", None, one.says(week.span)) for one in ranked)
    first = Bulletin(
        channel=channel,
        topic=Topic.TRIAL,
        title=f"{len(trials)} rules on trial would have sent {_counted(total)}",
        lead=week.says,
        parts=(Part(heading="", items=lines),),
        foot=_below(sum(bool(one.unsent) for one in trials)),
    )
    return (tidied(first), *(_of_one(one, channel, week) for one in ranked[:PAGES] if one.unsent))


def _below(rules: int) -> str:
    """Say what stands in the thread, of so many rules that would have sent something."""
    if not rules:
        return "`tocsin rules promote RULE` prints the edit that ends the trial of one."
    some = f"What the first {PAGES} of them" if rules > PAGES else "What each"
    return f"{some} would have sent stands in the thread; `tocsin rules trials` lists all. {_FOOT}"


def _of_one(trial: Trial, channel: str, week: Week) -> Bulletin:
    items = tuple(map(_item, trial.unsent[:LISTED]))
    part = Part(
        heading="The newest" if len(trial.unsent) > LISTED else "", items=items, more=len(trial.unsent) - len(items)
    )
    opinion = f" `tocsin feedback STORY --rule {trial.rule} --relevant` keeps what you think of one." if items else ""
    return tidied(
        Bulletin(
            channel=channel,
            topic=Topic.TRIAL,
            title=f"On trial: {trial.name} would have sent {_counted(trial.messages)}",
            lead=week.says,
            facts=(
                ("Rule", trial.rule),
                ("Volume", trial.says(week.span, week.budget)),
                ("Opinions", trial.precision.says),
            ),
            parts=(part,) if items else (),
            foot=f"{_FOOT}{opinion}",
            subject=trial.rule,
        )
    )


def _item(one: Unsent) -> Item:
    outlets = f"{one.line.outlet} +{one.line.others}" if one.line.others else one.line.outlet
    where = f"{one.channel or 'nobody'}{', in a thread' if one.quiet else ''}"
    return item(one.line.title, one.line.url, f"{one.code} · {where} · {one.says or outlets}")


def _counted(number: int) -> str:
    return {0: "nothing", 1: "1 message"}.get(number, f"{number} messages")


def _span(span: timedelta) -> str:
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if span >= length:
            number = round(span / length)
            return f"{number} {unit}{'s' * (number != 1)}"
    return f"{round(span.total_seconds())} seconds"
