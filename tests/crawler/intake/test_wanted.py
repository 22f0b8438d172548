from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.intake.wanted import SHORT, unwanted, wants_page, words_of
from spiders.source import Fulltext
from tests.crawler.store.makers import HOUR, entry, source
from tests.fakes import NOON, story

if TYPE_CHECKING:
    from spiders.source import Source

AUTO = source(fulltext=Fulltext.AUTO)


def words(count: int) -> str:
    return "word " * count


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the source's own text has 0 words"),
        (words(SHORT - 1), "the source's own text has 119 words"),
        (words(SHORT), None),
        ("日" * (2 * SHORT - 2), "the source's own text has 119 words"),
        ("日" * 2 * SHORT, None),
        (words(SHORT) + "and then \u2026", "the source's own text breaks off"),
        (words(SHORT) + "and then [...]", "the source's own text breaks off"),
        (words(SHORT) + "\n\nRead more »", "the source's own text breaks off"),
        (words(SHORT) + "\n\nContinue reading the full story on our site.", "the source's own text breaks off"),
        (words(SHORT) + "\n\nLire la suite", "the source's own text breaks off"),
        (words(SHORT) + "続きを読む", "the source's own text breaks off"),
        (words(SHORT) + "He said … and left. They read more books.", None),
    ],
)
def test_by_itself_a_page_is_fetched_where_the_source_says_little(text: str, why: str | None) -> None:
    assert wants_page(entry(text=text), AUTO, backlog=False) == why


def test_always_means_also_what_is_long_and_never_also_what_is_nothing() -> None:
    long, bare = entry(text=words(500)), entry(title="", needs_page=True)
    always, never = source(fulltext=Fulltext.ALWAYS), source(fulltext=Fulltext.NEVER)
    assert wants_page(long, always, backlog=False) == wants_page(bare, always, backlog=False) == "fulltext: always"
    assert wants_page(long, never, backlog=False) is wants_page(bare, never, backlog=False) is None


def test_an_address_without_words_is_a_reason_of_its_own() -> None:
    why = wants_page(entry(title="", needs_page=True), AUTO, backlog=False)
    assert why == "the source gives an address and no words"


@pytest.mark.parametrize("fulltext", Fulltext)
def test_neither_the_backlog_nor_an_item_without_an_address_has_a_page_to_fetch(fulltext: Fulltext) -> None:
    assert wants_page(entry(), source(fulltext=fulltext), backlog=True) is None
    assert wants_page(entry(url=None), source(fulltext=fulltext), backlog=False) is None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (" Two\n\nwords ", 2),
        ("日本とフランス", 3),  # seven letters
        ("円滑化協定 with France", 4),
        ("G7の首脳", 2),  # "G7" and three letters
        ("สวัสดีครับ", 5),
        ("한국과 일본이", 2),  # Korean puts blanks
    ],
)
def test_two_letters_are_a_word_where_no_blanks_part_words(text: str, count: int) -> None:
    assert words_of(text) == count


@given(st.text(), st.text())
def test_more_text_has_no_fewer_words(text: str, more: str) -> None:
    assert words_of(text) <= words_of(f"{text} {more}") <= words_of(text) + words_of(more) + 1


LATER = NOON + HOUR


@pytest.mark.parametrize(
    ("changes", "of", "why"),
    [
        ({"url": None}, AUTO, "the source gives no address"),
        ({}, None, "its source is not configured any more, and nobody wrote down why"),
        ({}, source(fulltext=Fulltext.NEVER), "`fulltext` is never"),
        ({}, AUTO, "it was there before the first visit of its source, and of such nobody is told"),
        ({"seen": LATER, "text": words(SHORT)}, AUTO, "the source's own text has 120 words, which is enough"),
        ({"seen": LATER}, AUTO, "it was not wanted when the story came; by the configuration in force it would be"),
    ],
)
def test_why_a_page_was_not_wanted_is_one_reason(changes: dict[str, Any], of: Source | None, why: str) -> None:
    told = story(**{"published": None, "seen": NOON} | changes)
    assert unwanted(told, of, NOON) == why
