"""Order: what was taken in after what, as commits have it, or as the last answers of visits came; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.capture.commits import Act, run_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from crawler.capture.commits import Commit
    from crawler.capture.playing import Visit

NOT_TAKEN_IN = "nothing of them was taken in then, as when Tocsin was stopped"
NO_ANSWERS = "their answers are not in the capture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is done next: a visit, a look, or nothing but that time passes."""

    commit: Commit | None = None  # None: the capture does not say when it was taken in
    visit: Visit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """All deeds of a capture."""

    deeds: Sequence[Deed]
    skipped: Counter[str] = field(default_factory=Counter)  # visits that are no deed, by why

    @property
    def visits(self) -> Sequence[Visit]:
        """The visits that are made."""
        return [one.visit for one in self.deeds if one.visit]

    @property
    def unsure(self) -> int:
        """How many visits are made in the order of their last answers, for want of a better one."""
        return sum(one.visit is not None and one.commit is None for one in self.deeds)


def order_of(visits: Iterable[Visit], commits: Iterable[Commit], since: datetime | None = None) -> Order:
    """Put visits, in the order of their last answers, into that in which they were taken in; raises nothing.

    What began before ``since`` is left out.
    """
    made: dict[str, list[Visit]] = defaultdict(list)
    noted: dict[str, list[Commit]] = defaultdict(list)
    for visit in visits:
        made[run_of(visit.occasion.id)].append(visit)
    for commit in commits:
        noted[commit.run].append(commit)
    skipped: Counter[str] = Counter()
    deeds: list[Deed] = []
    for run in sorted(made.keys() | noted.keys()):
        some = _noted(noted[run], made[run], skipped) if noted[run] else (Deed(visit=one) for one in made[run])
        deeds += (one for one in some if since is None or _began(one) >= since)
    return Order(deeds=deeds, skipped=skipped)


def _noted(commits: Sequence[Commit], visits: Sequence[Visit], skipped: Counter[str]) -> Iterator[Deed]:
    waiting = {visit.occasion.id: visit for visit in visits}
    for commit in sorted(commits, key=lambda one: one.number):
        visit = waiting.pop(commit.visit, None) if commit.visit else None
        if commit.act is Act.VISIT and visit is None:
            skipped[NO_ANSWERS] += 1
        else:
            yield Deed(commit=commit, visit=visit)
    if waiting:
        skipped[NOT_TAKEN_IN] += len(waiting)


def _began(deed: Deed) -> datetime:
    if deed.visit:
        return deed.visit.occasion.began
    if deed.commit is None:
        raise ValueError("a deed is a visit or a commit")
    return deed.commit.now
