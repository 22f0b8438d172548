"""What was taken out of an article's page, and by which sign."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 200  # that are kept of one page
KEPT = 20_000  # characters of them in all
SHOWN = 120  # characters of one that a line shows


class Why(StrEnum):
    """By which sign something belongs to the page and not to its article."""

    BESIDE = "beside"
    BOX = "box"
    FORM = "form"
    CARD = "card"
    LINKS = "links"
    TEASER = "teaser"
    HEADED = "headed-list"
    COMMENTS = "comments"
    CONSENT = "consent"
    COLUMN = "column"
    CAPTION = "caption"
    READ_ALSO = "read-also"
    INVITATION = "invitation"
    LABEL = "label"
    BYLINE = "byline"
    CREDIT = "credit"
    EXTRACTION = "extraction"


MEANINGS = {
    Why.BESIDE: "navigation, footer, aside or caption, by its element or role",
    Why.BOX: "a box, by the name that its template gives it",
    Why.FORM: "around a field for an address or a password",
    Why.CARD: "a card that leads to another page",
    Why.LINKS: "a list of links",
    Why.TEASER: "a line that is a link, or a few words and a link",
    Why.HEADED: "under a heading that announces other articles",
    Why.COMMENTS: "what readers wrote, by its heading",
    Why.CONSENT: "a notice with a button to consent",
    Why.COLUMN: "a column beside the article in a table for layout",
    Why.CAPTION: "the line under a picture, by its credit",
    Why.READ_ALSO: "leads to another article, by its first words",
    Why.INVITATION: "an invitation to subscribe, follow or share",
    Why.LABEL: "a heading, a button or a mark of the page",
    Why.BYLINE: "who wrote it, where or when",
    Why.CREDIT: "whose picture it is",
    Why.EXTRACTION: "in no part that extraction took for the article's",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One thing that was taken out; or, where a page has very much, how many more by one sign."""

    why: Why
    text: str  # on one line; its beginning where it has more letters; "": it is only counted
    letters: int  # of all of it
    number: int = 1

    @property
    def words(self) -> str:
        """Its beginning, as a line shows it."""
        return self.text if len(self.text) <= SHOWN else f"{self.text[: SHOWN - 1]}…"

    @property
    def is_whole(self) -> bool:
        """Whether all its words are kept."""
        return len(self.text) >= self.letters


def cut_of(why: Why, text: str) -> Cut:
    """Return the record of a text that was taken out."""
    line = " ".join(text.split())
    return Cut(why=why, text=line, letters=len(line))


def bounded(cuts: Iterable[Cut]) -> tuple[Cut, ...]:
    """Return what is kept of what was taken out: first come first kept, whole while there is room.

    What is longer than the room that is left is kept by its beginning. The rest is counted, sign by sign.
    """
    room, kept, rest = KEPT, list[Cut](), dict[Why, Cut]()
    for one in cuts:
        if len(kept) < MOST and room >= min(one.letters, SHOWN):
            kept.append(one if len(one.text) <= room else replace(one, text=one.text[:SHOWN]))
            room -= len(kept[-1].text)
        else:
            so_far = rest.get(one.why, Cut(why=one.why, text="", letters=0, number=0))
            rest[one.why] = replace(so_far, letters=so_far.letters + one.letters, number=so_far.number + one.number)
    return (*kept, *rest.values())


def summary(cuts: Iterable[Cut]) -> str:
    """Say in one line how much was taken out and why; "" for nothing."""
    counted = Counter[Why]()
    for one in cuts:
        counted[one.why] += one.number
    parts = (f"{counted[why]} {why}" for why in Why if counted[why])
    return ", ".join(parts)
