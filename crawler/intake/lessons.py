"""Teaches `first_seen` what there is: rules that are new or changed read the stories that are kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.stream import StreamState
from crawler.intake.watch import FIRST_SEEN, met, met_before
from crawler.store.plan import Plan, StreamPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.story import Story
    from alerts.stream import Condition
    from crawler.intake.verdicts import Judges
    from crawler.store import Store
    from crawler.store.plan import Memory

    Met = tuple[str, Condition, str]  # rule, condition, and a term's key or a source's id

PAST = timedelta(days=30)  # that is read …
MOST = 20_000  # … but no more stories than this, the newest: some seconds
_BATCH = 500


async def lessons(store: Store, judge: Judges, revision: str, now: datetime) -> Callable[[Memory], Plan] | None:
    """Judge the past for each `first_seen` that no rules of this revision have read it for.

    Returns the step that writes what was learned, None when there is nothing to learn. Raises StoreError.
    """
    states = await store.conditions()
    pupils = {
        (rule.id, condition): states.get((rule.id, condition))
        for rule in judge.streams.values()
        for condition in FIRST_SEEN & {*rule.conditions}
    }
    pupils = {at: state for at, state in pupils.items() if state is None or state.taught != revision}
    if not pupils:
        return None
    found: set[Met] = set()
    oldest, read, before = now, 0, None
    while read < MOST and (stories := await store.kept(before, now - PAST, _BATCH)):
        found |= await asyncio.to_thread(_met, judge, pupils.keys(), stories)
        read, before = read + len(stories), stories[-1].id
        oldest = min(oldest, *(story.seen for story in stories))
    return lambda memory: _learned(memory, pupils, found, oldest, revision)


def _met(judge: Judges, pupils: Collection[tuple[str, Condition]], stories: Sequence[Story]) -> set[Met]:
    """Return what the rules meet in these stories."""
    return {
        (rule, condition, key)
        for story in stories
        for finding in judge(story)
        for rule, condition in pupils
        if rule == finding.match.rule
        for key in met(condition, finding.match, story)
    }


def _learned(
    memory: Memory,
    pupils: Mapping[tuple[str, Condition], StreamState | None],
    found: set[Met],
    oldest: datetime,
    revision: str,
) -> Plan:
    """Return what to remember: what was read, and what a rule met in its own life before, however long ago."""
    states, known = [], set(found)
    for (rule, condition), state in pupils.items():
        if state is None:
            known |= {(rule, condition, key) for key in met_before(memory.stream, rule, condition)}
        since = state.since if state else memory.stream.first(rule) or oldest
        states.append(StreamState(rule=rule, condition=condition, since=min(since, oldest), taught=revision))
    return Plan(stream=StreamPlan(states=states, known=known))
