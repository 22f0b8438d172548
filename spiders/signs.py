"""Lines that belong to a page and not to its article, by what they say in the languages of the press."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

from spiders.cuts import Cut, Why, cut_of
from spiders.phrases import (
    ASKS,
    BY,
    COMMENTS,
    CONSENTS,
    COOKIE_SENTENCES,
    COOKIES,
    CREDITS,
    HEADS,
    INVITATIONS,
    INVITATIONS_EAST,
    LABELS,
    LEADS,
    SURE_LEADS,
    TIMES,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Sign(Enum):
    """What a line announces that says only this."""

    HEADS = auto()  # other articles
    COMMENTS = auto()
    ASKS = auto()  # comments, or nothing: it is a button
    LABEL = auto()  # nothing: it is a button, an advertisement's mark, a ruler


_COLONS = (":", "\uff1a")
POINTERS = (
    *_COLONS,
    "|",
    "\u00bb",
    "\u203a",
    ">",
    "\u2192",
    "\u25b6",
    "\u25ba",
    "\u3011",
    "]",
)  # they point to what comes
_EDGE = r"[\s\W_]*"
_LONGEST = 300  # characters of a line that is looked at: longer ones are the article's
_SHORT = 80  # of one that is looked at by words in any place
_HEADLINE = 140  # of a headline
_NEAR = 6  # lines at the head of a text among which bylines stand
_BEFORE = 300  # characters that stand before readers' comments


def _either(phrases: str) -> str:
    return "|".join(phrases.strip().splitlines())


def _whole(phrases: str) -> re.Pattern[str]:
    return re.compile(rf"{_EDGE}(?:\d+\s*)?(?:{_either(phrases)})(?:\s*\(?\d[\d.,]*\)?)?{_EDGE}", re.IGNORECASE)


_KINDS = (
    (Sign.HEADS, _whole(HEADS)),
    (Sign.COMMENTS, _whole(COMMENTS)),
    (Sign.ASKS, _whole(ASKS)),
    (Sign.LABEL, _whole(LABELS)),
    (Sign.LABEL, re.compile(r"[\s|:_*=\u2014\u2013-]+")),
    (Sign.LABEL, re.compile(r"(?:#[^\W\d]\w+[\s,]*){2,}")),
)
_POINTER = f"[{re.escape(''.join(POINTERS))}]"
_LEAD = re.compile(rf"{_EDGE}(?:{_either(LEADS)})\s*{_POINTER}", re.IGNORECASE)
_LEAD_AND_DASH = re.compile(rf"{_EDGE}(?:{_either(LEADS)})\s*[\u2013\u2014-]\s", re.IGNORECASE)
_SURE_LEAD = re.compile(rf"{_EDGE}(?:{_either(SURE_LEADS)})\s+\S", re.IGNORECASE)
_LEAD_AND_LINK = re.compile(rf"{_EDGE}(?:{_either(LEADS)})(?!\w)", re.IGNORECASE)
_OFFERS = tuple(
    re.compile(rf"^\W*(?:{begins})\b.{{0,200}}?\b(?:{offered})\b", re.IGNORECASE) for begins, offered in INVITATIONS
)
_OFFERS_LATER = tuple(
    re.compile(rf"[.!?:\u061f]\s+(?:{begins})\b.{{0,100}}?\b(?:{offered})\b", re.IGNORECASE)
    for begins, offered in INVITATIONS
)
_NOTICE = re.compile(rf"^(?:{'|'.join(COOKIE_SENTENCES)})", re.IGNORECASE)
_CRUMBS = re.compile(r"[^.!?>\u00bb\u203a]{1,40}(?:\s*[>\u00bb\u203a]\s*[^.!?>\u00bb\u203a]{1,40}){1,6}")
_OFFERS_EAST = re.compile(rf"\W*(?:{'|'.join(INVITATIONS_EAST)})\W*", re.IGNORECASE)
_COOKIES = re.compile(COOKIES, re.IGNORECASE)
_CONSENT = re.compile(rf"{_EDGE}(?:{_either(CONSENTS)}){_EDGE}", re.IGNORECASE)
_CREDIT = re.compile(rf"^[\W\d]*(?:(?:{CREDITS})\s*[:\uff1a|=\u00a9]|\u00a9\s?\S).{{0,140}}$", re.IGNORECASE)
_CREDIT_AT_END = re.compile(
    rf"(?:^|[\s.!?\u3002\uff01\uff1f\"\u201d\u00bb()\uff08|/\[])(?:(?:{CREDITS})\s*[:\uff1a/=\u00a9\uff0f]|\u00a9).{{1,60}}$"
    r"|[(/|]\s?(?:reuters|ap|afp|dpa|getty(?: images)?|epa|picture alliance|tass)\)?\W*$",
    re.IGNORECASE,
)
_CAPITAL = r"[^\W\d_a-zà-öø-ÿ]"
_PARTICLES = r"(?:(?:de|da|di|van|von|der|al|el|bin|ben)\s+)*"
_NAME = rf"{_CAPITAL}[\w.'\u2019-]*(?:\s+{_PARTICLES}{_CAPITAL}|\s*[,|;\u2022\u00b7(]|\s*$)"
_BYLINE = re.compile(rf"^\W*(?i:{BY})(?:\s*[:\uff1a/\uff0f|]\s*|\s+){_NAME}")
_TIMED = re.compile(rf"^\W*(?:{TIMES})\b.*\d", re.IGNORECASE)
_DAY = r"(?:\d{1,2}(?:st|nd|rd|th)?[.\s/-]\s?[^\W\d_]{3,}|[^\W\d_]{3,}\.?\s\d{1,2}\b)"
_DATELINE = re.compile(rf"^{_CAPITAL}(?:{_CAPITAL}|[ .-]){{2,30}}(?:,|\s[(/\u2013\u2014-])\s?{_DAY}.{{0,30}}$")
_STOPS, _CALLS = r".\u2026\u3002\u06d4\u0964\uff0e", r"!?\uff01\uff1f\u061f"
_CLOSED = r"[\"'\u201d\u2019\u00bb\u203a\u300d\u300f)\uff09\]\u201c\s]*$"
_FINAL = re.compile(rf"[{_STOPS}{_CALLS}]{_CLOSED}")
_STOP = re.compile(rf"[{_STOPS}]{_CLOSED}")
_UNPOINTED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f]")  # scripts that end no sentence by a sign


def without_signs(text: str, authors: Iterable[str] = ()) -> str:
    """Return a text without the lines that are a box's heading, a button, an offer, or lead to another article."""
    return sifted(text, authors)[0]


