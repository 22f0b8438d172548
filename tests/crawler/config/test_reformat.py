from __future__ import annotations

import textwrap

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import ConfigError
from alerts.rules.nodes import And, AtLeast, Name, Near, Node, Not, Or, Phrase, Regex, Scope, Scoped
from alerts.rules.printing import print_query
from alerts.rules.query import parse
from crawler.config.reformat import reformat


def formatted(text: str) -> str:
    found = reformat(text, "rules.yaml")
    assert found.problems == ()
    assert reformat(found.text, "rules.yaml").text == found.text
    return found.text


def test_only_the_queries_change_and_everything_else_stays_byte_for_byte() -> None:
    text = textwrap.dedent("""\
        # what we watch
        entities:
          raa:
            aliases:
              en:
                - {text: RAA,   case: exact, needs: 'Japan  OR (france ,paris)'}   # an acronym
        queries:
          both: "$raa   w/5 hl"    # saved
        rules:
          - id:   controls   # the blanks stay
            when: |   # a head
              $raa  near5 “rare earth”
                 NOT hl:(book OR film)

            # and this comment
            raise: [{to: critical, if: hl:$raa}]
            note: 'japan  OR  (a,b)'
        """)
    assert formatted(text) == textwrap.dedent("""\
        # what we watch
        entities:
          raa:
            aliases:
              en:
                - {text: RAA,   case: exact, needs: 'Japan OR (france, paris)'}   # an acronym
        queries:
          both: "$raa NEAR/5 hl"    # saved
        rules:
          - id:   controls   # the blanks stay
            when: |   # a head
              $raa NEAR/5 "rare earth"
              AND NOT title:(book OR film)

            # and this comment
            raise: [{to: critical, if: title:$raa}]
            note: 'japan  OR  (a,b)'
        """)


@pytest.mark.parametrize(
    ("written", "house"),
    [
        ("japan   AND france", "japan AND france"),
        ("japan NOT film", "japan AND NOT film"),
        ("rare earth", "'\"rare earth\"'"),
        ("'l''accord'", "'\"l''accord\"'"),
        ('"title:\\"rare  earth\\""', '"title:\\"rare earth\\""'),
        (r'"/\\d+ tons/  OR x"', r'"/\\d+ tons/ OR x"'),
        ("japan AND\n      france", "japan AND\n      france"),
        ("&q japan  OR france", "&q japan OR france"),
        ("$raa SAME (a,b)", "$raa PARA (a, b)"),
        ("ATLEAST5 gallium", "ATLEAST/5 gallium"),
    ],
)
def test_a_value_keeps_its_style(written: str, house: str) -> None:
    assert formatted(f"rules:\n  - when: {written}  # so\n") == f"rules:\n  - when: {house.strip()}  # so\n"


def test_a_plain_value_gets_quotes_where_brackets_need_them() -> None:
    assert formatted("rules: [{when: a   AND /b+/}]") == "rules: [{when: a AND /b+/}]"
    assert formatted("rules: [{when: '/[ab]cd/ OR   x'}]") == "rules: [{when: '/[ab]cd/ OR x'}]"
    assert formatted("rules:\n- when: /[ab]cd/ OR   x") == "rules:\n- when: /[ab]cd/ OR x"


def test_a_long_query_is_broken_only_in_a_block() -> None:
    words = " OR ".join(f"mineral{number}" for number in range(12))
    block = formatted(f"rules:\n  - when: |\n      ({words})   AND japan\n")
    assert "      (mineral0 OR mineral1 OR mineral2 " in block
    assert block.endswith("\n       OR mineral7 OR mineral8 OR mineral9 OR mineral10 OR mineral11)\n      AND japan\n")
    assert formatted(f"rules:\n  - when: ({words})  AND japan\n") == f"rules:\n  - when: ({words}) AND japan\n"


def test_a_query_on_several_lines_stays_on_several() -> None:
    text = "rules:\n  - when: |\n      japan\n      AND france\n"
    assert formatted(text) == text
    assert (
        formatted("rules:\n  - when: |\n      japan  AND france\n") == "rules:\n  - when: |\n      japan AND france\n"
    )


