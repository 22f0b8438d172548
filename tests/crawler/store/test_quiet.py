from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crawler.store import quiet, stories
from tests.crawler.engines import sqlite_only
from tests.fakes import NOON

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from crawler.store import Store

TABLES = {"verdict", "other", "outbox"}
OF = {"rule": "a", "channel": "#n"}
TOLD = "other USING INDEX verdict_told_once (group_id=? AND rule=? AND channel=?)"
HELD = "verdict USING INDEX verdict_held_back"
OF_KEY = "outbox USING INDEX sqlite_autoindex_outbox_1 (key=?) LEFT-JOIN"
QUESTIONS: dict[str, tuple[Any, dict[str, Any], set[str]]] = {  # the question, what is asked, every way to the answer
    "sent": (
        quiet._SENT,
        OF | {"after": NOON, "from_key": "0"},
        {
            "outbox USING INDEX outbox_channel (channel=? AND queued>?)",
            "verdict USING INDEX verdict_delivery (delivery=?)",  # those of the messages, and no others
        },
    ),
    "waits": (quiet._WAITS, OF, {f"{HELD} (rule=? AND channel=?)", TOLD}),
    "waiting": (quiet._WAITING, {}, {f"{HELD} (rule>?)", TOLD}),
    "held back": (quiet._HELD, OF, {f"{HELD} (rule=? AND channel=?)", TOLD}),
    "past": (
        stories._PAST,
        {"stories": [1, 2], "groups": [1, 2]},
        {
            "verdict USING PRIMARY KEY (story_id=?)",
            "verdict USING INDEX verdict_told_once (group_id=?)",
            f"{HELD} (rule>?)",
            OF_KEY,
        },
    ),
}


@sqlite_only
@pytest.mark.parametrize("name", QUESTIONS)
async def test_no_question_reads_all_verdicts_or_all_that_told_nobody(store: Store, name: str) -> None:
    question, asked, ways = QUESTIONS[name]

    def steps(connection: Connection) -> list[str]:
        flags = {"literal_binds": True, "render_postcompile": True}
        text = question.params(**asked).compile(dialect=connection.dialect, compile_kwargs=flags)
        return [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]

    found = await store._reader.run(steps)
    assert {way for step in found if (way := step.removeprefix("SEARCH ")).split()[0] in TABLES} == ways
    assert not [step for step in found if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"]
