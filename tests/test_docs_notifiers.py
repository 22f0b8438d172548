"""The page on other ways out says what programs get, and what an answer means."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alerts.bulletin import Bar, Bulletin, Part, Topic, item
from alerts.errors import CardRefused, Later, RouteRefused, Unclear
from alerts.face import face_for
from alerts.notify.fallback import COPY_SUFFIX, PATIENCE
from alerts.notify.payload import payload
from alerts.notify.webhook import TIMEOUT, judge_answer
from alerts.outbox import Kind, Receipt
from crawler.config import load
from tests.crawler.config.makers import write
from tests.fakes_outbox import alert, delivery

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parent.parent / "docs" / "notifiers.md").read_text("utf-8")
FIELDS = set(re.findall(r"`([\w.]+)`", "".join(re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE))))
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ALERT, BULLETIN = (json.loads(text) for kind, text in BLOCKS if kind == "json")


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Every key in a payload, lists left out."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield f"{path}{key}"
            yield from paths(below, f"{path}{key}.")


def test_the_example_has_the_fields_of_a_payload() -> None:
    one = delivery(of=alert())
    made = payload(face_for(one), one)
    assert set(paths(ALERT)) == set(paths(made))
    assert ALERT["rules"][0].keys() == made["rules"][0].keys()


def test_every_field_is_explained() -> None:
    assert ALERT.keys() <= FIELDS
    assert {f"bulletin.{name}" for name in BULLETIN} <= FIELDS


def test_a_note_has_the_same_fields() -> None:
    one = delivery(kind=Kind.REPLY, note="it was changed", parent=Receipt(channel="pagerduty", message="K0"))
    assert payload(face_for(one), one).keys() == ALERT.keys()


def test_the_example_of_a_bulletin_has_its_fields() -> None:
    parts = (Part(heading="Stories", items=(item("Talks open"),)),)
    facts = (("Last answer", "HTTP 403"),)
    one = delivery(
        content=Bulletin(
            channel="#ops", topic=Topic.HEALTH, title="Down", facts=facts, parts=parts, chart=(Bar("r", 1),)
        )
    )
    made = payload(face_for(one), one)["bulletin"]
    assert BULLETIN.keys() == made.keys()
    assert BULLETIN["facts"][0].keys() == made["facts"][0].keys()
    assert BULLETIN["chart"][0].keys() == made["chart"][0].keys()
    assert BULLETIN["parts"][0].keys() == made["parts"][0].keys()
    assert BULLETIN["parts"][0]["items"][0].keys() == made["parts"][0]["items"][0].keys()


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    (routes,) = (text for kind, text in BLOCKS if kind == "yaml")
    text = f"sources: [https://example.org/feed.xml]\n{routes}"
    config = load(write(tmp_path, text), {"HOOK_SECRET": "hush", "MAIL_URL": "json://mail.example"})
    assert config.warnings == ()
    assert (list(config.notifiers), config.fallback) == (["pagerduty", "mail", "audit"], "mail")
    assert config.rules.rules[0].to == ("#duty", "pagerduty")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("once more without text", CardRefused),
        ("later, not before", Later),
        ("the notifier is refused", RouteRefused),
        ("unclear: sent again", Unclear),
    ],
)
def test_answers_mean_what_the_page_says(row: str, kind: type[Exception]) -> None:
    (line,) = re.findall(rf"^\| (.*) \| {row}", PAGE, re.MULTILINE)
    for status in map(int, re.findall(r"\b[2-5][0-9]{2}\b", line)):
        assert type(judge_answer(status, None, "")) is kind
    unnamed = {"3xx": 302, "4xx": 404, "5xx": 500}
    for status in (number for name, number in unnamed.items() if name in line):
        assert type(judge_answer(status, None, "")) is kind


def test_numbers_are_those_of_the_program() -> None:
    assert f"no answer within {TIMEOUT.total} s" in PAGE
    assert f"has refused messages for {PATIENCE.seconds // 60} minutes" in PAGE
    assert f"its key ends in `{COPY_SUFFIX}`" in PAGE
