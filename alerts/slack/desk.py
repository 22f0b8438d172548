"""What people may ask of Tocsin from Slack, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from alerts.slack.actions import (
    CHANGES,
    GUARDED,
    HOME,
    Action,
    Asked,
    Deed,
    Disliked,
    Unknown,
    permitted,
    unmute_button,
)
from alerts.slack.commands import GUARDED_VERBS, Verb, usage
from alerts.slack.replies import replies

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from alerts.outbox import Receipt
    from alerts.slack.actions import Asker
    from alerts.slack.commands import Command
    from alerts.slack.home import HomeFacts

BY_BUTTON = timedelta(hours=24)  # how long a button mutes and snoozes

OTHER_VERSION = "This button is of another version of Tocsin, and nothing was done. A newer message has newer buttons."
UNKNOWN_ACTION = "Tocsin does not know this button, and nothing was done."
NOT_PERMITTED = "Only those whom slack.admins names may do this, and nothing was done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Who changed what, when."""

    at: datetime
    user: str
    channel: str | None  # where it was asked; None on the home page
    deed: Deed
    on: str  # the delivery's key, or the rule's id
    detail: str = ""  # the rule it was about, or until when


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the asker is told, and what was changed."""

    bodies: Sequence[dict[str, Any]] = ()  # for the response_url, one after the other
    audit: Audit | None = None  # None when nothing was changed
    home: bool = False  # the home page shows something else by now


class Desk(Protocol):
    """Answers and obeys; the machine behind the buttons.

    What changes something is given the Audit to keep with the change, in one transaction. It returns None when it
    was done, else what stands in the way, in words for the asker: an unknown rule, a message too old to be known.
    Every method may raise a TocsinError, such as StoreError; the asker is told then that it did not work.
    """

    async def relevant(self, delivery: str, rule: str, audit: Audit) -> str | None:
        """Remember that somebody called the story of a message relevant to a rule; their last word counts."""

    async def not_relevant(self, delivery: str, rule: str, audit: Audit) -> str | None:
        """Remember that somebody called it not relevant; without a ``rule``, to the message's first one."""

    async def mute(self, rule: str, until: datetime, audit: Audit) -> str | None:
        """Let a rule tell nobody until a moment; what it finds is kept."""

    async def unmute(self, rule: str, audit: Audit) -> str | None:
        """End a mute."""

    async def snooze(self, delivery: str, until: datetime, audit: Audit) -> str | None:
        """Let the source of a message's story tell nobody until a moment."""

    async def acknowledge(self, delivery: str, audit: Audit) -> str | None:
        """Remember that somebody looks after a message, so that it does not escalate."""

    async def delivery_at(self, receipt: Receipt) -> str | None:
        """Return the key of the delivery that stands there; None when the message is not ours."""

    async def why(self, delivery: str) -> str:
        """Say why a message was sent, from the stored reasons."""

    async def sources(self, delivery: str) -> str:
        """List the outlets that tell the story of a message."""

    async def copy(self, delivery: str) -> str:
        """Return a message as plain text."""

    async def status(self) -> str:
        """Say how the sources do and what waits."""

    async def rules(self) -> str:
        """List the rules with their mutes, and how often people called them right."""

    async def test(self, rule: str, text: str) -> str:
        """Say whether a rule holds for a text."""

    async def search(self, query: str) -> str:
        """List the stories that a search finds."""

    async def digest(self, name: str) -> str:
        """Return a digest as it stands now; without a ``name`` the first one."""

    async def home(self) -> HomeFacts:
        """Return what the home page shows."""


async def answer(
    event: Action | Asked | Disliked | Unknown, desk: Desk, admins: Collection[str], now: datetime
) -> Answer:
    """Do what was asked, if the asker may, and say what came of it; raises what the desk raises."""
    if isinstance(event, Unknown):
        told = OTHER_VERSION if event.why == "other-version" else UNKNOWN_ACTION
        return Answer(bodies=replies(told) if event.by else ())
    if isinstance(event, Disliked):
        return await _dislike(event, desk, now)
    if isinstance(event, Asked):
        return await _command(event.command, event.by, desk, admins=admins, now=now)
    if event.deed in GUARDED and not permitted(event.by.user, admins):
        return Answer(bodies=replies(NOT_PERMITTED))
    if event.deed in CHANGES:
        return await _change(event, desk, now, BY_BUTTON)
    told = await _tell(event, desk)
    return Answer(bodies=replies(told, verbatim=event.deed is Deed.COPY))