def sifted(text: str, authors: Iterable[str] = ()) -> tuple[str, list[Cut]]:
    """Return a text without lines that are none of its article's, and what was taken out.

    That are headings of boxes and the headlines under them, readers' comments under their heading, buttons, offers,
    lines that lead to another article, credits, and at the head of the text lines that say who wrote it or when.
    """
    lines = text.split("\n\n")
    names = [name.casefold() for name in authors]
    kept: list[str] = []
    cuts: list[Cut] = []
    place = 0
    while place < len(lines):
        why, number = _verdict(lines, place, kept, names)
        if why is None:
            kept.append(lines[place])
        else:
            cuts += [cut_of(why, line) for line in lines[place : place + number]]
        place += number
    return "\n\n".join(kept), cuts


def _verdict(lines: Sequence[str], place: int, kept: Sequence[str], names: Sequence[str]) -> tuple[Why | None, int]:
    """Say why a line goes, None if it stays, and how many lines are decided with it."""
    line = lines[place]
    if len(line) > _LONGEST:
        return None, 1
    sign = sign_of(line)
    if sign is Sign.HEADS and (below := _headlines(lines[place + 1 :])):
        return Why.HEADED, 1 + below
    if sign is Sign.COMMENTS and _is_end(lines, place, kept):
        return Why.COMMENTS, len(lines) - place
    signs = (
        (Why.LABEL, sign is not None),
        (Why.READ_ALSO, leads_away(line)),
        (Why.INVITATION, is_invitation(line)),
        (Why.CONSENT, _NOTICE.match(line)),
        (Why.CREDIT, not ends_a_sentence(line) and _CREDIT.match(line)),
        (Why.BYLINE, len(kept) < _NEAR and _is_byline(line, names)),
    )
    return next((why for why, holds in signs if holds), None), 1


