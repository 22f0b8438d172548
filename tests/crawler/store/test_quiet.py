from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crawler.store import quiet, stories
from tests.fakes import NOON

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from crawler.store import Store

OF = {"rule": "a", "channel": "#n"}
QUESTIONS: dict[str, tuple[Any, dict[str, Any], str]] = {  # the question, what is asked, and the way to the answer
    "sent": (quiet._SENT, OF | {"after": NOON, "from_key": "0"}, "outbox_channel (channel=? AND queued>?)"),
    "waits": (quiet._WAITS, OF, "verdict_held_back (rule=? AND channel=?)"),
    "waiting": (quiet._WAITING, {}, "verdict_held_back (rule>?)"),
    "held back": (quiet._HELD, OF, "verdict_held_back (rule=? AND channel=?)"),
    "past": (stories._PAST, {"stories": [1, 2], "groups": [1, 2]}, "verdict_held_back (rule>?)"),
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_no_question_reads_all_verdicts_or_all_that_told_nobody(store: Store, name: str) -> None:
    question, asked, way = QUESTIONS[name]

    def steps(connection: Connection) -> list[str]:
        flags = {"literal_binds": True, "render_postcompile": True}
        text = question.params(**asked).compile(dialect=connection.dialect, compile_kwargs=flags)
        return [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]

    found = await store._reader.run(steps)
    assert any(way in step for step in found)
    assert not [step for step in found if step.startswith("SCAN verdict")]
