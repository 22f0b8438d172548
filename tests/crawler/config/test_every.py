from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.every import Every, every
from crawler.config.values import Unusable
from crawler.visits.cron import next_strike


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("auto", Every()),
        ("1s", Every(interval=timedelta(seconds=1))),
        (" 1h30m ", Every(interval=timedelta(minutes=90))),
        ("*/5 * * * *", Every(cron="*/5 * * * *")),
        ("0  7 * JAN-mar MON-Fri", Every(cron="0 7 * jan-mar mon-fri")),
        ("0,30 6-22/2 1 * *", Every(cron="0,30 6-22/2 1 * *")),
        ("0 9 * * fri-sun", Every(cron="0 9 * * fri-sun")),
        ("0 9 29 2 *", Every(cron="0 9 29 2 *")),
        ("@Hourly", Every(cron="0 * * * *")),
    ],
)
def test_every_is_auto_a_duration_or_a_cron_string(text: str, expected: Every) -> None:
    assert every(text) == expected


NEITHER = """
500ms|5 m|* * * *|* * * * * *|61 * * * *|* 24 * * *|* * 0 * *|* * * 13 *|* * * * 8|0 7 30 2 *|5/2 * * * *
*/0 * * * *|9-5 * * * *|, * * * *|- * * * *|*/mon * * * *|* * * * mon#2|0 0 L * *|@reboot
"""


@pytest.mark.parametrize("text", [*NEITHER.strip().replace("\n", "|").split("|"), "", "* * * * *" + ",1" * 200])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        every(text)


def test_six_fields_are_told_what_to_do_about_the_seconds() -> None:
    with pytest.raises(Unusable, match="six fields") as caught:
        every("0 */5 * * * *")
    assert "30s" in str(caught.value.hint)


DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat", "7"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
FIELDS: list[tuple[int, int, list[str]]] = [(0, 59, []), (0, 23, []), (1, 31, []), (1, 12, MONTHS), (0, 7, DAYS)]


def field(least: int, most: int, names: list[str]) -> st.SearchStrategy[str]:
    """A field of a cron string: ranges forwards, with numbers and names at will."""
    number = st.integers(least, most)
    written = st.booleans()
    pair = st.tuples(number, number, written, written).map(
        lambda drawn: (
            names[min(drawn[:2]) - least] if names and drawn[2] else str(min(drawn[:2])),
            names[max(drawn[:2]) - least] if names and drawn[3] else str(max(drawn[:2])),
        )
    )
    step = st.integers(1, most)
    part = st.one_of(
        st.just("*"),
        pair.map(lambda two: two[0]),
        pair.map("-".join),
        st.tuples(pair, step).map(lambda both: f"{'-'.join(both[0])}/{both[1]}"),
        step.map(lambda width: f"*/{width}"),
    )
    return st.lists(part, min_size=1, max_size=3).map(",".join)


@given(st.tuples(*(field(*bounds) for bounds in FIELDS)).map(" ".join))
def test_what_is_accepted_strikes(text: str) -> None:
    try:
        accepted = every(text)
    except Unusable:
        return
    assert accepted.cron is not None
    assert next_strike(accepted.cron, ZoneInfo("Europe/Paris"), datetime(2026, 1, 1, tzinfo=UTC)) is not None


@given(st.text(alphabet="*/,-0123456789 monsufri@", max_size=25))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    with contextlib.suppress(Unusable):
        found = every(text)
        assert found.cron is None or found.interval is None
