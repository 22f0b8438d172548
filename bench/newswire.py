"""What made-up outlets publish, edit and copy from each other, and which rules each piece must set off.

It is the same for the same seed, so that whoever serves it and whoever judges what came of it need not talk.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import TYPE_CHECKING

from bench.corpus import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LISTED = 40  # pieces that a feed shows at a time
COPIES = 0.08  # of all pieces are word for word those of another outlet
EDITS = 0.06  # are changed once
FRESH = timedelta(hours=2)  # a piece older than this is copied no more
WORDS = 45  # of a text
VOCABULARY = 8_000  # words that anybody uses
PAGED = 10  # each so many-th outlet says the half of it on its pages only

# What is planted in a piece, how often, and which rule it must set off; traps set off none.
PLANTED: tuple[tuple[float, str, str, frozenset[str]], ...] = (
    (0.010, "title", "Reciprocal Access Agreement", frozenset({"raa"})),
    (0.004, "title", "invasion", frozenset({"war"})),
    (0.010, "text", "mines of rare earths", frozenset({"ores"})),
    (0.006, "text", "sign a pact", frozenset({"pact"})),
    (0.004, "text", "sign a pact, says a retraction", frozenset()),
    (0.006, "title", "reciprocal agreement without access", frozenset()),
    (0.006, "text", "rarely earthy", frozenset()),
    (0.002, "title", "Reciprocal Access Agreement before invasion", frozenset({"raa", "war"})),
)
EDITED_IN = 0.15  # of the edits bring a word that a rule looks for
EDIT = "Lithium is mentioned as well."
PAGE = "Gallium is said to be at stake."
RULES = """
  - {id: raa, name: Reciprocal Access Agreement, when: Reciprocal Access Agreement, severity: high}
  - {id: war, name: Invasion, when: invasion, severity: critical, to: ["#duty"]}
  - {id: ores, name: Ores, when: rare earths}
  - {id: pact, name: Pacts, when: pact AND NOT retraction}
  - {id: lithium, name: Lithium, when: lithium}
  - {id: gallium, name: Gallium, when: gallium}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one outlet publishes: one item of its feed."""

    source: int
    number: int  # counts within the source
    at: datetime
    tag: str  # a word of the title that no other piece has, but for copies of this one
    title: str
    text: str
    rules: frozenset[str]  # that it must set off as first published, its page included
    page: str = ""  # what only its page says
    edited: datetime | None = None
    edit: str = ""  # what is added to the text then
    later: frozenset[str] = frozenset()  # rules that it must set off from then on, beside the others
    is_copy: bool = False

    def says(self, now: datetime) -> str:
        """Return the text as it reads at a moment."""
        return f"{self.text} {self.edit}" if self.edited and self.edited <= now else self.text

    @property
    def all_rules(self) -> frozenset[str]:
        """What it must have set off in the end."""
        return self.rules | self.later


class Newswire:
    """Outlets by number, from 0, and all that they publish within a span."""

    def __init__(self, sources: int, start: datetime, span: timedelta, each: timedelta, seed: int = 1) -> None:
        """``each`` is the mean time between two pieces of one outlet."""
        self.sources = sources
        self.span = span
        self._ends = start + span
        self._chance = Random(f"newswire {seed}")
        self._words = _words(self._chance)
        drawn = [self._piece(source, at) for source in range(sources) for at in self._moments(start, span, each)]
        self.pieces = self._numbered(self._with_copies(sorted(drawn, key=lambda piece: piece.at)))
        self._of: list[list[Piece]] = [[] for _ in range(sources)]
        for piece in self.pieces:
            self._of[piece.source].append(piece)
        self._times = [[piece.at for piece in of] for of in self._of]

    def listed(self, source: int, now: datetime) -> Sequence[Piece]:
        """Return what an outlet's feed lists at a moment, the newest first."""
        end = bisect_right(self._times[source], now)
        return self._of[source][max(end - LISTED, 0) : end][::-1]

    def piece(self, source: int, number: int) -> Piece | None:
        """Return one piece by its number; None when there is none."""
        of = self._of[source]
        return of[number] if 0 <= number < len(of) else None

    def revision(self, source: int, now: datetime) -> str:
        """Return what changes whenever an outlet's feed does."""
        listed = self.listed(source, now)
        edits = sum(1 for piece in listed if piece.edited and piece.edited <= now)
        return f"{listed[0].number if listed else -1}-{edits}"

    def until(self, moment: datetime) -> list[Piece]:
        """Return all that was published until a moment, in its order."""
        return [piece for piece in self.pieces if piece.at <= moment]

    def _moments(self, start: datetime, span: timedelta, each: timedelta) -> Iterable[datetime]:
        at = start
        while (at := at + each * self._chance.expovariate(1)) <= start + span:
            yield at.replace(microsecond=0)

    def _piece(self, source: int, at: datetime) -> Piece:
        chance = self._chance
        words = chance.choices(self._words, k=WORDS + 7)
        tag = f"{chance.choice(self._words)}{chance.randrange(10**8):08}".title()
        title, text, rules = " ".join((tag, *words[:7])), " ".join(words[7:]).capitalize() + ".", frozenset[str]()
        luck = chance.random()
        for share, place, what, sets_off in PLANTED:
            luck -= share
            if luck < 0:
                title, text = (f"{title}: {what}", text) if place == "title" else (title, f"{text} They {what} today.")
                rules = sets_off
                break
        piece = Piece(source=source, number=0, at=at, tag=tag, title=title, text=text, rules=rules)
        return self._paged(self._with_edit(piece))

    def _with_edit(self, piece: Piece) -> Piece:
        chance = self._chance
        edited = piece.at + timedelta(minutes=chance.uniform(1, 30))
        if edited > self._ends or chance.random() >= EDITS:
            return piece
        if chance.random() < EDITED_IN:
            return replace(piece, edited=edited, edit=EDIT, later=frozenset({"lithium"}))
        return replace(piece, edited=edited, edit=f"{' '.join(chance.choices(self._words, k=12)).capitalize()}.")

    def _paged(self, piece: Piece) -> Piece:
        if piece.source % PAGED:
            return piece
        page = " ".join(self._chance.choices(self._words, k=3 * WORDS)).capitalize() + "."
        if piece.edited or self._chance.random() >= 0.03:
            return replace(piece, page=page)
        return replace(piece, page=f"{page} {PAGE}", rules=piece.rules | {"gallium"})

    def _with_copies(self, pieces: Sequence[Piece]) -> Iterable[Piece]:
        recent: list[Piece] = []
        for piece in pieces:
            recent = [one for one in recent[-50:] if piece.at - one.at < FRESH]
            first = self._chance.choice(recent) if recent and self._chance.random() < COPIES else None
            if first is None or first.source == piece.source or piece.source % PAGED == 0:
                if not piece.page and not piece.edited:
                    recent.append(piece)
                yield piece
                continue
            yield replace(first, source=piece.source, at=piece.at, is_copy=True)

    @staticmethod
    def _numbered(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
        counts: dict[int, int] = {}
        numbered = []
        for piece in pieces:
            number = counts.get(piece.source, 0)
            counts[piece.source] = number + 1
            numbered.append(replace(piece, number=number))
        return tuple(numbered)


def _words(chance: Random) -> list[str]:
    """Make words up, none of which a rule looks for."""
    parts = [kind.split() for kind in LANGUAGES[0].syllables]

    def syllable() -> str:
        return "".join(map(chance.choice, parts)).replace("_", "")

    return ["".join(syllable() for _ in range(chance.choice((2, 2, 3)))) for _ in range(VOCABULARY)]


def feed(pieces: Iterable[Piece], now: datetime, address: str) -> str:
    """Return an RSS document that lists pieces, their pages below ``address``."""
    items = "".join(
        f"<item><title>{one.title}</title><guid>{one.source}-{one.number}</guid>"
        f"<link>{address}/page/{one.source}/{one.number}</link><description>{one.says(now)}</description>"
        f"<pubDate>{format_datetime(one.at)}</pubDate></item>"
        for one in pieces
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Outlet</title>{items}</channel></rss>'


def page(piece: Piece, now: datetime) -> str:
    """Return the article's page of a piece."""
    words = piece.page.split(". ")
    body = "".join(f"<p>{part}</p>" for part in (piece.says(now), *words))
    return (
        f"<!doctype html><html lang='en'><head><title>{piece.title}</title></head>"
        f"<body><article><h1>{piece.title}</h1>{body}</article></body></html>"
    )
