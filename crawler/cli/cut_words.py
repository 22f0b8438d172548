"""What was left out of a page and by which sign, for people and for programs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from crawler.cli.common import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.text import Text

    from spiders.cuts import Cut

_CUTS = 25  # things left out that are listed


def cut_facts(cut: Cut) -> dict[str, object]:
    """Return one thing that was left out, whole as far as it is kept, for programs."""
    return {"why": cut.why, "words": cut.text, "characters": cut.letters, "number": cut.number}


def counts_of(cuts: Sequence[Cut]) -> dict[str, int]:
    """Count what was left out by its sign, the most frequent first."""
    counts = Counter[str]()
    for one in cuts:
        counts[one.why.value] += one.number
    return dict(counts.most_common())


def cut_lines(cuts: Sequence[Cut]) -> Iterator[Text]:
    """Yield what was left out of a page and by which sign, for people: the beginning of each thing."""
    from rich.text import Text

    from spiders.cuts import MEANINGS

    if cuts:
        yield Text("left out, each with its sign:", "bold")
    for one in cuts[:_CUTS]:
        yield Text(f"  {one.why:11}  ", "yellow") + Text(_said(one), "dim")
    if left := sum(one.number for one in cuts[_CUTS:]):
        yield Text(f"  … and {left} more; --json has them", "dim")
    for why in dict.fromkeys(one.why for one in cuts[:_CUTS]):
        yield Text(f"  {why}: {MEANINGS[why]}", "dim")


def _said(cut: Cut) -> str:
    if cut.number > 1 or not cut.text:
        return f"{cut.number} more, {cut.letters:,} characters, which are not kept"
    more = f" ({cut.letters:,} characters)" if cut.letters > len(cut.words) else ""
    return f"{shown(cut.words)}{more}"
