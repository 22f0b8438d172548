"""What can be typed after /tocsin, and what it means."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

USUAL_MUTE = timedelta(hours=24)
LONGEST_MUTE = timedelta(days=30)  # a mute that nobody remembers is a lost alert: all of them end

_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([0-9]{1,5}) ?(min|[mhd])", re.IGNORECASE)
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'"})  # noqa: RUF001  what keyboards make of quotes


class Verb(StrEnum):
    """The first word of a command."""

    STATUS = "status"
    RULES = "rules"
    MUTE = "mute"
    UNMUTE = "unmute"
    ADVISE = "advise"
    TEST = "test"
    SEARCH = "search"
    DIGEST = "digest"
    WHY = "why"
    HELP = "help"


USAGE = {
    Verb.STATUS: ("", "how the sources do, and what waits"),
    Verb.RULES: ("", "the rules, and which are muted"),
    Verb.MUTE: ("RULE [2h]", "no alerts of a rule for a while, 24 h unless you say; 30 d at most"),
    Verb.UNMUTE: ("RULE", "end a mute; a silence's id in place of the rule ends that one"),
    Verb.ADVISE: ("RULE", "what a noisy rule could exclude or require, from what was called not relevant"),
    Verb.TEST: ("RULE TEXT", "would the rule hold for this text? all: which rules would?"),
    Verb.SEARCH: ("WORDS", "stories that hold these words"),
    Verb.DIGEST: ("[NAME]", "the digest as it stands now"),
    Verb.WHY: ("KEY", "why the message with this key was sent"),
    Verb.HELP: ("", "this list"),
}
GUARDED_VERBS = frozenset({Verb.MUTE, Verb.UNMUTE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that was understood, or, with ``problem``, what is wrong with it, in words for who typed it."""

    verb: Verb
    name: str = ""  # a rule, a digest or a key
    words: str = ""  # a text or a search
    span: timedelta = USUAL_MUTE  # of a mute
    problem: str = ""


def read_command(text: str) -> Command:
    """Read what stands after ``/tocsin``; typographic quotes become straight ones, as a search needs them."""
    typed = html.unescape(text).translate(_STRAIGHT).strip()
    first, _, rest = _cut(typed)
    verb = next((verb for verb in Verb if verb == first.lower()), None)
    if verb is None:
        return Command(verb=Verb.HELP, problem=f"There is no command “{first[:40]}”." if first else "")
    return _READERS.get(verb, _bare)(verb, rest)


def usage() -> str:
    """Return the list of commands, one a line."""
    lines = (f"/tocsin {verb} {form}".rstrip() + f" \u2014 {about}" for verb, (form, about) in USAGE.items())
    return "\n".join(lines)


def read_span(text: str) -> timedelta | None:
    """Read ``30m``, ``2h`` or ``1 d``; None when it is no such thing, or nothing at all."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    span = timedelta(**{_UNITS[found[2].lower()]: int(found[1])})
    return span or None


def _bare(verb: Verb, rest: str) -> Command:
    del rest  # "/tocsin status please" is clear enough
    return Command(verb=verb)


def _named(verb: Verb, rest: str) -> Command:
    name, _, more = _cut(rest)
    if more or (not name and verb is not Verb.DIGEST):
        return _wrong(verb)
    return Command(verb=verb, name=name)


def _mute(verb: Verb, rest: str) -> Command:
    name, _, said = _cut(rest)
    if not name:
        return _wrong(verb)
    span = read_span(said) if said else USUAL_MUTE
    if span is None:
        return Command(verb=verb, name=name, problem=f"“{said[:40]}” is no time such as 30m, 2h or 3d.")
    if span > LONGEST_MUTE:
        return Command(verb=verb, name=name, problem=f"A mute may last {LONGEST_MUTE.days} days at most.")
    return Command(verb=verb, name=name, span=span)


def _test(verb: Verb, rest: str) -> Command:
    name, _, words = _cut(rest)
    return Command(verb=verb, name=name, words=words) if words else _wrong(verb)


def _search(verb: Verb, rest: str) -> Command:
    return Command(verb=verb, words=rest) if rest else _wrong(verb)


def _wrong(verb: Verb) -> Command:
    return Command(verb=verb, problem=f"Write it like this: /tocsin {verb} {USAGE[verb][0]}")


def _cut(text: str) -> tuple[str, str, str]:
    """Cut off the first word, whatever white space follows it."""
    found = re.match(r"(\S*)(\s*)(.*)", text.strip(), re.DOTALL)
    return (found[1], found[2], found[3]) if found else ("", "", "")


_READERS = {
    Verb.MUTE: _mute,
    Verb.UNMUTE: _named,
    Verb.ADVISE: _named,
    Verb.DIGEST: _named,
    Verb.WHY: _named,
    Verb.TEST: _test,
    Verb.SEARCH: _search,
}