def sign_of(line: str) -> Sign | None:
    """Return what a line announces that says only this, None for what says anything else."""
    if len(line) > _SHORT:
        return None
    return next((sign for sign, pattern in _KINDS if pattern.fullmatch(line)), None)


def leads_away(line: str, *, linked: bool = False) -> bool:
    """Tell whether a line begins with words such as "Read also" and a colon; of one that is a link the words do."""
    if linked and _LEAD_AND_LINK.match(line) and is_headline(line):
        return True
    if _LEAD.match(line):
        return True
    return is_headline(line) and bool(_LEAD_AND_DASH.match(line) or _SURE_LEAD.match(line))


def is_invitation(line: str) -> bool:
    """Tell whether a line invites to subscribe, to follow or to share."""
    if len(line) <= _SHORT and _OFFERS_EAST.fullmatch(line):
        return True
    if any(pattern.match(line) for pattern in _OFFERS):
        return True
    return len(line) <= 2 * _SHORT and any(pattern.search(line) for pattern in _OFFERS_LATER)


def is_consent(words: str) -> bool:
    """Tell whether this is what a button says that consents to something, or refuses."""
    return _CONSENT.fullmatch(words) is not None


def is_about_cookies(text: str) -> bool:
    """Tell whether a text speaks of cookies or of data protection."""
    return _COOKIES.search(text) is not None


def is_credited(line: str) -> bool:
    """Tell whether a line begins or ends by saying whose picture something is."""
    return bool(_CREDIT.match(line) or _CREDIT_AT_END.search(line))


def ends_a_sentence(line: str) -> bool:
    """Tell whether a line ends as sentences do; in scripts that have no sign for that, whether it is long."""
    if _UNPOINTED.search(line):
        return len(line) > _SHORT
    return _FINAL.search(line) is not None


def is_headline(line: str) -> bool:
    """Tell whether a line may be a headline: short, and no statement that ends with a full stop, and no opening."""
    if len(line) > _HEADLINE or line.endswith(_COLONS):
        return False
    return len(line) <= _SHORT if _UNPOINTED.search(line) else _STOP.search(line) is None


def _headlines(lines: Sequence[str]) -> int:
    """Return how many lines of these are headlines one after the other: two at least, or all there are."""
    number = 0
    for line in lines:
        if not is_headline(line) or sign_of(line):
            break
        number += 1
    return number if number > 1 or number == len(lines) else 0


def _is_end(lines: Sequence[str], place: int, kept: Sequence[str]) -> bool:
    """Tell whether comments may follow to the end: more of the article stands before them, and not a little."""
    after, before = sum(map(len, lines[place + 1 :])), sum(map(len, kept))
    return before >= max(_BEFORE, 2 * after)


def _is_byline(line: str, names: Sequence[str]) -> bool:
    if len(line) > 2 * _SHORT or ends_a_sentence(line) or line.endswith(_COLONS):
        return False
    folded = line.casefold()
    named = any(len(line) <= len(name) + _SHORT and name in folded for name in names)
    return (
        named or any(pattern.match(line) for pattern in (_BYLINE, _TIMED, _DATELINE)) or bool(_CRUMBS.fullmatch(line))
    )
