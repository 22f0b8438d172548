from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.slack.commands import LONGEST_MUTE, USAGE, Command, Verb, read_command, read_span, usage


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("status", Command(verb=Verb.STATUS)),
        ("  STATUS please ", Command(verb=Verb.STATUS)),
        ("mute raa-watch", Command(verb=Verb.MUTE, name="raa-watch", span=timedelta(hours=24))),
        ("mute raa-watch 30 min", Command(verb=Verb.MUTE, name="raa-watch", span=timedelta(minutes=30))),
        ("unmute raa-watch", Command(verb=Verb.UNMUTE, name="raa-watch")),
        ("advise raa", Command(verb=Verb.ADVISE, name="raa")),
        ("digest", Command(verb=Verb.DIGEST)),
        ("digest  morning", Command(verb=Verb.DIGEST, name="morning")),
        ("why 01J9", Command(verb=Verb.WHY, name="01J9")),
        ("test raa Japan and\nFrance", Command(verb=Verb.TEST, name="raa", words="Japan and\nFrance")),
        ("search “rare earths” NEAR/3 Japan’s", Command(verb=Verb.SEARCH, words='"rare earths" NEAR/3 Japan\'s')),
        ("search a &amp; b &lt;c&gt;", Command(verb=Verb.SEARCH, words="a & b <c>")),
        ("", Command(verb=Verb.HELP)),
        ("help", Command(verb=Verb.HELP)),
    ],
)
def test_commands_are_read(text: str, command: Command) -> None:
    assert read_command(text) == command


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("moot raa", "no command “moot”"),
        ("mute", "/tocsin mute RULE [2h]"),
        ("mute raa forever", "“forever” is no time"),
        ("mute raa 0h", "“0h” is no time"),
        ("mute raa 31d", "30 days at most"),
        ("unmute raa now", "/tocsin unmute RULE"),
        ("test raa", "/tocsin test RULE TEXT"),
        ("search", "/tocsin search WORDS"),
        ("why", "/tocsin why KEY"),
    ],
)
def test_a_mistake_is_answered_with_the_way_out(text: str, problem: str) -> None:
    assert problem in read_command(text).problem


def test_the_list_of_commands_names_each_once() -> None:
    assert set(USAGE) == set(Verb)
    assert len(usage().splitlines()) == len(Verb)


@given(text=st.text(max_size=80) | st.text(max_size=40).map("mute raa ".__add__))
def test_anything_can_be_typed_and_no_mute_lasts_for_ever(text: str) -> None:
    command = read_command(text)
    assert command.problem or timedelta(0) < command.span <= LONGEST_MUTE


@given(number=st.integers(1, 99999), unit=st.sampled_from("mhd"), gap=st.sampled_from(["", " "]))
def test_a_span_is_read_as_it_is_written(number: int, unit: str, gap: str) -> None:
    seconds = {"m": 60, "h": 3600, "d": 86400}[unit]
    assert read_span(f"{number}{gap}{unit}") == timedelta(seconds=number * seconds)
