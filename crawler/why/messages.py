"""The way of one message: what was tried, what was answered, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.bulletin import Bulletin
from alerts.outbox import State, way_of
from crawler.visits.page import PageState
from crawler.visits.spans import roughly
from crawler.why.chain import Mark, Step
from crawler.why.ranks import Rank

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from alerts.outbox import Receipt
    from crawler.store.enquiries import Enquiry
    from crawler.store.reports import Hold
    from crawler.store.trails import Trail
    from crawler.why.chain import Clock

_SLACK_IDS = frozenset("CDG")  # with which Slack's ids of conversations begin
_LINES = 8  # of a message's way that are shown
_RANKS = {
    State.SENT: Rank.TOLD,
    State.FOLDED: Rank.FOLDED,
    State.DEAD: Rank.DEAD,
    State.WITHDRAWN: Rank.DECIDED,
}


def rank_of(trail: Trail, key: str) -> Rank:
    """Say how far a message got; one that a storm lists as far as the storm's message."""
    kept = trail.messages.get(key)
    if kept is None:
        return Rank.DECIDED
    if kept.delivery.state is State.FOLDED:
        storm = trail.messages.get(trail.folded.get(key, ""))
        return Rank.FOLDED if storm is None or storm.delivery.state is State.SENT else Rank.ON_ITS_WAY
    if kept.delivery.state is State.SENT and isinstance(kept.delivery.content, Bulletin):
        return Rank.FOLDED
    return _RANKS.get(kept.delivery.state, Rank.ON_ITS_WAY)


def outcome_of(trail: Trail, key: str, rule: str, clock: Clock) -> str:
    """Say in a sentence what became of the message of a rule."""
    kept = trail.messages[key]
    delivery, channel = kept.delivery, kept.delivery.channel
    if delivery.state is State.FOLDED:
        return f"Told in a list: so much came for {channel} that one message lists it, by the rule {rule}"
    if delivery.state is State.SENT:
        sent = sent_at(kept)
        when = f" at {clock.at(sent)}" if sent else ""
        if isinstance(delivery.content, Bulletin):
            return f"Told in {channel}{when} in “{delivery.content.title}”, by the rule {rule}"
        return f"Told in {channel}{when} by the rule {rule}"
    if delivery.state is State.DEAD:
        return f"Not delivered: {channel} refused the message of the rule {rule} in every form: {_last(kept)}"
    if delivery.state is State.WITHDRAWN:
        return (
            f"Not told: the message of the rule {rule} to {channel} was taken back before anybody saw it: {_last(kept)}"
        )
    return f"Not told yet: the message of the rule {rule} {waits_for(trail.holds, kept, trail, clock)}"


def waits_for(holds: Sequence[Hold], kept: Enquiry, trail: Trail | None, clock: Clock) -> str:
    """Say what a message waits for that is not final."""
    delivery = kept.delivery
    channel = delivery.channel
    held = next((one for one in holds if one.channel == channel or (one.channel is None and not way_of(channel))), None)
    if held:
        return f"waits, for {channel} is parked until {clock.until(held.until)}: {held.reason}"
    if delivery.state is State.UNCLEAR:
        return f"may stand in {channel}: no clear answer came, and it is being looked for"
    if delivery.state is State.SENDING:
        return f"to {channel} is on the wire"
    page = trail.page if trail else None
    if page and page.state is PageState.DUE and not delivery.attempts:
        return f"to {channel} waits for the story's page, of which more could be told"
    if kept.steps:
        return f"to {channel} is tried again: {_last(kept)}"
    return f"to {channel} is queued since {clock.at(delivery.queued)}"


def way_of_message(trail: Trail, key: str, clock: Clock) -> list[Step]:
    """Return the steps of a message, and of what tells in its place."""
    steps = [message_step(trail.messages[key], trail.holds, trail, clock)]
    if (storm := trail.folded.get(key)) and storm in trail.messages:
        steps.append(message_step(trail.messages[storm], trail.holds, trail, clock, name="storm"))
    if (other := trail.merged.get(key)) and other in trail.messages:
        steps.append(message_step(trail.messages[other], trail.holds, trail, clock, name="merged into"))
    return steps


def message_step(
    kept: Enquiry, holds: Sequence[Hold], trail: Trail | None, clock: Clock, *, name: str = "message"
) -> Step:
    """Return the step of one message: where it stands, each attempt with its answer, and its link."""
    delivery = kept.delivery
    marks = {State.SENT: Mark.PASSED, State.FOLDED: Mark.PASSED, State.DEAD: Mark.ENDED, State.WITHDRAWN: Mark.ENDED}
    mark = marks.get(delivery.state, Mark.WAITS)
    says = f"{delivery.state} to {delivery.channel}"
    if mark is Mark.WAITS:
        says = waits_for(holds, kept, trail, clock)
    elif isinstance(delivery.content, Bulletin):
        says += f", “{delivery.content.title}”"
    sent = sent_at(kept)
    after = f", {roughly(sent - delivery.queued)} after it was queued" if sent else ""
    tries = f", after {delivery.attempts} attempts" if delivery.attempts > 1 else ""
    return Step(
        name=name,
        mark=mark,
        reason=kept.steps[-1].reason if kept.steps else delivery.state.value,
        says=f"{says}{tries}{after}",
        at=sent or delivery.queued,
        more=tuple(_details(kept, clock)),
        link=link_of(delivery.receipt),
    )


def sent_at(kept: Enquiry) -> datetime | None:
    """Return when a message was seen to stand in its channel; None when it does not."""
    return next((one.at for one in kept.steps if one.state == State.SENT), None)


def link_of(receipt: Receipt | None) -> str | None:
    """Return an address that opens a message in Slack; None where it stands elsewhere."""
    if receipt is None or receipt.channel[:1] not in _SLACK_IDS or not receipt.message.replace(".", "").isdecimal():
        return None
    return f"https://slack.com/app_redirect?channel={receipt.channel}&message_ts={receipt.message}"


def _details(kept: Enquiry, clock: Clock) -> Iterator[str]:
    if kept.delivery.note:
        yield f"a reply in its thread: {kept.delivery.note}"
    alone = len(kept.steps) == 1 and kept.steps[0].state == State.SENT
    for one in () if alone else kept.steps[-_LINES:]:
        detail = f": {one.detail}" if one.detail else ""
        yield f"{clock.at(one.at)} {one.reason}{detail}"
    if kept.acknowledged:
        yield f"looked after by {kept.acknowledged.user} since {clock.at(kept.acknowledged.at)}"
    for rule, votes in kept.votes.items():
        yield f"{rule}: {votes.relevant} of {votes.total} called it relevant"


def _last(kept: Enquiry) -> str:
    if not kept.steps:
        return "no answer yet"
    last = kept.steps[-1]
    return f"{last.reason}: {last.detail}" if last.detail else last.reason