def test_windows_line_ends_stay() -> None:
    text = "rules:\r\n  - when: |\r\n      japan  near3\r\n      france\r\n    id: x\r\n"
    assert formatted(text) == "rules:\r\n  - when: |\r\n      japan NEAR/3 france\r\n    id: x\r\n"


def test_a_folded_block_and_one_at_the_end_of_the_file_are_rewritten() -> None:
    assert formatted("rules:\n  - when: >-\n      japan  AND\n      france") == (
        "rules:\n  - when: >-\n      japan\n      AND france"
    )


def test_an_indentation_said_in_the_header_is_left_alone() -> None:
    text = "rules:\n  - when: |2\n       japan   AND france\n"
    assert formatted(text) == text


def test_a_value_that_is_referred_to_is_rewritten_once() -> None:
    assert formatted("rules:\n- when: &q a  OR b\n- when: *q\n") == "rules:\n- when: &q a OR b\n- when: *q\n"


def test_what_cannot_be_read_stays_and_is_reported_with_its_place() -> None:
    text = "rules:\n  - when: |\n      japan\n      AND (a\n  - when: b   OR c\n"
    found = reformat(text, "rules.yaml")
    assert found.text == text.replace("b   OR c", "b OR c")
    assert [(one.place.line, one.message) for one in found.problems] == [(4, "this parenthesis is never closed")]


def test_what_is_no_query_is_not_touched() -> None:
    text = "sources:\n  - url:  x\n    when: a   OR b\nrules:\n"
    text += "  - tests: {match: ['a  OR  b']}\n    when: [a  OR b]\nx: 1\n"
    assert formatted(text) == text


def test_blanks_inside_a_regular_expression_count() -> None:
    text = "rules:\n  - when: /RAA  [ab]/\n  - when: >\n      /RAA  [ab]/\n"
    assert formatted(text) == text


@pytest.mark.parametrize("text", ["", "# nothing\n", "rules:\n", "rules: 5\n", "- a\n", "queries: {a: {b: c  OR d}}\n"])
def test_a_file_without_queries_stays(text: str) -> None:
    assert formatted(text) == text


def test_a_file_that_is_not_yaml_is_an_error_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"rules\.yaml:3:1: error: this is not YAML"):
        reformat("rules:\n  - when: [a\n", "rules.yaml")


terms: st.SearchStrategy[Node] = st.one_of(
    st.sampled_from(
        ["japan", "rare earth", "and", "F-35", "日本", "l'accord", "near5", "sign*", "a: b", "x #y", "U.S."]
    ).map(lambda text: Phrase(text=text)),
    st.sampled_from(["C++", "AT&T"]).map(lambda text: Phrase(text=text, exact=True)),
    st.just(Regex(pattern=r"RAA[-]\d+,{}")),
    st.just(Name(name="raa")),
)


def grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=4)
    return st.one_of(
        st.builds(lambda parts, commas: Or(parts=tuple(parts), commas=commas), several, st.booleans()),
        st.builds(lambda parts, no: And(parts=(*parts, Not(part=no))), several, terms),
        st.builds(lambda left, right: Near(left=left, right=right, distance=5, ordered=True), terms, terms),
        terms.map(lambda part: Scoped(field=Scope.TITLE, part=part)),
        terms.map(lambda part: AtLeast(count=3, part=part)),
    )


@given(
    st.recursive(terms, grown, max_leaves=25),
    st.sampled_from(["|", ">", '"', "'"]),
    st.lists(st.sampled_from([" ", "  ", " \n  "]), min_size=1, max_size=9),
)
def test_the_house_form_means_the_same_and_is_stable(tree: Node, style: str, blanks: list[str]) -> None:
    pieces = print_query(tree).split(" ")
    loose = "".join(piece + blanks[number % len(blanks)] for number, piece in enumerate(pieces)).strip()
    before = parse(loose)
    text = yaml.dump({"rules": [{"id": "x", "when": loose}]}, default_style=style, allow_unicode=True, width=60)
    after = yaml.safe_load(formatted(text))["rules"][0]["when"]
    assert parse(after) == before
