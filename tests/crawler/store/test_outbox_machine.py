"""Any interleaving of sending, losing the answer, crashing and looking: each delivery arrives exactly once."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerts.outbox import Receipt, Settlement, State
from alerts.routing.storm import QUEUE
from crawler.store import Store
from tests.crawler.store.makers import MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from alerts.outbox import Delivery

PATIENCE = timedelta(seconds=10)


@cache
def migrated() -> bytes:
    """Return an empty database: to copy it is quicker than to migrate anew for each example."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tocsin.db"
        asyncio.run(Store.open(f"sqlite:///{path}", clock=FakeClock()).close())
        return path.read_bytes()


class OutboxMachine(RuleBasedStateMachine):
    """A courier that crashes and a channel whose answers get lost, with the real store between them."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "tocsin.db"
        self.path.write_bytes(migrated())
        self.clock = FakeClock()
        self.arrived: Counter[str] = Counter()  # what the channel shows
        self.wire: list[str] = []  # begun by this process, answer not yet settled
        self.queued = 0
        self.open()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coroutine)

    def open(self) -> None:
        self.store = Store.open(f"sqlite:///{self.path}", clock=self.clock)
        self.run(self.store.outbox.recover(self.clock.now()))
        self.newsroom = Newsroom(self.store, WordJudge({"talks": ("#a", "#b")}), self.clock)
        self.newsroom.sources = {"bbc": source()}

    @initialize()
    def one_visit(self) -> None:
        self.run(self.newsroom.add(source()))

    @precondition(lambda self: self.queued < 2 * QUEUE)  # or it is a storm
    @rule()
    def a_story_comes_in(self) -> None:
        self.clock.advance(MINUTE)
        self.newsroom._claims_at = self.clock.now() + timedelta(days=400 + self.queued)
        title = f"Ba{self.queued} talks fo{self.queued}"
        tally = self.run(self.newsroom.visit("bbc", entry(str(self.queued), title=title)))
        assert tally.alerts == 2
        self.queued += 2

    def pick(self, data: st.DataObject, state: State) -> Delivery | None:
        due = [one for one in self.run(self.store.outbox.due(self.clock.now(), 100)) if one.state is state]
        return data.draw(st.sampled_from(due)) if due else None

    @rule(data=st.data(), accepted=st.booleans())
    def put_on_the_wire(self, data: st.DataObject, accepted: bool) -> None:
        if delivery := self.pick(data, State.PENDING):
            assert self.run(self.store.outbox.begin(delivery.key, self.clock.now()))
            assert not self.run(self.store.outbox.begin(delivery.key, self.clock.now()))
            self.arrived[delivery.key] += accepted
            self.wire.append(delivery.key)

    @rule(data=st.data(), answered=st.booleans())
    def the_answer_comes_or_is_lost(self, data: st.DataObject, answered: bool) -> None:
        if self.wire:
            key = data.draw(st.sampled_from(self.wire))
            self.wire.remove(key)
            if answered and self.arrived[key]:
                self.settle(key, State.SENT, "accepted")
            elif answered:
                self.settle(key, State.PENDING, "rate-limited")
            else:
                self.settle(key, State.UNCLEAR, "reset")

    @rule(data=st.data())
    def look_for_an_unclear_one(self, data: st.DataObject) -> None:
        if delivery := self.pick(data, State.UNCLEAR):
            assert not self.run(self.store.outbox.begin(delivery.key, self.clock.now()))
            found = self.arrived[delivery.key]
            self.settle(delivery.key, State.SENT if found else State.PENDING, "found" if found else "not-found-twice")

    def settle(self, key: str, state: State, reason: str) -> None:
        final = state is State.SENT
        settlement = Settlement(
            state=state,
            reason=reason,
            not_before=None if final else self.clock.now() + PATIENCE,
            receipt=Receipt(channel="C0A", message=key) if final else None,
        )
        self.run(self.store.outbox.settle(key, settlement, self.clock.now()))

    @rule()
    def time_passes(self) -> None:
        self.clock.advance(PATIENCE)

    @rule(channel=st.sampled_from(["#a", "#b", None]), held=st.booleans())
    def hold_or_release(self, channel: str | None, held: bool) -> None:
        until = self.clock.now() + PATIENCE if held else None
        self.run(self.store.outbox.hold(channel, until, "archived"))

    @rule()
    def crash(self) -> None:
        """Die with whatever is on the wire, and start anew."""
        self.run(self.store.close())
        self.wire.clear()
        self.open()

    @invariant()
    def nothing_is_doubled_and_nothing_is_forgotten(self) -> None:
        rows = self.run(self.store.deliveries(limit=1000))
        assert len(rows) == self.queued
        assert max(self.arrived.values(), default=0) <= 1
        assert {one.delivery.key for one in rows if one.delivery.state is State.SENDING} == set(self.wire)
        assert all(self.arrived[one.delivery.key] for one in rows if one.delivery.state is State.SENT)
        moment = self.run(self.store.outbox.next_due())
        if moment and moment > self.clock.now():
            assert self.run(self.store.outbox.due(self.clock.now(), 10)) == []
            assert self.run(self.store.outbox.due(moment, 10))

    def teardown(self) -> None:
        """Whatever happened, a courier that now meets no trouble delivers all that is left, once."""
        self.crash()
        while (moment := self.run(self.store.outbox.next_due())) is not None:
            self.clock.advance(max(moment - self.clock.now(), timedelta(0)))
            for delivery in self.run(self.store.outbox.due(self.clock.now(), 100)):
                if delivery.state is State.PENDING:
                    assert self.run(self.store.outbox.begin(delivery.key, self.clock.now()))
                    self.arrived[delivery.key] += 1
                found = self.arrived[delivery.key]
                self.settle(delivery.key, State.SENT if found else State.PENDING, "drained")
        assert sorted(self.arrived.values()) == [1] * self.queued
        self.run(self.store.close())
        self.runner.close()
        self.folder.cleanup()


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(max_examples=15, stateful_step_count=25)
