from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bulletin import Bar, Bulletin
from alerts.bulletins import PAGE, of_digest
from alerts.routing.digest import Digest, Line, Part
from alerts.slack.bulletins import looks
from alerts.slack.elements import BLOCKS_LIMIT, size
from alerts.story import Severity
from tests.fakes import NOON


def line(number: int, **changes: Any) -> Line:
    values: dict[str, Any] = {
        "story": number, "title": f"Story {number}", "url": None, "outlet": "Reuters", "severity": Severity.NOTICE,
        "seen": NOON,
    }  # fmt: skip
    return Line(**(values | changes))


def found(number: int, count: int = 2, usual: float | None = None, **changes: Any) -> Part:
    lines = tuple(line(100 * number + place, **changes) for place in range(count))
    return Part(rule=f"rule-{number}", name=f"Rule {number}", count=count, usual=usual, top=lines[:5], more=lines[5:])


def first_page(*parts: Part) -> Bulletin:
    return pages(*parts)[0]


def test_a_digest_has_a_bar_for_each_rule_in_the_order_of_its_headings() -> None:
    page = first_page(found(1, 3, 5.5), found(2, 7))
    assert page.chart == (Bar("Rule 1", 3, 5.5), Bar("Rule 2", 7))
    assert [part.heading.partition(":")[0] for part in page.parts] == ["Rule 1", "Rule 2"]


@pytest.mark.parametrize("parts", [(), (found(1),)])
def test_fewer_than_two_rules_make_no_chart(parts: tuple[Part, ...]) -> None:
    assert first_page(*parts).chart == ()


def test_of_countless_rules_the_last_bar_is_all_the_others() -> None:
    page = first_page(*(found(number, number + 1) for number in range(20)))
    assert len(page.chart) == 12
    assert page.chart[-1] == Bar("9 more rules", sum(range(12, 21)))
    assert sum(bar.value for bar in page.chart) == sum(range(1, 21))


def pages(*parts: Part) -> tuple[Bulletin, ...]:
    digest = Digest(
        name="morning", day=NOON.date(), since=NOON - timedelta(days=1), until=NOON,
        stories=sum(part.count for part in parts), parts=parts, idle=(), held=(),
    )  # fmt: skip
    return of_digest(digest, "#news", UTC)


def test_the_thread_of_a_digest_of_many_rules_has_few_pages() -> None:
    _, *further = pages(*(found(number, 7) for number in range(30)))
    headings = [part.heading.partition(":")[0] for page in further for part in page.parts]
    assert headings == [f"Rule {number}" for number in range(30)]
    assert len(further) == 9


@given(st.lists(st.integers(1, 60), max_size=25), st.integers(5, 160))
def test_a_digest_and_its_thread_name_every_story_once_and_surely_show_it(counts: list[int], length: int) -> None:
    parts = [found(number, count, title="t" * length) for number, count in enumerate(counts)]
    named = [(part.heading.partition(":")[0], len(part.items)) for page in pages(*parts) for part in page.parts]
    totals = Counter[str]()
    for rule, number in named:
        totals[rule] += number
    assert totals == {f"Rule {number}": count for number, count in enumerate(counts)}
    for page in pages(*parts)[1:]:
        assert sum(len(part.items) for part in page.parts) <= PAGE
        assert size(next(looks(page))) <= BLOCKS_LIMIT


@pytest.mark.parametrize("picture", [None, "F0FILE0001"])
def test_a_first_page_with_its_chart_surely_shows_every_story_it_names(picture: str | None) -> None:
    long = {"title": "t" * 160, "url": "https://a.example/" + "x" * 300, "outlet": "o" * 60}
    page = first_page(*(found(number, 9, 123.45, **long) for number in range(6)))
    full = next(looks(page, picture))
    assert page.parts[0].items
    assert size(full) <= BLOCKS_LIMIT
