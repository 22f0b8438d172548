from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.card import card_for
from alerts.errors import WordingError
from alerts.story import Field
from alerts.template import LINES_LIMIT, VARIABLES, WORDING_LIMIT, Wording, tidy, values_of
from tests.fakes import outlet, story
from tests.fakes_outbox import alert, found, match

TEXT = "They agreed on a Reciprocal Access Agreement (RAA) and on rare earths."
ANYTHING = st.text(st.characters(codec="utf-8") | st.sampled_from("\u202e\u200b\n\r\u2028{}%<>&@"), max_size=80)


def told(**changes: Any) -> Any:
    one = story("Japan and France open talks", TEXT)
    matches = (
        match(name="Reciprocal", spans=found(TEXT, "Reciprocal Access Agreement", "RAA")),
        match("minerals", name="", spans=found(TEXT, "rare earths")),
    )
    return alert(replace(one, **changes), matches=matches, also=(outlet(id="kyodo", name="共同通信"),))


def said(template: str, of: Any = None, zone: str = "UTC") -> str:
    of = of or told()
    return Wording(template, ZoneInfo(zone)).say(card_for(of), of.story)


def fault(template: str) -> WordingError:
    with pytest.raises(WordingError) as caught:
        said(template)
    return caught.value


def test_variables_are_filled_in_lists_have_commas_and_nothing_is_nothing() -> None:
    assert said("{{ severity }} {{ outlet | upper }}: {{ title }} ({{ host }})") == (
        "high REUTERS: Japan and France open talks (reuters.example)"
    )
    assert said("{{ rules }} | {{ words }} | {{ also }}") == (
        "Reciprocal, minerals | Reciprocal Access Agreement, RAA, rare earths | 共同通信"
    )
    bare = told(url=None, published=None, language=None)
    assert said("[{{ url }}{{ language }}{{ trend }}{{ was }}{{ kind }}{{ country }}] {{ published }}", bare) == (
        "[] date unknown"
    )
    assert said("{{ published }}", zone="Asia/Tokyo") == "2026-11-02 20:55 JST"


def test_what_can_be_written() -> None:
    assert said("{% for word in words %}\n{{ loop.index }} {{ word }}\n{% endfor %}") == (
        "1 Reciprocal Access Agreement\n2 RAA\n3 rare earths"
    )
    assert said("{% if 'RAA' in words and tier <= 1 %}yes{% else %}no{% endif %}") == "yes"
    assert said("{{ words | unique | join('+') | replace('RAA', 'x') }} {{ title[:5] }} {{ range(3) | list }}") == (
        "Reciprocal Access Agreement+x+rare earths Japan 0, 1, 2"
    )
    assert said("{# a remark #}{{ 'wire' if kind else 'unknown kind' }}") == "unknown kind"


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_has_a_value(name: str) -> None:
    of = told()
    assert name in values_of(card_for(of), of.story, ZoneInfo("UTC"))
    said(f"{{{{ {name} }}}}x")


def test_there_is_no_value_without_a_description() -> None:
    of = told()
    assert values_of(card_for(of), of.story, ZoneInfo("UTC")).keys() == VARIABLES.keys()


@pytest.mark.parametrize(
    ("template", "line", "message", "hint"),
    [
        ("{{ titel }}", 1, "nobody fills in `titel`", "did you mean `title`?"),
        ("\n{{ self }}", 2, "nobody fills in `self`", "there are: title"),
        ("{{ x }}", 1, "nobody fills in `x`", "there are: title"),
        ("a\n{% if %}", 2, "Expected an expression", ""),
        ("{{ title | shout }}", 1, "No filter named 'shout'", "there are: capitalize"),
        ("{{ title is strange }}", 1, "No test named 'strange'", "there are: boolean"),
        ("\n{{ title + 1 }}", 2, "can only concatenate str", ""),
        ("{{ words[99] }}", 1, "has no element 99", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_line(template: str, line: int, message: str, hint: str) -> None:
    error = fault(template)
    assert (error.line, message in str(error)) == (line, True)
    assert (error.hint or "").startswith(hint)


@pytest.mark.parametrize(
    "template",
    [
        "{% include 'secret.txt' %}",
        "{% import 'a' as b %}",
        "{% extends 'a' %}",
        "{% macro a() %}{{ a() }}{% endmacro %}",
        "{% set x = title %}",
        "{% for x in words recursive %}{{ loop(x) }}{% endfor %}",
        "{{ title.__class__.__mro__ }}",
        "{{ title['__class__'] }}",
        "{{ title.upper() }}",
        "{{ title['format'] }}",
        "{{ title | attr('upper') }}",
        "{{ ''.join(words) }}",
        "{{ lipsum() }}",
        "{{ cycler('a') }}",
        "{{ words.append('x') }}",
        "{{ '%s' % title }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ 'a' * 999999999 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{% for x in range(101) %}x{% endfor %}",
        "{{ range(999999999) | list }}",
        "{% for x in range(100) %}{% for y in range(100) %}long enough{% endfor %}{% endfor %}",
        "{% for x in words %}{% for y in words %}{% for z in words %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% for x in words %}x{% endfor %}" * 21,
        "{{ title" + " | replace('a', 'aaaaaaaaaaaaaaaa')" * 9 + " }}",
        "{{ title | replace('', 'x') " + "| replace('', 'xxxxxxxxxxxxxxxxxxx') " * 5 + "}}",
        "{{ " + "(" * 900 + "1" + ")" * 900 + " }}",
        "{{ " + "not " * 900 + "1 }}",
        "{% if 1 %}" * 90 + "{% endif %}" * 90,
        "{{ " + "9" * 5000 + " }}",
        "x" * 10_001,
    ],
)
def test_a_template_can_do_nothing_else_and_nothing_without_end(template: str) -> None:
    fault(template)


def test_what_is_written_is_one_text_that_hides_nothing_and_keeps_its_lines() -> None:
    assert (
        said("  {{ title }}\u202e\u200b \n\n\n\n<!channel>\t& x\n") == "Japan and France open talks\n\n<!channel> & x"
    )


def test_what_is_too_long_ends_with_dots() -> None:
    assert tidy("word " * 900).endswith("…")
    assert len(tidy("word " * 900)) <= WORDING_LIMIT
    lines = tidy("line\n" * 40).split("\n")
    assert (len(lines), lines[-1]) == (LINES_LIMIT, "line…")


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_no_story_breaks_a_sound_template(title: str, text: str, name: str, url: str) -> None:
    of = told(title=title, text=text, url=url, outlet=outlet(name=name))
    of = replace(of, matches=(match(name, spans=found(title, title[:3], field=Field.TITLE) if title else ()),))
    wording = said(
        "{{ title }} {{ words }} {{ rules | first }} {{ snippet | truncate(40) }} {{ url }} {{ outlet }}", of
    )
    assert len(wording) <= WORDING_LIMIT
    assert not set(wording) & set("\u202e\u200b\r\u2028")


@given(st.text("{}%# title|.()[]'words_~=0", max_size=60))
def test_whatever_is_written_is_words_or_a_fault(template: str) -> None:
    with suppress(WordingError):
        said(template)


def test_a_cut_by_a_template_leaves_whole_what_is_seen_as_one_character() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    of = story(title=f"{family * 3}{'x' * 40}")
    said = Wording("{{ title | truncate(9, true, '') }}").say(card_for(alert(of)), of)
    assert said == family