async def _dislike(event: Disliked, desk: Desk, now: datetime) -> Answer:
    delivery = await desk.delivery_at(event.receipt)
    if delivery is None:
        return Answer()
    return await _change(Action(deed=Deed.NOT_RELEVANT, key=delivery, argument="", by=event.by), desk, now, BY_BUTTON)


async def _command(command: Command, by: Asker, desk: Desk, *, admins: Collection[str], now: datetime) -> Answer:
    if command.verb in GUARDED_VERBS and not permitted(by.user, admins):
        return Answer(bodies=replies(NOT_PERMITTED))
    if command.verb is Verb.HELP or command.problem:
        listed = usage() if command.verb is Verb.HELP else ""
        return Answer(bodies=replies(f"{command.problem}\n{listed}"))
    if command.verb in GUARDED_VERBS:
        deed = Deed.MUTE if command.verb is Verb.MUTE else Deed.UNMUTE
        return await _change(Action(deed=deed, key=HOME, argument=command.name, by=by), desk, now, command.span)
    return Answer(bodies=replies(await _look_up(command, desk)))


async def _look_up(command: Command, desk: Desk) -> str:
    match command.verb:
        case Verb.STATUS:
            return await desk.status()
        case Verb.RULES:
            return await desk.rules()
        case Verb.TEST:
            return await desk.test(command.name, command.words)
        case Verb.SEARCH:
            return await desk.search(command.words)
        case Verb.DIGEST:
            return await desk.digest(command.name)
        case Verb.WHY:
            return await desk.why(command.name)
        case _:
            raise AssertionError(f"{command.verb} changes something")


async def _tell(event: Action, desk: Desk) -> str:
    match event.deed:
        case Deed.SOURCES:
            return await desk.sources(event.key)
        case Deed.COPY:
            return await desk.copy(event.key)
        case _:
            return await desk.why(event.key)


async def _change(event: Action, desk: Desk, now: datetime, span: timedelta) -> Answer:
    audit = _audit(event, now, span)
    hindrance = await _obey(event, desk, audit, until=now + span)
    if hindrance is not None:
        return Answer(bodies=replies(f"Nothing was done: {hindrance}"))
    undo = unmute_button(event.key, event.argument) if event.deed is Deed.MUTE else None
    home = event.deed in {Deed.MUTE, Deed.UNMUTE}
    return Answer(bodies=replies(_done(event, audit), button=undo), audit=audit, home=home)


async def _obey(event: Action, desk: Desk, audit: Audit, *, until: datetime) -> str | None:
    match event.deed:
        case Deed.RELEVANT:
            return await desk.relevant(event.key, event.argument, audit)
        case Deed.NOT_RELEVANT:
            return await desk.not_relevant(event.key, event.argument, audit)
        case Deed.MUTE:
            return await desk.mute(event.argument, until, audit)
        case Deed.UNMUTE:
            return await desk.unmute(event.argument, audit)
        case Deed.SNOOZE:
            return await desk.snooze(event.key, until, audit)
        case Deed.ACKNOWLEDGE:
            return await desk.acknowledge(event.key, audit)
        case _:
            raise AssertionError(f"{event.deed} changes nothing")


def _audit(event: Action, now: datetime, span: timedelta) -> Audit:
    about_rule = event.deed in {Deed.MUTE, Deed.UNMUTE}
    ends = f"until {_moment(now + span)}" if event.deed in {Deed.MUTE, Deed.SNOOZE} else ""
    return Audit(
        at=now,
        user=event.by.user,
        channel=event.by.channel,
        deed=event.deed,
        on=event.argument if about_rule else event.key,
        detail=ends or ("" if about_rule else event.argument),
    )


def _done(event: Action, audit: Audit) -> str:
    match event.deed:
        case Deed.RELEVANT:
            return "Noted as relevant. Thank you."
        case Deed.NOT_RELEVANT:
            return "Noted as not relevant. Thank you."
        case Deed.MUTE:
            return f"Rule {event.argument} is muted {audit.detail}. What it finds is still kept."
        case Deed.UNMUTE:
            return f"Rule {event.argument} is no longer muted."
        case Deed.SNOOZE:
            return f"This story's source is snoozed {audit.detail}. What it brings is still kept."
        case _:
            return "Acknowledged: it will not escalate."


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
