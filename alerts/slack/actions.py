"""What somebody did in Slack, read from an envelope, and the buttons they did it with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from alerts.bulletin import Topic
from alerts.card import clean
from alerts.outbox import Receipt
from alerts.slack.commands import Command, read_command
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from alerts.bulletin import Bulletin

    Block = dict[str, Any]

VERSION = "v1"
HOME = "home"  # stands for the key where a button belongs to no message

# Slack's limits, in characters and elements.
BUTTON_TEXT_LIMIT = 75
BUTTON_VALUE_LIMIT = 2000
OPTION_TEXT_LIMIT = 75
OPTION_VALUE_LIMIT = 150
OVERFLOW_LIMIT = 5
ACTIONS_LIMIT = 25
ID_LIMIT = 255  # of block_id and action_id
CONFIRM_TITLE_LIMIT = 100
CONFIRM_TEXT_LIMIT = 300
CONFIRM_BUTTON_LIMIT = 30

THUMBS_DOWN = ("-1", "thumbsdown")


class Deed(StrEnum):
    """What can be asked for; the value is the action_id of its button, or the argument of its menu entry."""

    RELEVANT = "fb_yes"
    NOT_RELEVANT = "fb_no"
    MUTE = "mute_rule_24h"
    UNMUTE = "unmute_rule"
    ACKNOWLEDGE = "ack"
    SNOOZE = "snooze"
    RETRY = "feed_retry"
    PUT_OFF = "feed_snooze_24h"
    UNFOLD = "unfold"
    MUTE_STORM = "mute_storm_1h"
    PROMOTE = "promote_rule"
    WHY = "why"
    SOURCES = "sources"
    COPY = "text"


_DEEDS = {  # as others are told that somebody did them
    Deed.RELEVANT: "called it relevant",
    Deed.NOT_RELEVANT: "called it not relevant",
    Deed.MUTE: "muted the rule for 24 hours",
    Deed.UNMUTE: "ended the mute",
    Deed.ACKNOWLEDGE: "acknowledged it",
    Deed.SNOOZE: "snoozed its source for 24 hours",
    Deed.RETRY: "had the source visited",
    Deed.PUT_OFF: "put the source's trouble off for 24 hours",
    Deed.UNFOLD: "unfolded the storm",
    Deed.MUTE_STORM: "muted the storm's rules for an hour",
    Deed.PROMOTE: "asked for the edit that ends the trial",
}


def deed_words(deed: str) -> str:
    """Say what somebody did, as an audit keeps it; what is a word already stays as it is."""
    return next((words for one, words in _DEEDS.items() if one == deed), deed)


MENU = "more"  # the action_id of the menu
MENU_ENTRIES = {
    Deed.WHY: "Why this alert?",
    Deed.ACKNOWLEDGE: "Acknowledge",
    Deed.SNOOZE: "Snooze this source 24 h",
    Deed.SOURCES: "Show all sources",
    Deed.COPY: "Copy as text",
}
CHANGES = frozenset(Deed) - {Deed.WHY, Deed.SOURCES, Deed.COPY}  # these are written to the audit
ABOUT_RULES = frozenset({Deed.MUTE, Deed.UNMUTE, Deed.PROMOTE})  # whatever message they stand below
GUARDED = frozenset(  # these change what others are told: for admins, where named
    {Deed.MUTE, Deed.UNMUTE, Deed.SNOOZE, Deed.PUT_OFF, Deed.MUTE_STORM, Deed.PROMOTE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asked, where, and where an answer that only they see can be sent."""

    user: str
    channel: str | None = None
    response_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button or a menu entry was chosen."""

    deed: Deed
    key: str  # of the delivery whose message it belongs to; HOME on the home page
    argument: str  # the rule, for those that are about a rule
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A slash command was typed."""

    command: Command
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class Disliked:
    """Somebody put a thumb down under a message, which may be anybody's."""

    receipt: Receipt
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOpened:
    """Somebody looks at the home page; ``hash`` names what they see now."""

    user: str
    hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something that asks for nothing we do; ``by`` is known when somebody waits for an answer."""

    why: str  # stable short name: "other-version", "unknown-action", "not-for-us", "unreadable"
    detail: str = ""
    by: Asker | None = None


Event = Action | Asked | Disliked | HomeOpened | Unknown


def permitted(user: str, admins: Collection[str]) -> bool:
    """Whether a user may do what is GUARDED; where no admins are named, everybody may."""
    return not admins or user in admins


def identity(envelope: object) -> str | None:
    """Return what the same deed has in every envelope that brings it; None when it has no such thing.

    Slack sends an envelope again under a new ``envelope_id`` when it saw no acknowledgement.
    """
    payload = _dict(_dict(envelope).get("payload"))
    return _text(payload.get("event_id")) or _text(payload.get("trigger_id"))


def parse(envelope: object) -> Event:
    """Read an envelope of Socket Mode, whatever it holds; nothing is raised."""
    whole = _dict(envelope)
    payload = _dict(whole.get("payload"))
    kind = whole.get("type")
    if kind == "interactive":
        return _interactive(payload)
    if kind == "slash_commands":
        return _slash(payload)
    if kind == "events_api":
        return _event(_dict(payload.get("event")))
    return Unknown(why="not-for-us", detail=f"an envelope of type {_word(kind)}")


def response_url(envelope: object) -> str | None:
    """Return where an answer to an envelope can be sent, if anywhere."""
    url = _text(_dict(_dict(envelope).get("payload")).get("response_url"))
    return url if url and url.startswith(("https://", "http://")) else None


def value(key: str, argument: str = "") -> str:
    """Return what a button carries."""
    return f"{VERSION}:{key}:{argument}"


def buttons(key: str, rule: str) -> Block:
    """Return the block with all that can be done about a message: ``key`` is its delivery's, ``rule`` its first.

    Of a rule whose id is too long for a button only the menu is left; ``/tocsin mute`` still mutes it.
    """
    elements = [
        _button("Relevant", Deed.RELEVANT, value(key, rule), says="Mark this story as relevant"),
        _button("Not relevant", Deed.NOT_RELEVANT, value(key, rule), says="Mark this story as not relevant"),
        _button("Mute rule 24 h", Deed.MUTE, value(key, rule), says="Mute this rule for 24 hours")
        | {"confirm": _mute_dialog(rule)},
    ]
    entries = [
        {"text": plain(text, OPTION_TEXT_LIMIT), "value": value(key, deed)} for deed, text in MENU_ENTRIES.items()
    ]
    short = [element for element in elements if len(element["value"]) <= BUTTON_VALUE_LIMIT]
    menu = {"type": "overflow", "action_id": MENU, "options": entries}
    return {"type": "actions", "block_id": "act", "elements": [*short, menu]}


def bulletin_buttons(key: str, bulletin: Bulletin) -> Block:
    """Return the block with what can be done about a message of Tocsin itself, or about a storm.

    A report on trials tells of nothing that somebody has to look after.
    """
    taken = _button("Acknowledge", Deed.ACKNOWLEDGE, value(key), says="Say that you look after this")
    told = {Deed.WHY: "Why this message?", Deed.COPY: MENU_ENTRIES[Deed.COPY]}
    entries = [{"text": plain(text, OPTION_TEXT_LIMIT), "value": value(key, deed)} for deed, text in told.items()]
    menu = {"type": "overflow", "action_id": MENU, "options": entries}
    answers = [] if bulletin.topic is Topic.TRIAL else [taken]
    return {"type": "actions", "block_id": "act", "elements": [*_remedies(key, bulletin), *answers, menu]}


def _remedies(key: str, bulletin: Bulletin) -> list[dict[str, Any]]:
    """Return the buttons for what a bulletin is about: a storm, a source that is not well, a rule on trial."""
    if not bulletin.subject:
        return []
    if bulletin.topic is Topic.STORM:
        return [
            _button("Unfold", Deed.UNFOLD, value(key), says="Send the messages of this storm one by one"),
            _button("Mute rules 1 h", Deed.MUTE_STORM, value(key), says="Mute the rules of this storm for an hour")
            | {"confirm": _storm_dialog()},
        ]
    if bulletin.topic is Topic.TRIAL and len(carried := value(key, bulletin.subject)) <= BUTTON_VALUE_LIMIT:
        return [_button("Promote", Deed.PROMOTE, carried, says="Show the edit that ends this rule's trial")]
    if bulletin.topic is Topic.HEALTH and bulletin.severity > Severity.INFO:
        return [
            _button("Try now", Deed.RETRY, value(key), says="Visit this source now"),
            _button("Snooze 24 h", Deed.PUT_OFF, value(key), says="Hear of this source again in 24 hours"),
        ]
    return []


def unmute_button(key: str, rule: str) -> Block | None:
    """Return a button that ends a rule's mute; None when the rule's id is too long for one."""
    carried = value(key, rule)
    if len(carried) > BUTTON_VALUE_LIMIT:
        return None
    return _button("Undo", Deed.UNMUTE, carried, says=clean(f"Unmute {rule}", BUTTON_TEXT_LIMIT))


def plain(text: str, limit: int) -> dict[str, Any]:
    """Return a text in which Slack parses nothing, at most ``limit`` characters long."""
    return {"type": "plain_text", "text": clean(text, limit) or "\u2014", "emoji": False}


def _button(text: str, deed: Deed, carried: str, *, says: str) -> dict[str, Any]:
    return {
        "type": "button",
        "text": plain(text, BUTTON_TEXT_LIMIT),
        "action_id": str(deed),
        "value": carried,
        "accessibility_label": says,
    }


def _mute_dialog(rule: str) -> dict[str, Any]:
    told = (
        f"Nobody gets alerts of rule {clean(rule, 100)} until it ends, in any channel. "
        "Matches are still stored and go to the digest."
    )
    return {
        "title": plain("Mute this rule for 24 hours?", CONFIRM_TITLE_LIMIT),
        "text": plain(told, CONFIRM_TEXT_LIMIT),
        "confirm": plain("Mute 24 h", CONFIRM_BUTTON_LIMIT),
        "deny": plain("Keep it", CONFIRM_BUTTON_LIMIT),
    }


def _storm_dialog() -> dict[str, Any]:
    told = "Nobody gets alerts of its rules until it ends, in any channel, except critical ones. Matches are stored."
    return {
        "title": plain("Mute the rules of this storm?", CONFIRM_TITLE_LIMIT),
        "text": plain(told, CONFIRM_TEXT_LIMIT),
        "confirm": plain("Mute 1 h", CONFIRM_BUTTON_LIMIT),
        "deny": plain("Keep them", CONFIRM_BUTTON_LIMIT),
    }


def _interactive(payload: Mapping[str, Any]) -> Event:
    by = _asker(_dict(payload.get("user")).get("id"), _dict(payload.get("channel")).get("id"), payload)
    if by is None or payload.get("type") != "block_actions":
        return Unknown(why="not-for-us", detail=f"an interaction of type {_word(payload.get('type'))}", by=by)
    action = _dict(next(iter(_list(payload.get("actions"))), None))
    name = _text(action.get("action_id")) or ""
    if name == MENU:
        carried = _text(_dict(action.get("selected_option")).get("value")) or ""
    else:
        carried = _text(action.get("value")) or ""
    version, _, rest = carried.partition(":")
    if version != VERSION:
        return Unknown(why="other-version", detail=f"{_word(name)} carries {_word(version)}", by=by)
    key, _, argument = rest.partition(":")
    return _chosen(name, key, argument, by)


def _chosen(name: str, key: str, argument: str, by: Asker) -> Event:
    wanted = argument if name == MENU else name
    deed = next((deed for deed in Deed if deed == wanted and (name != MENU or deed in MENU_ENTRIES)), None)
    if deed is None or not key:
        return Unknown(why="unknown-action", detail=_word(wanted), by=by)
    return Action(deed=deed, key=key, argument="" if name == MENU else argument, by=by)


def _slash(payload: Mapping[str, Any]) -> Event:
    by = _asker(payload.get("user_id"), payload.get("channel_id"), payload)
    if by is None:
        return Unknown(why="unreadable", detail="a command of nobody")
    return Asked(command=read_command(_text(payload.get("text")) or ""), by=by)


def _event(event: Mapping[str, Any]) -> Event:
    by = _asker(event.get("user"), _dict(event.get("item")).get("channel"), {})
    kind = event.get("type")
    if kind == "app_home_opened" and by and event.get("tab", HOME) == HOME:
        return HomeOpened(user=by.user, hash=_text(_dict(event.get("view")).get("hash")))
    message = _text(_dict(event.get("item")).get("ts"))
    if kind == "reaction_added" and by and by.channel and message and event.get("reaction") in THUMBS_DOWN:
        return Disliked(receipt=Receipt(channel=by.channel, message=message), by=by)
    return Unknown(why="not-for-us", detail=f"an event of type {_word(kind)}")


def _asker(user: object, channel: object, payload: Mapping[str, Any]) -> Asker | None:
    known = _text(user)
    if known is None:
        return None
    return Asker(user=known, channel=_text(channel), response_url=response_url({"payload": payload}))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _word(value: object) -> str:
    return clean(value, 60) if isinstance(value, str) else type(value).__name__
