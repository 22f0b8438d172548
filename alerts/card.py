"""The card: what the message for an alert should say, whatever it is shown on."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.graphemes import JOINER, joins, last_cut, may_cut
from alerts.story import UNKNOWN_TIER, DateNote, Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from alerts.story import Alert, Headline, Match, Outlet, Severity, Span, Story

TITLE_LIMIT = 300
SNIPPET_LIMIT = 500
BRIEF_LIMIT = 160  # of a compact card's snippet
NAME_LIMIT = 80
WORD_LIMIT = 60
LINK_LIMIT = 3000  # what Slack takes as a link's address
TREND_LIMIT = 300
NOTE_LIMIT = 400
NEXT_TITLE_LIMIT = 120
NEXT_LINK_LIMIT = 500  # a longer one is left out: it is not the card's own

UPDATED = "updated: the outlet changed the story, and only now it matches"
AS_TOLD = "as first told: the outlet has since changed the text"
MAY_REPEAT = "may repeat: an earlier try got no clear answer and could not be looked up"

_REMARKS = {
    DateNote.MISSING: "",
    DateNote.UNREADABLE: "the source's date is unreadable",
    DateNote.ZONELESS: "the source gives no time zone",
    DateNote.ASSUMED_ZONE: "time zone assumed",
    DateNote.FUTURE: "the source's date lies in the future",
    DateNote.REDATED: "dated anew by the source; the first date is shown",
}
_LEAD = 120  # how far before the first hit a snippet may start when no sentence starts nearer
_SLACK = 40  # how many characters a cut may move back to find a word border
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？][」』）]*|\n\s*\n")  # noqa: RUF001  these are CJK stops
_ADDRESS = re.compile(r"://|www\.|[\w-][.．][^\W\d_]{2,}", re.IGNORECASE)  # noqa: RUF001  browsers take both for a dot
_HOST = re.compile(r"[a-z0-9._:-]+")
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")  # letters and marks that show nothing
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF))
_UNSPACED_FROM = 0x20000  # rarer Han characters


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text that is, or is not, among the words a rule was met by."""

    text: str
    hit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A rule that was met, and the words it was met by, each once, as the story has them."""

    rule: str
    name: str
    severity: Severity
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """One of the stories that a card names after its own."""

    title: str
    link: str | None  # None when there is none that is short and safe to click
    host: str | None  # where the link leads
    outlet: str

    @property
    def title_is_an_address(self) -> bool:
        """Whether the title names a web address, so that as a link's text it could deceive."""
        return names_an_address(self.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What to say about an alert: clean, capped text, safe to escape and show."""

    story: int
    severity: Severity
    reasons: tuple[Reason, ...]  # the most severe first
    title: tuple[Segment, ...]
    snippet: tuple[Segment, ...]  # empty when the source gave no text
    link: str | None  # None when there is none that is safe to click
    host: str | None  # where the link leads, always taken from the link itself, in ASCII
    outlet: str
    standing: tuple[str, ...]  # what kind of outlet it is: "government", "JP", "tier 1", as far as known
    published: datetime | None
    date_remark: str  # what is odd about the date; empty when nothing is
    also: tuple[str, ...]  # the names of other outlets that carry the story
    notice: str | None
    trend: str = ""  # what many stories say together, this one among them
    nexts: tuple[Next, ...] = ()  # with a trend: the next ones
    more: int = 0  # with a trend: how many further ones are meant
    was: str = ""  # the headline under which the story was told, where it has another by now
    update: str = ""  # that the outlet changed the story, and only now the rules hold, or no longer
    compact: bool = False  # said in two lines
    brief: tuple[Segment, ...] = ()  # of a compact card: its snippet, where only that shows why it matched
    wording: str = ""  # the user's own words, in place of title and snippet
    zone: tzinfo = UTC  # in which times are written where the reader's own is not known

    @property
    def headline(self) -> str:
        """The title as plain text."""
        return _plain(self.title)

    @property
    def summary(self) -> str:
        """The snippet as plain text."""
        return _plain(self.snippet)

    @property
    def quote(self) -> tuple[Segment, ...]:
        """What of the snippet a person is shown."""
        return self.brief if self.compact else self.snippet

    @property
    def title_is_an_address(self) -> bool:
        """Whether the title names a web address, so that as a link's text it could deceive."""
        return names_an_address(self.headline)

    def when(self, zone: tzinfo = UTC) -> str:
        """Return the time of publication in ``zone``, or that it is unknown, with what is odd about it."""
        remark = f" ({self.date_remark})" if self.date_remark else ""
        if self.published is None:
            return f"date unknown{remark}"
        try:
            local = self.published.astimezone(zone)
        except OverflowError:  # the first and the last day that can be written
            local = self.published
        return f"{local:%Y-%m-%d %H:%M %Z}{remark}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A sentence about a story that was told, to stand in the thread of its card."""

    story: int
    text: str
    headline: str
    link: str | None  # None when there is none that is safe to click
    host: str | None
    outlet: str

    @property
    def title_is_an_address(self) -> bool:
        """Whether the headline names a web address, so that as a link's text it could deceive."""
        return names_an_address(self.headline)


def card_for(alert: Alert, *, notice: str | None = None, compact: bool = False) -> Card:
    """Lay out an alert: the whole title, and the part of the text where most was found.

    A ``compact`` one leaves that part out, or cuts it shorter where the words stand nowhere else.
    """
    story = alert.story
    link = safe_link(story.url)
    told = _shorten(*_tidy(story.title[: TITLE_LIMIT * 8], _hits(alert.matches, Field.TITLE)), TITLE_LIMIT)
    by_now = clean(alert.retitled, TITLE_LIMIT) if alert.retitled else ""
    title = ((Segment(by_now),) if by_now else told) or (Segment("(no title)"),)
    was = _plain(told) if by_now else clean(alert.before or "", TITLE_LIMIT)
    hits = _hits(alert.matches, Field.TEXT)
    elsewhere = not hits or any(segment.hit for segment in title)
    return Card(
        story=story.id,
        severity=alert.severity,
        reasons=tuple(_reason(match, story) for match in sorted(alert.matches, key=lambda m: -m.severity)),
        title=title,
        snippet=_snippet(story.text, hits, alert.added or (), SNIPPET_LIMIT),
        link=story.url if link else None,
        host=link,
        outlet=clean(story.outlet.name, NAME_LIMIT) or story.outlet.id,
        standing=_standing(story.outlet),
        published=story.published,
        date_remark=_REMARKS[story.date_note] if story.date_note else "",
        also=_others(alert),
        notice=notice,
        trend=clean(alert.trend.says, TREND_LIMIT) if alert.trend else "",
        nexts=tuple(map(_next, alert.trend.top)) if alert.trend else (),
        more=alert.trend.more if alert.trend else 0,
        was=was if was != _plain(title) else "",
        update="; ".join([UPDATED] * (alert.added is not None) + [AS_TOLD] * alert.outdated),
        compact=compact,
        brief=_snippet(story.text, hits, alert.added or (), BRIEF_LIMIT) if compact and not elsewhere else (),
    )


def clean(text: str, limit: int) -> str:
    """Return ``text`` without what is unseen or turns others around, on one line, at most ``limit`` long.

    Gone are control characters, bidirectional controls, tags and everything of no width. That includes the
    zero-width joiner and non-joiner but between two emoji: without them some Persian and Indic words join other
    than they should, but all stays readable, and no hidden character can split a word that people trust.
    """
    return _plain(_shorten(*_tidy(text[: limit * 8], ()), limit))


def names_an_address(text: str) -> bool:
    """Whether a text names a web address, so that as a link's text it could promise another place."""
    return _ADDRESS.search(text) is not None


def safe_link(url: str | None) -> str | None:
    """Return the host that ``url`` leads to, in ASCII without ``www.``; None when it is not safe to click.

    Safe are http and https addresses of at most LINK_LIMIT characters without user information, white space,
    unseen characters, backslashes (which browsers take for slashes) and the characters that end a link in Slack.
    """
    if not url or len(url) > LINK_LIMIT:
        return None
    if any(char.isspace() or char in '<>|"\\`' or _unseen(char) for char in url):
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except ValueError:  # a bad port, an unclosed bracket, a label that IDNA does not know
        return None
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    return host.removeprefix("www.")


def _plain(segments: Iterable[Segment]) -> str:
    return "".join(segment.text for segment in segments)


def _reason(match: Match, story: Story) -> Reason:
    words = (clean(span.of(story), WORD_LIMIT) for span in match.spans)
    return Reason(
        rule=clean(match.rule, WORD_LIMIT),
        name=clean(match.name, NAME_LIMIT),
        severity=match.severity,
        words=_once(words),
    )


def _next(one: Headline) -> Next:
    link = safe_link(one.url) if len(one.url or "") <= NEXT_LINK_LIMIT else None
    return Next(
        title=clean(one.title, NEXT_TITLE_LIMIT) or "(no title)",
        link=one.url if link else None,
        host=link,
        outlet=clean(one.outlet, NAME_LIMIT),
    )


def _others(alert: Alert) -> tuple[str, ...]:
    others = (outlet for outlet in alert.also if outlet.id != alert.story.outlet.id)
    return _once(clean(outlet.name, NAME_LIMIT) or outlet.id for outlet in others)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for word in words:
        if word:
            seen.setdefault(word.casefold(), word)
    return tuple(seen.values())


def _hits(matches: Iterable[Match], field: Field) -> Sequence[tuple[int, int]]:
    found = {(span.start, span.end) for match in matches for span in match.spans if span.field is field}
    return sorted(pair for pair in found if pair[0] < pair[1])


def _snippet(text: str, hits: Sequence[tuple[int, int]], added: Sequence[Span], limit: int) -> tuple[Segment, ...]:
    """Return the part of a text where most was found, or where the first sentence that was ``added`` begins."""
    hits = [(start, end) for start, end in hits if end <= len(text)]
    if added and added[0].end <= len(text):
        start = added[0].start
    else:
        start = _opening(text, *_densest(text, hits, limit), limit) if hits and len(text) > limit else 0
    window = text[start : start + limit * 3]
    tidy, marks = _tidy(window, [(max(a - start, 0), b - start) for a, b in hits if b > start])
    more = start + len(window) < len(text)
    lead = "…" if start and tidy else ""
    return _shorten(lead + tidy, bytearray(len(lead)) + marks, limit, more=more)


def _standing(outlet: Outlet) -> tuple[str, ...]:
    tier = f"tier {outlet.tier}" if outlet.tier < UNKNOWN_TIER else None
    country = outlet.country.upper() if outlet.country else None
    return tuple(fact for fact in (outlet.kind, country, tier) if fact)


def _densest(text: str, hits: Sequence[tuple[int, int]], limit: int) -> tuple[int, int]:
    """Return where the part of the text begins and ends that has the most different words, the first such one."""
    starts = [start for start, _ in hits]
    best, chosen = (0, 0), hits[0]
    for index, (start, _) in enumerate(hits):
        group = hits[index : max(bisect_right(starts, start + limit * 3 // 4), index + 1)]
        score = (len({text[a:b].casefold() for a, b in group}), len(group))
        if score > best:
            best, chosen = score, (start, max(end for _, end in group))
    return chosen


def _opening(text: str, first: int, last: int, limit: int) -> int:
    """Return where a snippet should start to show ``first`` to ``last``: at a sentence, or else at a word."""
    earliest = max(0, min(first, last - limit + _SLACK), first - limit // 2)
    sentences = [found.end() for found in _SENTENCE_END.finditer(text, earliest, first)]
    if sentences:
        return sentences[-1]
    if earliest == 0:
        return 0
    at = max(earliest, first - min(_LEAD, limit // 4))
    return next((spot for spot in range(at, first) if _is_border(text, spot)), first)


def _tidy(text: str, hits: Sequence[tuple[int, int]]) -> tuple[str, bytearray]:
    """Return the visible characters of ``text`` on one line, and for each whether it lies in a hit."""
    marked = bytearray(len(text))
    for start, end in hits:
        marked[start:end] = b"\x01" * (min(end, len(text)) - start) if start < len(text) else b""
    kept: list[str] = []
    marks = bytearray()
    for at, (char, mark) in enumerate(zip(text, marked, strict=True)):
        if char == JOINER and joins("".join(kept[-2:]), text[at + 1 : at + 2]):
            kept.append(char)
            marks.append(mark)
        elif char.isspace():
            if kept and kept[-1] != " ":
                kept.append(" ")
                marks.append(mark)
        elif not _unseen(char):
            kept.append(char)
            marks.append(mark)
    if kept and kept[-1] == " ":
        del kept[-1], marks[-1]
    return "".join(kept), marks


def _unseen(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cf":
        return char not in _VISIBLE_FORMATS
    return category in {"Cc", "Cs"} or char in _BLANKS or 0xE0000 <= ord(char) <= 0xE00FF  # noqa: PLR2004  tags


def _shorten(text: str, marks: bytearray, limit: int, *, more: bool = False) -> tuple[Segment, ...]:
    """Cut at a word border so that with its ellipsis the text is at most ``limit`` long; ``more`` has been cut off."""
    if len(text) > limit or (more and text):
        end = _last_border(text, min(len(text), limit - 1))
        text = text[:end].rstrip()
        text, marks = text + "…", marks[: len(text)] + b"\x00"
    pairs = groupby(zip(text, marks, strict=True), key=lambda pair: bool(pair[1]))
    return tuple(Segment("".join(char for char, _ in run), hit) for hit, run in pairs)


def _last_border(text: str, end: int) -> int:
    borders = (at for at in range(end, max(end - _SLACK, 0), -1) if _is_border(text, at))
    found = next(borders, None)
    if found is not None:
        return found
    return last_cut(text, end)  # no border: at least keep whole what is seen as one character


def _is_border(text: str, at: int) -> bool:
    if at in {0, len(text)}:
        return True
    left, right = text[at - 1], text[at]
    if not may_cut(text, at):
        return False
    return left.isspace() or right.isspace() or (_is_unspaced(left) and _is_unspaced(right))


def _is_unspaced(char: str) -> bool:
    """Whether the character belongs to a script that puts no spaces between words, where any cut is as good."""
    code = ord(char)
    return code >= _UNSPACED_FROM or any(low <= code <= high for low, high in _UNSPACED)
