from __future__ import annotations

import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bulletin import item
from alerts.slack.elements import context, emphasised, escape, run, section, size, small_print, titled
from tests.slack_rules import refusal


@given(text=st.text(max_size=300), limit=st.integers(1, 400))
def test_escaping_never_passes_its_limit_and_never_cuts_an_entity(text: str, limit: int) -> None:
    escaped = escape(text, limit)
    assert len(escaped) <= limit
    whole = html.escape(text, quote=False)
    kept = escaped if len(whole) <= limit else escaped[:-1]
    assert kept == html.escape(text[: len(kept)], quote=False)[: len(kept)]
    assert kept.count("&") == sum(kept.count(entity) for entity in ("&amp;", "&lt;", "&gt;"))


@pytest.mark.parametrize("text", ["a*b", "a_b", "a~b", "`a`"])
def test_what_has_marks_of_its_own_gets_none(text: str) -> None:
    assert emphasised(text, "*", 80) == text
    assert emphasised("<a>", "*", 80) == "*&lt;a&gt;*"


def test_a_title_is_clicked_on_where_it_promises_no_other_place() -> None:
    link = {"type": "link", "url": "https://a.example/1"}
    assert titled("Talks", item("Talks", "https://a.example/1"), bold=False) == [link | {"text": "Talks"}]
    assert titled("b.com", item("b.com", "https://a.example/1"), bold=False) == [
        run("b.com "),
        link | {"text": "a.example"},
    ]
    assert titled("Talks", item("Talks"), bold=True) == [run("Talks", bold=True)]


def test_pieces_are_what_slack_takes_and_their_size_is_that_of_the_json() -> None:
    blocks = [
        context("a", escape("<b>", 10)),
        small_print("b", "<!channel>"),
        {"type": "rich_text", "block_id": "c", "elements": [section([run("日本")])]},
    ]
    assert refusal({"text": "x", "blocks": blocks}) is None
    assert size(blocks) == len(json.dumps(blocks, ensure_ascii=False).replace(": ", ":").replace(", ", ","))
