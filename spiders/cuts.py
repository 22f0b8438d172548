"""What was taken out of an article's page, and by which sign."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 100  # that are kept of one page
SHOWN = 120  # characters of what was cut that are kept


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
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One thing that was taken out."""

    why: Why
    words: str  # its beginning, on one line
    letters: int  # of all of it


def cut_of(why: Why, text: str) -> Cut:
    """Return the record of a text that was taken out."""
    line = " ".join(text[: 4 * SHOWN].split())
    return Cut(why=why, words=line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…", letters=len(text))


def summary(cuts: Iterable[Cut]) -> str:
    """Say in one line how much was taken out and why; "" for nothing."""
    counted = Counter(one.why for one in cuts)
    parts = (f"{counted[why]} {why}" for why in Why if counted[why])
    return ", ".join(parts)
