"""How near a query came to a story: which of its clauses are missing, and what was found of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.rules.explain import Kind
from alerts.rules.misses import PIECES

if TYPE_CHECKING:
    from alerts.rules.explain import Explanation


@dataclass(frozen=True, slots=True)
class Miss:
    """What a query lacks; it holds when that is nothing."""

    missing: tuple[Explanation, ...] = ()
    found: int = 0  # clauses of which something was found

    @property
    def is_excluded(self) -> bool:
        """Whether all is there, and something besides that must not be."""
        return bool(self.missing) and all(one.kind is Kind.DENIAL for one in self.missing)

    @property
    def says(self) -> str:
        """What is missing, the first clauses with their reasons."""
        shown = [f"{one.text}{f' ({one.reason})' if one.reason else ''}" for one in self.missing[:2]]
        more = f" and {len(self.missing) - 2} more" if len(self.missing) > 2 else ""  # noqa: PLR2004
        return " and ".join(shown) + more


def miss_of(query: Explanation) -> Miss:
    """Return what a query lacks at least: of alternatives the nearest counts."""
    if query.holds:
        return Miss(found=int(query.kind is not Kind.DENIAL))
    if query.kind in {Kind.DENIAL, Kind.COMPANY}:
        return Miss(missing=(query,), found=int(query.kind is Kind.COMPANY))
    misses = [miss_of(part) for part in query.parts]
    if query.kind is Kind.ALL:
        lacking = tuple(one for miss in misses for one in miss.missing)
        return Miss(missing=lacking, found=sum(miss.found for miss in misses))
    holding = sum(part.holds and part.kind is not Kind.DENIAL for part in query.parts)
    if query.reason or not misses:
        return Miss(missing=(query,), found=holding or int(_is_mentioned(query)))
    if holding:  # a pair of which one side is there
        return Miss(missing=tuple(part for part in query.parts if not part.holds) or (query,), found=holding)
    nearest = min(misses, key=lambda miss: (not miss.found, len(miss.missing), -miss.found))
    return nearest if nearest.found else Miss(missing=(query,))


def _is_mentioned(query: Explanation) -> bool:
    """Say whether a term is there in some way: in the wrong place or spelling, and not a word of a phrase alone."""
    return query.reason is not None and not query.reason.startswith(PIECES)
