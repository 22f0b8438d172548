"""Whether one of two stories is a copy of the other, and by which numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.cluster.minhash import ENOUGH_TOKENS
from alerts.cluster.shingles import WIDTH, Hashes, runs_of, shared, token_hashes, tokens, words
from alerts.cluster.titles import title_ratio

if TYPE_CHECKING:
    from datetime import datetime

WINDOW = timedelta(hours=72)  # between the two, to be copies
UPDATE_WINDOW = timedelta(days=14)  # between two versions that an outlet gives different addresses
SUMMARY_TOKENS = 40  # a summary of fewer is not searched in a text
TITLE_WORDS = 4  # a title of fewer, such as "Press conference", says nothing

# Measured on 205 pairs that people judged, 42 of them copies: these four have a precision of .91 and a recall of .93
# for all outlets alike, a Jaccard similarity of .8 alone .96 and .55. Copies are cut, retitled and framed by the
# outlet, so most of the shorter text stands in the longer one; quotations do that too, hence the second condition.
CONTAINED = 0.70
ALIKE = 0.35
WHOLLY_CONTAINED = 0.90
TITLES_ALIKE = 60  # of 100
# An outlet's next story on a matter repeats its own background, and a third to a half of it is new: taken for a copy,
# it would be a missed alert.
ALIKE_IN_ONE_OUTLET = 0.50
SAME = 0.80  # what an outlet's version has in common with the one before
PARTLY_CONTAINED = 0.35
_SUMMARY_WIDTH = 4  # tokens
_TELLING = 12  # runs of four tokens: under one title two briefings of that length share none, two tellings do


class Verdict(StrEnum):
    """What two stories are to each other."""

    COPY = "copy"  # one text in two places: one message
    UPDATE = "update"  # a version of the same outlet's story: one message
    PARTIAL = "partial"  # much in common, and much of its own: one thread, two messages
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """A verdict, and the numbers it rests on."""

    verdict: Verdict
    reason: str  # for people: "containment .83, Jaccard .41"
    containment: float | None = None  # of the smaller text in the other; None: not measured
    jaccard: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """What of a story is compared."""

    outlet: str  # who published it: the registrable domain of its address, else the id of its source
    language: str | None  # as Story has it
    at: datetime | None  # published, else first seen; None: unknown, and time then has no say
    title: tuple[str, ...]  # tokens
    size: int  # tokens of the text, without the outlet's boilerplate
    hashes: Hashes  # of its shingles
    short_hashes: Hashes  # of runs of four tokens: summaries are reworded more
    truncated: bool  # a summary from a feed, or what stands before a paywall: not the whole text

    @classmethod
    def of(
        cls,
        *,
        title: str,
        text: str,
        outlet: str,
        language: str | None = None,
        at: datetime | None = None,
        truncated: bool = False,
    ) -> Profile:
        """Prepare a story for any number of comparisons: about 0.3 ms for 600 words."""
        found = token_hashes(tokens(text))
        return cls(
            outlet=outlet,
            language=language,
            at=at,
            title=tuple(tokens(title)),
            size=found.size,
            hashes=runs_of(found, WIDTH),
            short_hashes=runs_of(found, _SUMMARY_WIDTH),
            truncated=truncated,
        )

    @property
    def is_long(self) -> bool:
        """Whether its text is whole and long enough to be compared shingle by shingle."""
        return not self.truncated and self.size >= ENOUGH_TOKENS


def judge(one: Profile, other: Profile) -> Copying:
    """Say what two stories are to each other; which of them comes first makes no difference."""
    if one.language and other.language and one.language != other.language:
        return Copying(verdict=Verdict.DIFFERENT, reason=f"languages {_both(one.language, other.language)}")
    apart = abs(one.at - other.at) if one.at and other.at else timedelta()
    if apart > (UPDATE_WINDOW if one.outlet == other.outlet else WINDOW):
        return Copying(verdict=Verdict.DIFFERENT, reason=_apart(apart))
    if one.is_long and other.is_long:
        return _of_texts(one, other, apart)
    if apart > WINDOW:
        return Copying(verdict=Verdict.DIFFERENT, reason=_apart(apart))
    return _of_summary(one, other)


def _of_texts(one: Profile, other: Profile, apart: timedelta) -> Copying:
    common = shared(one.hashes, other.hashes)
    containment = common / min(one.hashes.size, other.hashes.size)
    jaccard = common / (one.hashes.size + other.hashes.size - common)
    numbers = f"containment {_short(containment)}, Jaccard {_short(jaccard)}"

    def found(verdict: Verdict, reason: str = numbers) -> Copying:
        return Copying(verdict=verdict, reason=reason, containment=containment, jaccard=jaccard)

    in_one_outlet = one.outlet == other.outlet
    if in_one_outlet and jaccard >= SAME:
        return found(Verdict.UPDATE, f"{numbers}, one outlet")
    if apart > WINDOW:
        return found(Verdict.DIFFERENT, f"{_apart(apart)}, {numbers}")
    if containment < CONTAINED:
        return found(Verdict.PARTIAL if containment >= PARTLY_CONTAINED else Verdict.DIFFERENT)
    if jaccard >= (ALIKE_IN_ONE_OUTLET if in_one_outlet else ALIKE) or containment >= WHOLLY_CONTAINED:
        return found(Verdict.COPY)
    if in_one_outlet:
        return found(Verdict.PARTIAL, f"{numbers}, one outlet")
    titles = title_ratio(one.title, other.title)
    verdict = Verdict.COPY if titles >= TITLES_ALIKE else Verdict.PARTIAL
    return found(verdict, f"{numbers}, titles {titles:.0f} of 100")


def _of_summary(one: Profile, other: Profile) -> Copying:
    """Judge where one text is too little for shingles of both: it may stand in the other, or the titles may agree."""
    summary, whole = sorted((one, other), key=_extent)
    same_title = (
        one.title == other.title
        and one.outlet != other.outlet
        and words(one.title) >= TITLE_WORDS
        and not _have_nothing_in_common(one, other)
    )
    if whole.truncated or summary.size < SUMMARY_TOKENS:
        if same_title:
            return Copying(verdict=Verdict.COPY, reason="same title")
        lacks = "no whole text" if whole.truncated else f"a text of {summary.size} words"
        return Copying(verdict=Verdict.DIFFERENT, reason=f"{lacks}, and the titles do not decide")
    containment = shared(summary.short_hashes, whole.short_hashes) / summary.short_hashes.size
    numbers = f"containment {_short(containment)} of a summary of {summary.size} words"
    if containment >= (WHOLLY_CONTAINED if one.outlet == other.outlet else CONTAINED):
        return Copying(verdict=Verdict.COPY, reason=numbers, containment=containment)
    if same_title:
        return Copying(verdict=Verdict.COPY, reason=f"same title, {numbers}", containment=containment)
    verdict = Verdict.PARTIAL if containment >= PARTLY_CONTAINED else Verdict.DIFFERENT
    return Copying(verdict=verdict, reason=numbers, containment=containment)


def _have_nothing_in_common(one: Profile, other: Profile) -> bool:
    """Whether both texts are long enough to share four words in a row if they told the same, and do not."""
    long_enough = min(one.short_hashes.size, other.short_hashes.size) >= _TELLING
    return long_enough and not shared(one.short_hashes, other.short_hashes)


def _extent(story: Profile) -> tuple[bool, int, int]:
    return (not story.truncated, story.short_hashes.size, story.size)


def _both(one: str, other: str) -> str:
    return " and ".join(sorted((one, other)))


def _apart(apart: timedelta) -> str:
    return f"{apart / timedelta(hours=1):.0f} h apart"


def _short(number: float) -> str:
    """Write a share as people write correlations: .83; cut, not rounded, so that .699 does not look like .70."""
    return f"{int(number * 100 + 1e-9) / 100:.2f}".removeprefix("0")
