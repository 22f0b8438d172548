"""Copies end in the same groups, and are told once, whatever the order in which they and their pages come."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.outbox import State
from crawler.store import Store
from crawler.store.schema import story
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.store.makers import MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from spiders.entry import Entry

FAMILIES = 3
SHARED_TITLE = "What happened in the city today"  # two families may both be told under it


@dataclass(frozen=True)
class Piece:
    """One outlet's story of a text that others have as well, all but the first and last words."""

    number: int
    family: int
    opens: bool  # its summary is the beginning of the text, and no words of the outlet
    title_is_shared: bool

    @property
    def outlet(self) -> str:
        return f"outlet{self.number}"

    @property
    def url(self) -> str:
        return f"https://{self.outlet}.example/{self.number}"

    @property
    def text(self) -> str:
        return f"{self._own(6)} {_text(self.family)} {self._own(6, 10)}"

    @property
    def entry(self) -> Entry:
        title = SHARED_TITLE if self.title_is_shared else f"Outlet {self.number} has a headline {self.number}"
        summary = " ".join(_text(self.family).split()[:50]) if self.opens else self._own(8, 20)
        return entry(f"e{self.number}", title=title, text=f"{summary} …", url=self.url, language="en")

    def _own(self, count: int, start: int = 0) -> str:
        return " ".join(f"own{self.number}word{n}" for n in range(start, start + count))


def _text(family: int) -> str:
    return f"matter{family} " + " ".join(f"family{family}word{n}" for n in range(90))


pieces = st.lists(st.tuples(st.integers(0, FAMILIES - 1), st.booleans(), st.booleans()), min_size=2, max_size=6).map(
    lambda found: [Piece(number, *facts) for number, facts in enumerate(found)]
)


@given(told=pieces, dice=st.randoms(use_true_random=False))
@example(
    told=[Piece(0, 0, opens=False, title_is_shared=False), Piece(1, 0, opens=True, title_is_shared=True)], dice=None
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_order_of_arrival_has_no_say(empty_sqlite: Path, told: list[Piece], dice: object) -> None:
    order = sorted([*told, *told], key=lambda _: dice.random()) if dice else [*told, *told]  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tocsin.db"
        shutil.copy(empty_sqlite, path)
        store, clock = Store.open(f"sqlite:///{path}", clock=FakeClock()), FakeClock()
        newsroom = Newsroom(store, WordJudge({f"matter{n}": ("#news",) for n in range(FAMILIES)}), clock)
        await newsroom.add(*(source(one.outlet, fulltext=Fulltext.ALWAYS) for one in told))
        met: set[int] = set()
        for one in order:
            clock.advance(MINUTE)
            if one.number in met:
                await visit_page(newsroom, one.url, one.text)
            else:
                await newsroom.visit(one.outlet, one.entry)
            met.add(one.number)
        query = select(story.c.source_id, story.c.group_id, story.c.id)
        rows = await store._reader.run(lambda connection: connection.execute(query).all())
        deliveries = await store.deliveries(limit=1000)
        await store.close()
    group_of = {row.source_id: row.group_id for row in rows}
    families: dict[int, set[int]] = {}
    for one in told:
        families.setdefault(one.family, set()).add(group_of[one.outlet])
    assert all(len(groups) == 1 for groups in families.values())  # those that are copies are together
    assert len(set.union(*families.values())) == len(families)  # and nobody else
    assert {row.group_id for row in rows} <= {row.id for row in rows}
    sent = [row.delivery.alert.matches[0].rule for row in deliveries if row.delivery.state is not State.WITHDRAWN]
    assert sorted(sent) == sorted(f"matter{family}" for family in families)
