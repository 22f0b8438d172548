from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from alerts.bulletin import Bar, Bulletin
from alerts.bulletins import of_digest
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
    digest = Digest(
        name="morning", day=NOON.date(), since=NOON - timedelta(days=1), until=NOON,
        stories=sum(part.count for part in parts), parts=parts, idle=(), held=(),
    )  # fmt: skip
    return of_digest(digest, "#news", UTC)[0]


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


@pytest.mark.parametrize("picture", [None, "F0FILE0001"])
def test_a_first_page_with_its_chart_surely_shows_every_story_it_names(picture: str | None) -> None:
    long = {"title": "t" * 160, "url": "https://a.example/" + "x" * 300, "outlet": "o" * 60}
    page = first_page(*(found(number, 9, 123.45, **long) for number in range(6)))
    full = next(looks(page, picture))
    assert page.parts[0].items
    assert size(full) <= BLOCKS_LIMIT
