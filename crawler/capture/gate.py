"""Gate: lets messages be sent in a run through a capture when they were sent then, for what waits can be taken back."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from crawler.capture.commits import Commit
    from crawler.store.plan import Memory, Plan
    from crawler.visits.page import PageVisit
    from crawler.visits.poll import Poll

    Step = Callable[[Memory], Plan]


class Gate:
    """An Ingestor's Minutes that knows which message of today is which of then."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}  # today's key → run and message of then
        self._made: list[Plan] = []

    def begin(self) -> None:
        """Forget what was queued by the commit before."""
        self._made = []

    def keep(self, commit: Commit) -> None:
        """Keep back what was queued just now, as far as there was as much then."""
        keys = [one.key for plan in self._made for one in plan.deliveries]
        for index, key in enumerate(keys[: commit.queued]):
            self.held[key] = f"{commit.run} {commit.number}.{index}"

    def let_go(self, commit: Commit) -> None:
        """Let the message go that was sent then; one of a run before lets all go that is left of those."""
        name = f"{commit.run} {commit.message}"
        for key, held in tuple(self.held.items()):
            if held == name or (commit.message is None and not held.startswith(f"{commit.run} ")):
                del self.held[key]

    @contextmanager
    def visit(self, visit: Poll | PageVisit, now: datetime, steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
        """Return the steps of a visit, of which is heard what they queue."""
        del visit, now
        yield self._heard(steps)

    @contextmanager
    def watch(self, now: datetime, steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
        """Return the steps of a look, heard as those of a visit."""
        del now
        yield self._heard(steps)

    release = watch

    def _heard(self, steps: Sequence[Step]) -> Sequence[Step]:
        def heard(step: Step, memory: Memory) -> Plan:
            self._made.append(step(memory))
            return self._made[-1]

        return [partial(heard, step) for step in steps]
