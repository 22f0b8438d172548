"""How right a rule is: the share of what it found that people called relevant, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Z = 1.959963984540054  # standard deviations: 95 of 100 such intervals hold the true share


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """What people think of what was found: each story counts once, however many people judged it."""

    relevant: int = 0
    not_relevant: int = 0
    disputed: int = 0  # as many people called these relevant as not; they count for neither

    @property
    def judged(self) -> int:
        """How many stories the share is made of."""
        return self.relevant + self.not_relevant

    @property
    def share(self) -> float | None:
        """The share of relevant ones; None while nobody has said anything."""
        return self.relevant / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float]:
        """Between which shares the true one lies, as ``wilson`` has it."""
        return wilson(self.relevant, self.judged)

    @property
    def says(self) -> str:
        """All of it in words."""
        if not self.judged:
            return f"{self.disputed} disputed" if self.disputed else "no opinions yet"
        disputed = f"; {self.disputed} disputed" if self.disputed else ""
        low, high = (round(100 * end) for end in self.interval)
        share = round(100 * self.relevant / self.judged)
        return f"{self.relevant} of {self.judged} relevant, {share} % ({low} to {high} %){disputed}"


NO_OPINIONS = Precision()


def wilson(successes: int, trials: int, z: float = Z) -> tuple[float, float]:
    """Return the score interval of a share, both ends from 0 to 1; of no trials nothing is known: (0, 1).

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927). For few trials
    it is the one to use: L. D. Brown, T. T. Cai, A. DasGupta, Interval estimation for a binomial proportion,
    Statistical Science 16 (2001). Raises ValueError when there are not between 0 and ``trials`` successes.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no share")
    if not trials:
        return 0.0, 1.0
    share, square = successes / trials, z * z
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = z / (1 + square / trials) * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return (max(0.0, middle - half) if successes else 0.0), (min(1.0, middle + half) if successes < trials else 1.0)


def precision_of(stories: Iterable[tuple[int, int]]) -> Precision:
    """Count stories by what most people called each; they come as how many said relevant, and how many not."""
    relevant = not_relevant = disputed = 0
    for yes, no in stories:
        relevant += yes > no
        not_relevant += no > yes
        disputed += yes == no > 0
    return Precision(relevant=relevant, not_relevant=not_relevant, disputed=disputed)
