"""Takes in what a visit brought, in the transaction that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.store import gaps, stories, visits
from crawler.visits.poll import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from crawler.store.plan import Memory, Plan
    from crawler.visits.poll import Poll


def take_in(connection: Connection, poll: Poll, steps: Sequence[Callable[[Memory], Plan]]) -> Tally:
    """Do what ``Store.commit`` does, in the transaction that there is."""
    visits.close(connection, poll.claim)
    tally, notes = take(connection, steps)
    plan = poll.decide(tally)
    visits.settle(connection, poll, plan)
    gaps.note(connection, poll, plan)
    visits.log(connection, poll, tally, [*notes, *(event.text for event in plan.events)])
    return tally


def take(connection: Connection, steps: Sequence[Callable[[Memory], Plan]]) -> tuple[Tally, list[str]]:
    """Write what each step plans from what is known then; say what that changed, and what is worth a note."""
    tally, notes = Tally(), list[str]()
    for step in steps:
        plan = step(stories.StoredMemory(connection))
        stories.write(connection, plan)
        tally += plan.tally
        notes += plan.notes
    return tally, notes
