from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest

from crawler.log import ForJournal, Json, KeyValue, Pretty


def record(event: str, *, failed: bool = False, **extra: object) -> logging.LogRecord:
    trace = None
    if failed:
        try:
            int("broken")
        except ValueError:
            trace = sys.exc_info()
    return logging.getLogger("crawler").makeRecord(
        "crawler", logging.WARNING, __file__, 1, event, (), trace, extra=dict(extra)
    )


def test_key_value_puts_facts_in_the_order_given_and_quotes_what_has_blanks() -> None:
    line = KeyValue().format(record("source failing", source="nhk", detail='said "no" to us'))
    assert line.split(" ", 1)[1] == r'level=warning event="source failing" source=nhk detail="said \"no\" to us"'


def test_a_line_stays_one_line_whatever_a_server_says() -> None:
    line = KeyValue().format(record("source failing", detail="first\nevent=forged"))
    assert "\n" not in line
    assert "event=forged" in line.rpartition("detail=")[2]


def test_json_lines_can_be_read_back_with_their_traceback() -> None:
    fields = json.loads(Json().format(record("visit broke", failed=True, source="日本")))
    assert (fields["event"], fields["source"], fields["level"]) == ("visit broke", "日本", "warning")
    assert "ValueError: invalid literal" in fields["traceback"]


def test_pretty_shows_event_facts_and_traceback() -> None:
    text = Pretty().format(record("visit broke", failed=True, source="nhk"))
    assert "visit broke" in text
    assert "nhk" in text
    assert "ValueError: invalid literal" in text


def test_the_journal_gets_a_priority_with_each_line() -> None:
    lines = ForJournal(KeyValue()).format(record("visit broke", failed=True)).splitlines()
    assert len(lines) > 1
    assert all(line.startswith("<4>") for line in lines)


PROGRAM = """
import os, sys
if sys.argv[1:]:
    found = os.fstat(2)
    os.environ["JOURNAL_STREAM"] = sys.argv[1] if sys.argv[1] != "this" else f"{found.st_dev}:{found.st_ino}"
import logging
from crawler.log import configure
configure("keyvalue", "info")
logging.getLogger("crawler").error("down")
"""


@pytest.mark.parametrize(("stream", "begins"), [((), "at="), (("this",), "<3>at="), (("8:1",), "at=")])
def test_only_what_goes_to_the_journal_has_priorities(stream: tuple[str, ...], begins: str) -> None:
    words = [sys.executable, "-c", PROGRAM, *stream]
    environ = {name: value for name, value in os.environ.items() if name != "JOURNAL_STREAM"}
    said = subprocess.run(words, check=True, capture_output=True, text=True, env=environ).stderr
    assert said.startswith(begins)


def test_the_scheduler_speaks_of_errors_only() -> None:
    program = """
import logging
from crawler.log import configure
configure("keyvalue", "info")
logging.getLogger("apscheduler.scheduler").warning("a beat was skipped")
logging.getLogger("apscheduler.scheduler").error("a job broke")
"""
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stderr
    assert "a job broke" in said
    assert "a beat was skipped" not in said
