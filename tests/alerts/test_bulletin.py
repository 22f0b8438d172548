from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import samples
from alerts.bulletin import LINK_LIMIT, Bar, Bulletin, Part, Topic, decode, encode, fitting, item, shrunk, tidied
from alerts.story import Severity
from tests.fakes import NOON

TEXT = st.text(max_size=12)
ITEMS = st.builds(item, TEXT, st.none() | TEXT.map("https://a.example/".__add__), TEXT)
PARTS = st.builds(Part, heading=TEXT, items=st.lists(ITEMS, max_size=3).map(tuple), more=st.integers(0, 99))
BULLETINS = st.builds(
    Bulletin,
    channel=st.just("#news"),
    topic=st.sampled_from(Topic),
    title=TEXT,
    severity=st.sampled_from(Severity),
    lead=TEXT,
    facts=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    parts=st.builds(lambda parts, times: tuple(parts) * times, st.lists(PARTS, max_size=3), st.sampled_from([1, 14])),
    chart=st.lists(st.builds(Bar, TEXT, st.integers(0, 99), st.none() | st.floats(0, 99)), max_size=3).map(tuple),
    foot=TEXT,
    subject=TEXT,
)


def lines(bulletin: Bulletin) -> int:
    return sum(len(part.items) + part.more for part in bulletin.parts)


@given(BULLETINS)
def test_what_is_kept_comes_back(bulletin: Bulletin) -> None:
    kept = json.loads(json.dumps(encode(bulletin)))
    assert decode(kept, "#news") == bulletin


def test_what_was_kept_before_there_were_charts_has_none() -> None:
    one = samples.bulletins("#news", NOON)[Topic.DIGEST]
    kept = encode(one)
    del kept["chart"]
    assert decode(kept, "#news") == replace(one, chart=())


@given(BULLETINS)
def test_cleaning_twice_changes_nothing(bulletin: Bulletin) -> None:
    assert tidied(tidied(bulletin)) == tidied(bulletin)


@given(BULLETINS)
def test_however_short_it_is_made_every_line_is_counted(bulletin: Bulletin) -> None:
    first, *shorter = shrunk(bulletin)
    assert first == bulletin
    assert {lines(one) for one in shorter} == {lines(bulletin)}
    named = [sum(len(part.items) for part in one.parts) for one in (first, *shorter)]
    assert named == sorted(named, reverse=True)
    assert named[-1] == 0


def test_as_much_as_fits_is_said_and_in_the_end_the_barest() -> None:
    one = samples.bulletins("#news", NOON)[Topic.DIGEST]
    long = replace(one, parts=one.parts * 20)
    assert fitting(long, 10**6, repr) == repr(long)
    assert len(fitting(long, 3000, repr)) <= 3000
    assert fitting(long, 1, repr) == repr(list(shrunk(long))[-1])


@pytest.mark.parametrize("url", [None, "", "javascript:x", "https://a.example/" + "x" * LINK_LIMIT])
def test_a_line_without_a_usable_address_has_no_link(url: str | None) -> None:
    one = item("  ", url, "Reuters")
    assert (one.text, one.link, one.host, one.says) == ("(no title)", None, None, "(no title) — Reuters")


def test_how_grave_it_is_stands_before_a_title_where_it_is_more_than_usual() -> None:
    titles = {
        severity: Bulletin(channel="#a", topic=Topic.HEALTH, title="t", severity=severity).graded
        for severity in Severity
    }
    assert titles == {
        Severity.INFO: "t",
        Severity.NOTICE: "t",
        Severity.HIGH: "HIGH: t",
        Severity.CRITICAL: "CRITICAL: t",
    }
