"""What pages show, as plain values: made from what the store says, without a server or a template."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.bulletin import Bulletin
from alerts.card import Card, Segment, clean, safe_link
from alerts.face import face_for
from alerts.outbox import State
from alerts.routing.spec import Style
from alerts.search.marks import best_slice, spans
from alerts.story import Field
from crawler.ids import encode
from crawler.visits.spans import roughly

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.search.query import Phrase
    from alerts.story import Span, Story
    from crawler.store.reports import DeliveryStatus, Ruling

SNIPPET = 280  # characters
HEADLINE = 300  # characters of one in a list; the page of the story has all of it
_RULES = 6  # that a line names
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))
_KIB = 1024
_MOMENT = timedelta(seconds=1)
_WORDS = {
    State.PENDING: "waiting",
    State.SENDING: "on the wire",
    State.UNCLEAR: "unclear",
    State.SENT: "sent",
    State.DEAD: "refused",
    State.WITHDRAWN: "withdrawn",
    State.FOLDED: "in a storm's message",
}


def ago(moment: datetime | None, now: datetime) -> str:
    """Say how long ago something was, or how soon it will be: ``3m ago``, ``in 12s``, ``never``."""
    if moment is None:
        return "never"
    seconds = int((now - moment).total_seconds())
    size = abs(seconds)
    amount = next((f"{size // length}{unit}" for unit, length in _UNITS if size >= length), f"{size}s")
    if not size:
        return "now"
    return f"{amount} ago" if seconds >= 0 else f"in {amount}"


def spell(size: float) -> str:
    """Write a size in bytes for people."""
    for unit in ("B", "KiB", "MiB"):
        if size < _KIB:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"  # noqa: PLR2004 -- two digits
        size /= _KIB
    return f"{size:.1f} GiB"


def marked(text: str, places: Iterable[tuple[int, int]]) -> tuple[Segment, ...]:
    """Return a text in runs that lie in some places, and runs that do not; places may overlap."""
    found: list[Segment] = []
    at = 0
    for start, end in sorted(places):
        start, end = max(start, at), min(end, len(text))  # noqa: PLW2901 -- what is left of it
        if start >= end:
            continue
        if start > at:
            found.append(Segment(text[at:start]))
        found.append(Segment(text[start:end], hit=True))
        at = end
    if at < len(text):
        found.append(Segment(text[at:]))
    return tuple(found)


def places_in(of: Iterable[Span], field: Field) -> list[tuple[int, int]]:
    """Return the places of spans in one field."""
    return [(span.start, span.end) for span in of if span.field is field]


@dataclass(frozen=True, slots=True)
class Spark:
    """Bars of a small picture: their heights, from 0 to 100."""

    bars: tuple[int, ...]
    values: tuple[float, ...]
    label: str  # what it says, for who cannot see it

    @property
    def width(self) -> int:
        """The width of the picture, in its own units."""
        return 10 * len(self.bars)


def spark(values: Sequence[float], label: str) -> Spark:
    """Draw values as bars, the highest 100; what is not nothing is seen."""
    top = max(values, default=0)
    bars = tuple(max(round(100 * value / top), 4) if value > 0 else 0 for value in values)
    return Spark(bars=bars, values=tuple(values), label=label)


# ---------------------------------------------------------------- stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A rule that holds for a story, and what came of it."""

    rule: str
    name: str
    severity: str
    told: bool
    reason: str  # for people


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """A story in a list."""

    id: str
    title: tuple[Segment, ...]
    snippet: tuple[Segment, ...]
    before: bool  # something stands before the snippet
    after: bool
    link: str | None  # None when there is none that is safe to click
    host: str | None
    outlet: str
    source: str  # its id
    language: str | None
    seen: datetime
    published: datetime | None
    late: str | None  # from publication to discovery, where that is worth a word
    chips: tuple[Chip, ...]


def story_row(story: Story, rulings: Sequence[Ruling], found: Sequence[Span] = ()) -> StoryRow:
    """Lay a story out for a list; ``found`` are the words that it is looked at for."""
    in_title, in_text = places_in(found, Field.TITLE), places_in(found, Field.TEXT)
    title, title_before, title_after = _part(story.title, in_title, HEADLINE)
    snippet, before, after = _part(story.text, in_text, SNIPPET)
    cut = (Segment("… "),) if title_before else (), (Segment(" …"),) if title_after else ()
    late = story.seen - story.published if story.published else None
    return StoryRow(
        id=encode(story.id),
        title=(*cut[0], *title, *cut[1]) or (Segment("(no title)"),),
        snippet=snippet,
        before=before,
        after=after,
        link=story.url if safe_link(story.url) else None,
        host=safe_link(story.url),
        outlet=clean(story.outlet.name, 80) or story.outlet.id,
        source=story.outlet.id,
        language=story.language,
        seen=story.seen,
        published=story.published,
        late=roughly(late) if late is not None and late > _MOMENT else None,
        chips=chips(rulings),
    )


def _part(text: str, places: Sequence[tuple[int, int]], length: int) -> tuple[tuple[Segment, ...], bool, bool]:
    """Return the part of a text where most places stand, and whether something stands before and after it."""
    start, end = best_slice(text, places, length)
    shifted = [(max(first - start, 0), last - start) for first, last in places if last > start]
    return marked(text[start:end], shifted), start > 0, end < len(text)


