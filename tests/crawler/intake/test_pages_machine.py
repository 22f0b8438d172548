"""Any interleaving of polls, pages, failures, restarts and sending: what is to be told is told, and once."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from alerts.cluster import copy_key
from alerts.errors import StoreError
from alerts.outbox import FINAL, Receipt, Settlement, State
from alerts.policy import Reason
from alerts.story import Severity
from crawler.intake.verdicts import PAGE_PATIENCE
from crawler.store import Store
from crawler.store.schema import likeness, outbox, page, story, story_version, verdict
from crawler.store.versions import newest
from crawler.visits.page import PageState, PageVisit
from spiders.article import Article
from spiders.source import Fulltext
from tests.crawler.store.makers import MINUTE, Newsroom, WordJudge, entry, source
from tests.crawler.store.test_outbox_machine import migrated
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from sqlalchemy import Connection, Row

    from alerts.judge import Finding
    from alerts.outbox import Delivery
    from alerts.story import Story
    from crawler.visits.page import PageClaim

SOURCES = ("bbc", "nhk", "agg")
LONG = "ministers of two countries said on Monday that they would meet again in spring"
LEASE = 2 * MINUTE
TABLES = (story, story_version, verdict, likeness, outbox, page)

titles = st.sampled_from(["A cat", "talks", "talks on earths", "RARE talks"])
summaries = st.sampled_from(["", "", "talks", f"talks. {LONG}", f"earths. {LONG}"])
pages = st.sampled_from(["", f"talks. {LONG}", f"talks on rugby. {LONG}", f"RARE earths. {LONG}"])
articles = st.builds(
    Article,
    title=st.sampled_from(["", "A title"]),
    text=pages,
    canonical=st.sampled_from([None, None, "https://bbc.example/1", "https://afp.example/9"]),
    method=st.just("extraction"),
)
spans = st.sampled_from([timedelta(seconds=10), MINUTE, 20 * MINUTE])


class RugbyJudge(WordJudge):
    """A WordJudge by whom ``talks`` are not meant when rugby is played."""

    def __call__(self, story: Story) -> list[Finding]:
        found = super().__call__(story)
        return [one for one in found if one.match.rule != "talks" or "rugby" not in story.text]


def judge() -> WordJudge:
    rules = {"talks": ("#news",), "earths": ("#news", "#minerals"), "RARE": ("#news",)}
    return RugbyJudge(rules, undoable={"talks"})


class PagesMachine(RuleBasedStateMachine):
    """Patrols, a courier and a process that dies, with the real store between them."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "tocsin.db"
        self.path.write_bytes(migrated())
        self.clock = FakeClock()
        self.hands: list[PageClaim] = []  # claims of whoever is alive, and of who thinks so
        self.wire: list[str] = []  # begun by this process, answer not yet settled
        self.arrived: dict[str, Sequence[tuple[int, str, str]]] = {}  # what the channels show: story, rule, channel
        self.visits = 0
        self.open()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(coroutine)

    def open(self) -> None:
        self.store = Store.open(f"sqlite:///{self.path}", clock=self.clock)
        self.run(self.store.outbox.recover(self.clock.now()))
        self.room = Newsroom(self.store, judge(), self.clock)
        self.room.sources = {name: source(name, fulltext=Fulltext.AUTO) for name in SOURCES}

    def rows(self) -> dict[str, Sequence[Row[Any]]]:
        def read(connection: Connection) -> dict[str, Sequence[Row[Any]]]:
            return {table.name: connection.execute(select(table)).all() for table in TABLES}

        found: dict[str, Sequence[Row[Any]]] = self.run(self.store._reader.run(read))
        return found

    @initialize()
    def first_visits(self) -> None:
        self.run(self.room.add(*self.room.sources.values()))

    # ------------------------------------------------------------ what happens

    @rule(name=st.sampled_from(SOURCES), guid=st.sampled_from("12"), title=titles, text=summaries)
    def an_outlet_publishes_or_edits(self, name: str, guid: str, title: str, text: str) -> None:
        self.clock.advance(timedelta(seconds=1))
        self.visits += 1
        self.room._claims_at = self.clock.now() + timedelta(days=400 + self.visits)
        one = entry(guid, title, text, url=f"https://{name}.example/{guid}", published=self.clock.now())
        self.run(self.room.visit(name, one))

    @rule(limit=st.integers(1, 3))
    def pages_are_claimed(self, limit: int) -> None:
        self.hands += self.run(self.store.claim_pages(self.clock.now(), limit, LEASE))

    @rule(data=st.data(), found=articles, how=st.sampled_from(["read", "read", "fails", "fails for now", "given back"]))
    def a_claim_ends(self, data: st.DataObject, found: Article, how: str) -> None:
        if self.hands:
            claim = data.draw(st.sampled_from(self.hands))
            self.hands.remove(claim)
            if how == "given back":
                self.run(self.store.release_page(claim))
            else:
                self.commit(claim, **self.end(how, found))

    @rule(found=articles, how=st.sampled_from(["read", "read", "read", "fails"]))
    def a_page_is_visited(self, found: Article, how: str) -> None:
        for claim in self.run(self.store.claim_pages(self.clock.now(), 1, LEASE)):
            self.commit(claim, **self.end(how, found))

    def end(self, how: str, found: Article) -> dict[str, Any]:
        if how == "read":
            return {"state": PageState.READ, "reason": "200", "article": found}
        if how == "fails":
            return {"state": PageState.FAILED, "reason": "http-404"}
        return {"state": PageState.DUE, "reason": "timeout", "next_at": self.clock.now() + MINUTE}

    def commit(self, claim: PageClaim, **how: Any) -> None:
        """Commit a visit: it must be taken while its claim is in force, and change nothing when it is not."""
        before = self.rows()
        (row,) = [one for one in before["page"] if one.story_id == claim.story]
        in_force = row.lease_token == claim.token and row.lease_until is not None
        try:
            self.run(self.room.ingest.commit_page(PageVisit(claim=claim, at=self.clock.now(), **how)))
        except StoreError:
            assert not in_force
            assert self.rows() == before
        else:
            assert in_force

    @rule(data=st.data(), answer=st.sampled_from(["accepted", "try-later", "unclear", None]))
    def a_message_is_sent(self, data: st.DataObject, answer: str | None) -> None:
        """Put something on the wire; None: the process dies, or is slow, before the answer is settled."""
        pending = [one for one in self.run(self.store.outbox.due(self.clock.now(), 100)) if one.state is State.PENDING]
        if not pending:
            return
        delivery = data.draw(st.sampled_from(pending))
        self.send(delivery, seen=answer != "try-later")
        if answer:
            self.wire.remove(delivery.key)
            self.settle(delivery.key, answer)

    def send(self, delivery: Delivery, *, seen: bool) -> None:
        assert self.run(self.store.outbox.begin(delivery.key, self.clock.now()))
        self.wire.append(delivery.key)
        if seen:
            assert delivery.key not in self.arrived
            matches = [match.rule for match in delivery.alert.matches]
            self.arrived[delivery.key] = [(delivery.alert.story.id, rule, delivery.channel) for rule in matches]
            assert matches or delivery.note

    def settle(self, key: str, answer: str) -> None:
        state = {"accepted": State.SENT, "unclear": State.UNCLEAR}.get(answer, State.PENDING)
        final = state is State.SENT
        settlement = Settlement(
            state=state,
            reason=answer,
            not_before=None if final else self.clock.now() + timedelta(seconds=10),
            receipt=Receipt(channel="C0A", message=key) if final else None,
        )
        self.run(self.store.outbox.settle(key, settlement, self.clock.now()))

    @rule(span=spans)
    def time_passes(self, span: timedelta) -> None:
        self.clock.advance(span)

    @rule()
    def the_process_dies_and_starts_anew(self) -> None:
        self.run(self.store.close())
        self.wire.clear()
        self.open()

    # ------------------------------------------------------------ what must be so

    @invariant()
    def nobody_hears_a_thing_twice_or_waits_too_long(self) -> None:
        rows = self.rows()
        text = {(row.story_id, row.version): copy_key(row.title, row.text) for row in rows["story_version"]}
        told = [row for row in rows["verdict"] if row.delivery]
        heard = [of for message in self.arrived.values() for of in message]
        by_text = Counter((text[row.story_id, row.version], row.rule, row.channel) for row in told)
        assert max(Counter(heard).values(), default=0) <= 1
        assert max(Counter((row.group_id, row.rule, row.channel) for row in told).values(), default=0) <= 1
        assert all(count == 1 for (key, *_), count in by_text.items() if key)
        told_by = defaultdict(list)
        for row in told:
            told_by[row.delivery].append((row.story_id, row.rule, row.channel))
        for key, message in self.arrived.items():  # what people saw is what is written down
            assert sorted(told_by[key]) == sorted(message)
        for row in rows["outbox"]:
            if row.state == State.PENDING and not row.attempts and row.not_before > self.clock.now():
                assert row.severity < Severity.CRITICAL
                assert row.not_before <= row.queued + PAGE_PATIENCE

    def teardown(self) -> None:
        """Whatever happened: when pages and channels answer at last, all is told that has no reason not to be."""
        self.the_process_dies_and_starts_anew()
        for _ in range(200):
            self.clock.advance(MINUTE)
            for claim in self.run(self.store.claim_pages(self.clock.now(), 100, LEASE)):
                self.commit(claim, state=PageState.FAILED, reason="robots")
            for delivery in self.run(self.store.outbox.due(self.clock.now(), 100)):
                self.deliver(delivery)
            if all(row.state in FINAL for row in self.rows()["outbox"]):
                break
        self.all_is_told()
        self.run(self.store.close())
        self.runner.close()
        self.folder.cleanup()

    def deliver(self, delivery: Delivery) -> None:
        if delivery.state is State.PENDING and delivery.key not in self.arrived:
            self.send(delivery, seen=True)
        self.settle(delivery.key, "accepted" if delivery.key in self.arrived else "not-found-twice")

    def all_is_told(self) -> None:
        rows = self.rows()
        assert all(row.state != PageState.DUE and row.lease_until is None for row in rows["page"])
        assert {row.state for row in rows["outbox"]} <= {State.SENT, State.WITHDRAWN}, "it never ends"
        assert {row.key for row in rows["outbox"] if row.state == State.SENT} == self.arrived.keys()
        self.every_version_is_judged(rows)
        heard = {of for message in self.arrived.values() for of in message}
        family = families(rows["likeness"])
        kin = defaultdict(set)
        for row in rows["story"]:
            kin[family.get(row.id, row.id)].add(row.id)
        undone = {(row.story_id, row.rule, row.channel) for row in rows["verdict"] if row.reason == Reason.UNDONE}
        copied = {(row.story_id, row.rule, row.channel) for row in rows["verdict"] if row.reason == Reason.COPY}
        for row in rows["verdict"]:
            of, reason = (row.rule, row.channel), Reason(row.reason)
            relatives = kin[family.get(row.story_id, row.story_id)]
            if reason is Reason.UNDONE:
                assert row.rule == "talks"
            elif reason is Reason.COPY:
                assert any((one, *of) in heard | undone for one in relatives - {row.story_id})
            elif reason is Reason.TOLD:
                assert (row.story_id, *of) in heard | undone | copied
            else:
                assert reason.sends
                assert (row.story_id, *of) in heard | copied, row  # a later version may be one before it was sent

    def every_version_is_judged(self, rows: dict[str, Sequence[Row[Any]]]) -> None:
        stories = self.run(self.store._reader.run(lambda connection: newest(connection, story.c.id > 0)))
        verdicts = {(row.story_id, row.version, row.rule, row.channel) for row in rows["verdict"]}
        for one in stories:
            for finding in judge()(one):
                for channel in finding.channels:
                    assert (one.id, one.version, finding.match.rule, channel) in verdicts


def families(rows: Sequence[Row[Any]]) -> dict[int, int]:
    """Return a common representative for stories that share a likeness key, at whatever remove."""
    parent: dict[Any, Any] = {}

    def find(node: Any) -> Any:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for row in rows:
        parent[find(row.key)] = find(row.story_id)
    return {row.story_id: find(row.story_id) for row in rows}


TestPages = PagesMachine.TestCase
TestPages.settings = settings(max_examples=12, stateful_step_count=25)
