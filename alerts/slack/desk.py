"""What people may ask of Tocsin from Slack, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from alerts.slack.actions import (
    ABOUT_RULES,
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
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.outbox import Receipt
    from alerts.slack.actions import Asker
    from alerts.slack.commands import Command
    from alerts.slack.home import HomeFacts

BY_BUTTON = timedelta(hours=24)  # how long a button mutes and snoozes …
STORM_MUTE = timedelta(hours=1)  # … and that of a storm

_TIMED = frozenset({Deed.MUTE, Deed.SNOOZE, Deed.PUT_OFF, Deed.MUTE_STORM})

OTHER_VERSION = "This button is of another version of Tocsin, and nothing was done. A newer message has newer buttons."
UNKNOWN_ACTION = "Tocsin does not know this button, and nothing was done."
NOT_PERMITTED = "Only those whom slack.admins names may do this, and nothing was done."
HOW_TO_EDIT = "make it in the file, or save it and use `git apply` beside the file; a running Tocsin takes it at once."


_DONE = {  # what the asker is told; ``name`` is what was muted, ``ends`` says until when
    Deed.RELEVANT: "Noted as relevant. Thank you.",
    Deed.NOT_RELEVANT: "Noted as not relevant. Thank you.",
    Deed.MUTE: "Rule {name} is muted {ends}. What it finds is still kept.",
    Deed.UNMUTE: "{name} is no longer muted.",
    Deed.SNOOZE: (
        "This story's source is snoozed {ends}. What it brings is still kept; the app's home page ends it, and so "
        "does /tocsin unmute with its id."
    ),
    Deed.ACKNOWLEDGE: "Acknowledged: it will not escalate.",
    Deed.RETRY: (
        "The source is visited now, unless its host asked to be left alone. The message here says when it is well."
    ),
    Deed.PUT_OFF: "Snoozed {ends}: told anew then if it lasts. When it is over, the message here says so.",
    Deed.UNFOLD: "The storm's messages are sent one by one, about one a second.",
    Deed.MUTE_STORM: (
        "The storm's rules are muted {ends}. What they find is kept, and critical alerts pass; the app's home page "
        "ends it, and so does /tocsin unmute with its id."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Who changed what, when."""

    at: datetime
    user: str
    channel: str | None  # where it was asked; None on the home page
    deed: str  # a Deed, or what a command calls what it did
    on: str  # the delivery's key, the rule's id, or what else it was done to
    detail: str = ""  # the rule it was about, or until when


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the asker is told, and what was changed."""

    bodies: Sequence[dict[str, Any]] = ()  # for the response_url, one after the other
    audit: Audit | None = None  # None when nothing was changed
    home: bool = False  # the home page shows something else by now


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An edit of the configuration, for the asker to make."""

    edit: str = ""  # in the unified form of diff
    hindrance: str | None = None  # why there is none, in words for the asker


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
        """End a mute: of a rule, or what has this for its id."""

    async def snooze(self, delivery: str, until: datetime, audit: Audit) -> str | None:
        """Let the source of a message's story tell nobody until a moment."""

    async def acknowledge(self, delivery: str, audit: Audit) -> str | None:
        """Remember that somebody looks after a message, so that it does not escalate."""

    async def retry(self, delivery: str, audit: Audit) -> str | None:
        """Let the source that a message is about be visited now."""

    async def put_off(self, delivery: str, until: datetime, audit: Audit) -> str | None:
        """Let a source's trouble, which a message tells of, be told anew at a moment if it lasts."""

    async def unfold(self, delivery: str, audit: Audit) -> str | None:
        """Let what a storm's message lists be sent message by message, and end the storm."""

    async def mute_storm(self, delivery: str, until: datetime, audit: Audit) -> str | None:
        """Let the rules of what a storm's message lists tell nobody until a moment, but of what is critical."""

    async def promote(self, rule: str, audit: Audit) -> Proposal:
        """Return the edit of the configuration that ends a rule's trial, and remember who asked; nothing is edited."""

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

    async def advise(self, rule: str) -> str:
        """Say what a rule could exclude or require, and what that would have done to what it found."""

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
        return await _change(event, desk, now, STORM_MUTE if event.deed is Deed.MUTE_STORM else BY_BUTTON)
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
        case Verb.STATUS | Verb.RULES as verb:
            return await (desk.status() if verb is Verb.STATUS else desk.rules())
        case Verb.ADVISE:
            return await desk.advise(command.name)
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
    if event.deed is Deed.PROMOTE:
        return await _propose(event, desk, audit)
    hindrance = await _obey(event, desk, audit, until=now + span)
    if hindrance is not None:
        return Answer(bodies=replies(f"Nothing was done: {hindrance}"))
    undo = unmute_button(event.key, event.argument) if event.deed is Deed.MUTE else None
    home = event.deed in {Deed.MUTE, Deed.UNMUTE, Deed.MUTE_STORM}
    return Answer(bodies=replies(_done(event, audit), button=undo), audit=audit, home=home)


async def _propose(event: Action, desk: Desk, audit: Audit) -> Answer:
    made = await desk.promote(event.argument, audit)
    if made.hindrance is not None:
        return Answer(bodies=replies(f"Nothing was done: {made.hindrance}"))
    says = f"This edit ends the trial of rule {event.argument}. Nothing is changed by itself: {HOW_TO_EDIT}"
    return Answer(bodies=replies(f"{says}\n\n{made.edit}", verbatim=True), audit=audit)


async def _obey(event: Action, desk: Desk, audit: Audit, *, until: datetime) -> str | None:
    key, rule = event.key, event.argument
    obey: Mapping[Deed, Callable[[], Awaitable[str | None]]] = {
        Deed.RELEVANT: lambda: desk.relevant(key, rule, audit),
        Deed.NOT_RELEVANT: lambda: desk.not_relevant(key, rule, audit),
        Deed.MUTE: lambda: desk.mute(rule, until, audit),
        Deed.UNMUTE: lambda: desk.unmute(rule, audit),
        Deed.SNOOZE: lambda: desk.snooze(key, until, audit),
        Deed.ACKNOWLEDGE: lambda: desk.acknowledge(key, audit),
        Deed.RETRY: lambda: desk.retry(key, audit),
        Deed.PUT_OFF: lambda: desk.put_off(key, until, audit),
        Deed.UNFOLD: lambda: desk.unfold(key, audit),
        Deed.MUTE_STORM: lambda: desk.mute_storm(key, until, audit),
    }
    return await obey[event.deed]()


def _audit(event: Action, now: datetime, span: timedelta) -> Audit:
    about_rule = event.deed in ABOUT_RULES
    ends = f"until {_moment(now + span)}" if event.deed in _TIMED else ""
    return Audit(
        at=now,
        user=event.by.user,
        channel=event.by.channel,
        deed=event.deed,
        on=event.argument if about_rule else event.key,
        detail=ends or ("" if about_rule else event.argument),
    )


def _done(event: Action, audit: Audit) -> str:
    return _DONE[event.deed].format(name=event.argument, ends=audit.detail)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
