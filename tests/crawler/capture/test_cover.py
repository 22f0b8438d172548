from __future__ import annotations

from html import unescape
from typing import Any

from crawler.capture.case import Case, Passage
from crawler.capture.cover import cover
from crawler.capture.pack import Missing

UNSEEN = "\u202e\u2066\u200b\x07\x00\ud800"


def case(text: str = "x", **changes: Any) -> Case:
    values: dict[str, Any] = {
        "id": "X",
        "title": text,
        "about": (text,),
        "verdict": text,
        "fetched": [(text, text, text, f"sha256:{text}", text)],
        "decided": [(text,) * 6],
        "rules": [Passage(text, text)],
        "delivered": [(text,) * 5],
        "texts": [Passage(text, text)],
        "missing": [Missing(what=text, why=text)],
        "left_out": [(text,) * 3],
    }
    return Case(**values | changes)


def page(shown: Case) -> str:
    return unescape(cover(shown, {}).decode())


def test_what_is_unseen_or_turns_others_around_stands_nowhere() -> None:
    said = page(case(f"treaty{UNSEEN}\u202dyes"))
    assert not set(said) & {*UNSEEN, "\u202d", "\ufffd"}
    assert said.count("treatyyes") == said.count("treaty") == 29
    assert "?" not in said


def test_blanks_of_other_scripts_are_blanks() -> None:
    said = page(case("\u6771\u4eac\u3000news\u00a0today"))
    assert "\ufffd" not in said
    assert "<h1>\u6771\u4eac news today</h1>" in said


def test_the_lines_of_a_text_stay_lines() -> None:
    assert "<pre>one\n\ntwo</pre>" in page(case(texts=[Passage("Version 1", "one\n\ntwo\n")]))


def test_markup_is_text() -> None:
    assert b"<script" not in cover(case("<script>alert(1)</script>"), {})


def test_a_text_that_is_too_long_for_the_page_says_so() -> None:
    assert "all 30,000 characters are in a file" in page(case(texts=[Passage("Version 1", "word " * 6000)]))
    assert "is the beginning" not in page(case())
