"""What tells two sets of stories apart: the terms that one has far oftener than the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

PRIOR = 2.0  # stories that the prior weighs


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A term, and in how many stories of each set it stands."""

    term: str
    here: int
    there: int
    z: float  # how surely it belongs here (> 0) or there: the log-odds ratio in its standard deviations


def contrast(here: Sequence[Collection[str]], there: Sequence[Collection[str]]) -> list[Contrast]:
    """Return every term of two sets of stories, those that are surest to belong ``here`` first.

    The log-odds ratio with an informative Dirichlet prior, over its standard deviation: B. L. Monroe, M. P. Colaresi,
    K. M. Quinn, Fightin' Words, Political Analysis 16 (2008), section 3.5. Stories are counted, not mentions, so that
    one that repeats itself counts once; the prior is how usual a term is in both sets together.
    """
    return contrast_counts(_counted(here), len(here), _counted(there), len(there))


def contrast_counts(ours: Counter[str], here: int, theirs: Counter[str], there: int) -> list[Contrast]:
    """Return the same for sets of so many stories of each of which only the terms were counted."""
    made: list[Contrast] = []
    for term in ours.keys() | theirs.keys():
        usual = (ours[term] + theirs[term]) / (here + there)
        z = _z((ours[term], here), (theirs[term], there), usual)
        made.append(Contrast(term=term, here=ours[term], there=theirs[term], z=z))
    return sorted(made, key=lambda one: (-one.z, -len(one.term), one.term))


def _counted(stories: Sequence[Collection[str]]) -> Counter[str]:
    return Counter(term for terms in stories for term in set(terms))


def _z(here: tuple[int, int], there: tuple[int, int], usual: float) -> float:
    """Compare two counts, each of so many stories, in both of which together a term has this share."""
    prior, rest = PRIOR * usual, PRIOR * (1 - usual)
    if not rest:
        return 0.0  # it stands in every story, and tells nothing apart
    ratio = _log_odds(here, prior, rest) - _log_odds(there, prior, rest)
    return ratio / sqrt(1 / (here[0] + prior) + 1 / (there[0] + prior))


def _log_odds(counted: tuple[int, int], prior: float, rest: float) -> float:
    count, of = counted
    return log((count + prior) / (of - count + rest))


def without_parts(found: Sequence[Contrast], most: int) -> Iterator[Contrast]:
    """Yield up to so many, in their order; none that stands in the same stories as a longer or a shorter one before."""
    taken: list[Contrast] = []
    for one in found:
        if any(_is_part(one, other) or _is_part(other, one) for other in taken):
            continue
        taken.append(one)
        yield one
        if len(taken) == most:
            return


def _is_part(one: Contrast, other: Contrast) -> bool:
    same = (one.here, one.there) == (other.here, other.there)
    return same and f" {one.term} " in f" {other.term} "