def searched(story: Story, rulings: Sequence[Ruling], phrases: Sequence[Phrase]) -> StoryRow:
    """Lay a story out that a search found; without words, what its rules were met by is set off."""
    found = spans(tuple(phrases), story) if phrases else of_newest(story, rulings)
    return story_row(story, rulings, found)


def of_newest(story: Story, rulings: Sequence[Ruling], rule: str | None = None) -> list[Span]:
    """Return the words by which rules, or one, hold for the newest version of a story."""
    return [
        span
        for one in rulings
        if one.version == story.version and rule in {None, one.match.rule}
        for span in one.match.spans
    ]


def chips(rulings: Sequence[Ruling]) -> tuple[Chip, ...]:
    """Return the rules that hold for a story, each once: told, where any channel was."""
    found: dict[str, Chip] = {}
    for one in rulings:
        told = one.delivery is not None
        if one.match.rule not in found or (told and not found[one.match.rule].told):
            found[one.match.rule] = Chip(
                rule=one.match.rule,
                name=clean(one.match.name, 80),
                severity=one.match.severity.label,
                told=told,
                reason=f"{one.reason}: {one.reason.words}",
            )
    return tuple(found.values())


# ---------------------------------------------------------------- messages


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message as a card."""

    key: str
    state: str
    says: str  # the state, for people
    channel: str
    queued: datetime
    changed: datetime
    severity: str | None
    rules: tuple[tuple[str, str], ...]  # id and name
    words: tuple[str, ...]
    title: tuple[Segment, ...]
    quote: tuple[Segment, ...]
    remark: str  # what it says beside that: a trend, a note, a bulletin's lead
    link: str | None
    host: str | None
    outlet: str
    standing: tuple[str, ...]
    source: str | None
    story: str | None  # None: it is about no single story
    topic: str | None  # of a bulletin
    also: tuple[str, ...]
    lag: str | None  # from publication to the post
    why: str
    attempts: int
    not_before: datetime | None
    is_reply: bool

    @property
    def mark(self) -> tuple[object, ...]:
        """What makes it another card than it was."""
        return self.key, self.state, self.changed, self.title, self.quote, self.also, self.why


def message_view(status: DeliveryStatus) -> MessageView:
    """Lay a message out in full, in our own words, with how it does."""
    delivery = status.delivery
    face = face_for(replace(delivery, style=Style.FULL, template=None))
    content = delivery.content
    story = None if isinstance(content, Bulletin) else content.story
    card = face if isinstance(face, Card) else None
    published = story.published if story and delivery.state is State.SENT else None
    lag = status.changed - published if published else None
    return MessageView(
        key=delivery.key,
        state=delivery.state.value,
        says=_WORDS[delivery.state],
        channel=delivery.channel,
        queued=delivery.queued,
        changed=status.changed,
        severity=_severity(face, content),
        rules=tuple((one.rule, one.name) for one in card.reasons) if card else (),
        words=tuple(dict.fromkeys(word for one in card.reasons for word in one.words))[:_RULES] if card else (),
        title=card.title if card else (Segment(face.headline or "(no title)"),),
        quote=card.quote if card else (),
        remark=_remark(face),
        link=getattr(face, "link", None),
        host=getattr(face, "host", None),
        outlet=card.outlet if card else (clean(story.outlet.name, 80) if story else ""),
        standing=card.standing if card else (),
        source=story.outlet.id if story else None,
        story=encode(story.id) if story else None,
        topic=content.topic.value if isinstance(content, Bulletin) else None,
        also=card.also if card else (),
        lag=roughly(lag) if lag is not None and lag > timedelta(0) else None,
        why=f"{status.reason} {status.detail}".strip(),
        attempts=delivery.attempts,
        not_before=status.not_before,
        is_reply=delivery.kind.value == "reply",
    )


def _severity(face: Face, content: object) -> str | None:
    if isinstance(face, Card):
        return face.severity.label
    return content.severity.label if isinstance(content, Bulletin) else None


def _remark(face: Face) -> str:
    if isinstance(face, Bulletin):
        return face.lead
    if isinstance(face, Card):
        return " · ".join(part for part in (face.trend, face.update, face.notice or "") if part)
    return face.text


# ---------------------------------------------------------------- counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number at the top of a page."""

    name: str
    value: str
    tone: str = ""  # good, warn, bad or nothing
    link: str | None = None
    note: str = ""


def source_tile(conditions: Mapping[str, int]) -> Tile:
    """Say how the sources do in one number."""
    configured = sum(count for name, count in conditions.items() if name != "disabled")
    bad = conditions.get("failing", 0) + conditions.get("gone", 0)
    silent = conditions.get("silent", 0)
    parts = [f"{count} {name}" for name, count in conditions.items() if name not in {"ok", "disabled"} and count]
    good = conditions.get("ok", 0) + conditions.get("new", 0)
    return Tile(
        name="Sources",
        value=f"{good}/{configured}",
        tone="bad" if bad else "warn" if silent else "good" if configured else "",
        link="/sources",
        note=", ".join(parts) or ("all answer" if configured else "none configured"),
    )
