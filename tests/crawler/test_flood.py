from datetime import timedelta

import pytest

from crawler.flood import decide

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("new", "entries", "since_ok", "flood"),
    [
        (11, 20, HOUR, True),
        (10, 10, HOUR, False),  # no more than ten
        (20, 40, HOUR, False),  # no more than half
        (21, 40, HOUR, True),
        (1, 40, 24 * HOUR, False),
        (1, 40, 25 * HOUR, True),
        (0, 40, 25 * HOUR, False),
        (40, 40, None, False),  # a first visit is a backlog
    ],
)
def test_a_flood_is_most_of_a_document_or_the_first_after_a_day(
    new: int, entries: int, since_ok: timedelta | None, flood: bool
) -> None:
    assert (decide(new, entries, since_ok) is not None) is flood


@pytest.mark.parametrize(
    ("new", "since_ok", "reason"),
    [(3, 30 * HOUR, "3 new after 30 h without an answer"), (30, HOUR, "30 of 40 entries new at once")],
)
def test_the_reason_names_the_numbers(new: int, since_ok: timedelta, reason: str) -> None:
    flood = decide(new, 40, since_ok)
    assert flood is not None
    assert (flood.new, flood.reason) == (new, reason)
