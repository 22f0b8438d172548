from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.fold import fold
from alerts.rules.nodes import And, Name, Not, Or, Phrase, Scope, Scoped
from alerts.rules.printing import print_query
from alerts.rules.ruleset import compile_rules
from alerts.rules.scan import MOST_SPANS
from alerts.story import Field
from tests.alerts.rules.specs import entity, rule, rules
from tests.fakes import story

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.rules.nodes import Node
    from alerts.rules.spec import EntitySpec
    from alerts.story import Story


def words(when: str, title: str, body: str = "", entities: tuple[EntitySpec, ...] = ()) -> list[str] | None:
    """Return the words that a rule holds by, None when it does not hold."""
    found = rules(when, entities=entities).match(told := story(title, body))
    return [span.of(told) for span in found[0].spans] if found else None


@pytest.mark.parametrize(
    ("when", "text", "found"),
    [
        ("rare earth", "Rare-earth magnets", ["Rare-earth"]),
        (
            "rare earth",
            "of rare\u2011earths, Ｒａｒｅ　ｅａｒｔｈ, rare\nearth",
            ["rare\u2011earths", "Ｒａｒｅ　ｅａｒｔｈ", "rare\nearth"],
        ),
        ("rare earth", "ra\u00adre earth", ["ra\u00adre earth"]),
        ("rare earth", "a rare earthquake", None),
        ("rare earth", "rare. Earth, Wind & Fire", None),
        ("rare earth", "So rare\n\nEarth is round", None),
        ("critical minerals", "critical; minerals", None),
        ("critical minerals", "critical (minerals)", None),
        ("critical minerals", "critical。minerals", None),
        ("critical mineral", "“Critical” minerals", ["Critical” minerals"]),
        ('"Earth, Wind & Fire"', "the band Earth, Wind & Fire", ["Earth, Wind & Fire"]),
        ('"Earth, Wind & Fire"', "earth wind fire", None),
        ("F-35", "F35s and F 35", ["F35s", "F 35"]),
        ("F35", "the F-35", ["F-35"]),
        ("co-operation", "cooperation", ["cooperation"]),
        ("treaty", "Treaties", ["Treaties"]),
        ("accord d'accès réciproque", "l’accord d’acces réciproque", ["accord d’acces réciproque"]),
        ('"Nouvelle-Calédonie"', "Nouvelle Cale\u0301donie", ["Nouvelle Cale\u0301donie"]),
        ("U.S. Navy", "a U.S. Navy ship", ["U.S. Navy"]),
        ('"George W. Bush"', "George W. Bush", ["George W. Bush"]),
        ("bush", "George W. Bush's", ["Bush"]),
        ('"St Petersburg"', "in St. Petersburg", ["St. Petersburg"]),
        ("France", "日本とFranceは", ["France"]),
        ("日本", "在日本国", ["日本"]),
        ("アース", "レアアース", None),
        ("レアアース", "ﾚｱｱｰｽの輸出", ["ﾚｱｱｰｽ"]),
        ("ガス", "ｶﾞｽ", ["ｶﾞｽ"]),
        ("カス", "ガス", None),
        ("희토류", "희토류를 수출", ["희토류"]),
        ("희토류", unicodedata.normalize("NFD", "희토류를"), [unicodedata.normalize("NFD", "희토류")]),
        ("토류", "희토류", None),
        ("희토", "희톨", None),
        ("รัสเซีย", "ในปรัสเซียและรัสเซีย", ["รัสเซีย", "รัสเซีย"]),
        ("Россия", "РОССИЯ и", ["РОССИЯ"]),
        ("Israel", "Ísrael", ["Ísrael"]),
    ],
)
def test_a_term_is_found_as_its_script_wants(when: str, text: str, found: list[str] | None) -> None:
    assert words(when, "-", text) == found
    assert words(when, text) == found


@pytest.mark.parametrize(
    ("when", "title", "body", "found"),
    [
        ("japan AND france", "Japan", "France", ["Japan", "France"]),
        ("japan AND france", "Japan", "Peru", None),
        ("japan OR france", "Peru", "France, Japan", ["France", "Japan"]),
        ("japan NOT film", "Japan", "a film", None),
        ("japan NOT film", "Japan", "a filmmaker", ["Japan"]),
        ("(japan, france) AND (pact, deal)", "France", "a pact", ["France", "pact"]),
        ("title:japan", "Peru", "Japan", None),
        ("title:japan", "Japan", "Japan", ["Japan"]),
        ("body:japan", "Japan", "Japan", ["Japan"]),
        ("japan NOT title:film", "Japan", "film", ["Japan"]),
        ("japan NOT title:film", "film", "Japan", None),
        ("title:(japan NOT film)", "Japan", "film", ["Japan"]),
        ("NOT NOT japan", "Japan", "", ["Japan"]),
        ("NOT (NOT japan OR NOT france)", "Japan", "France", ["Japan", "France"]),
        ("NOT title:(NOT japan)", "Japan", "", ["Japan"]),
        ("pact AND (japan OR NOT france)", "a pact", "", ["pact"]),
        ("rare earth", "rare", "earth", None),
        ("rare earth", "a rare", "earth", None),
        ("bank of japan OR japan", "the Bank of Japan", "", ["Bank of Japan"]),
        ("bank of japan OR of", "the Bank of Japan", "", ["Bank of Japan"]),
        ("rare earth OR earth metals", "rare earth metals", "", ["rare earth metals"]),
        ("a AND b", "b a b a", "", ["b", "a", "b", "a"]),
    ],
)  # fmt: skip
def test_a_rule_holds_by_the_words_that_make_it_true(when: str, title: str, body: str, found: list[str] | None) -> None:
    assert words(when, title, body) == found


def test_spans_come_title_first_in_reading_order() -> None:
    told = story("France meets Japan", "Japan and France")
    (match,) = rules("japan AND france").match(told)
    assert [(span.field, span.start) for span in match.spans] == [
        (Field.TITLE, 0),
        (Field.TITLE, 13),
        (Field.TEXT, 0),
        (Field.TEXT, 10),
    ]


def test_of_very_many_words_a_match_names_the_first() -> None:
    told = story("Japan and France", "Japan France " * 500)
    (match,) = rules("japan AND france").match(told)
    assert len(match.spans) == MOST_SPANS
    assert [span.of(told) for span in match.spans[:4]] == ["Japan", "France", "Japan", "France"]
    assert [span.field for span in match.spans[:3]] == [Field.TITLE, Field.TITLE, Field.TEXT]
    assert match.spans[-1].start == 13 * (MOST_SPANS - 4) // 2 + 6


def test_words_that_overlap_are_one_where_the_limit_is_reached() -> None:
    told = story("-", "rare earth metals " * MOST_SPANS)
    (match,) = rules("rare earth OR earth metals").match(told)
    assert [span.of(told) for span in match.spans] == ["rare earth metals"] * MOST_SPANS


def test_a_rule_is_looked_at_only_where_two_of_its_groups_were_found() -> None:
    ruleset = rules("(japan, tokyo) AND (france, paris) AND pact")
    for text, held in (("Tokyo, Paris, a pact", True), ("Tokyo and Paris", False), ("a pact in Tokyo", False)):
        assert bool(ruleset.match(story("-", text))) is held


def test_an_entity_is_found_by_any_of_its_names() -> None:
    japan = entity("japan", en=("Japan", "Tokyo"), ja=("日本",))
    assert words("$japan", "日本 and Tokyo", entities=(japan,)) == ["日本", "Tokyo"]
    assert words("title:$japan", "Peru", "Tokyo", entities=(japan,)) is None


@pytest.mark.parametrize("title", ["", " ", "\n\n", "\ud800", "|", "\0\ue000"])
def test_an_odd_story_is_no_trouble(title: str) -> None:
    assert words("japan", title, title) is None
    assert words("japan", f"{title}Japan", title) == ["Japan"]


# The oracle: every form of a term written down by hand, looked for token by token.
FORMS = {
    "Japan": ["japan", "japans"],
    "rare earth": ["rare earth", "rare earths"],
    "earth": ["earth", "earths"],
    "critical mineral": ["critical mineral", "critical minerals"],
    "treaty": ["treaty", "treatys", "treaties"],
    "F-35": ["f 35", "f 35s", "f35", "f35s"],
    "co-operation": ["co operation", "co operations", "cooperation", "cooperations"],
    "U.S. Navy": ["u s navy", "u s navys", "u s navies"],
    "d'accès": ["d acces", "d acceses"],
    "日本": ["日 本"],
    "レアアース": ["レアアース"],
    "ガス": ["ガス"],
    "Россия": ["россия"],
    "희토류": ["희토류"],
    "รัสเซีย": ["รัสเซีย"],
}
NAMES = {"japan": ["Japan", "日本"], "minerals": ["rare earth", "レアアース", "희토류"], "russia": ["Россия", "รัสเซีย"]}
ENTITIES = tuple(entity(name, *aliases) for name, aliases in NAMES.items())
PIECES = (
    *(
        "Japan",
        "japans",
        "RARE",
        "rare",
        "earth",
        "Earths",
        "earthquake",
        "Critical",
        "minerals",
        "treaties",
        "F",
        "35",
    ),
    *(
        "F35",
        "co",
        "operation",
        "co\u00adoperation",
        "cooperation",
        "U.S.",
        "Navy",
        "d’accès",
        "Ｊａｐａｎ",
        "日本",
        "本",
    ),
    *(
        "レアアース",
        "アース",
        "ｶﾞｽ",
        "ガス",
        "カス",
        "Россия",
        "россии",
        "희토류",
        "희토류를",
        "토류",
        "รัสเซีย",
        "ปรัสเซีย",
    ),
    *(" ", " ", " ", "-", "\u2011", "\n", "\n\n", ", ", ". ", "; ", "。", "、", "\u200b", "’", "é", "1", "(", "😀"),
)
TEXTS = st.builds(
    lambda pieces, form: unicodedata.normalize(form, "".join(pieces)),
    st.lists(st.sampled_from(PIECES), max_size=25),
    st.sampled_from(["NFC", "NFC", "NFD"]),
)


def places(term: str, text: str) -> int:
    """Count the places where a term stands in a text."""
    tokens = fold(text).split()
    if term == "รัสเซีย":
        return sum(token.count(term) for token in tokens)
    if term == "희토류":
        return sum(token.startswith(term) for token in tokens)
    forms = [form.split() for form in FORMS[term]]
    return sum(any(tokens[at : at + len(form)] == form for form in forms) for at in range(len(tokens)))


def holds(tree: Node, told: Story, fields: Sequence[Scope] = (Scope.TITLE, Scope.BODY)) -> bool:
    """Evaluate a query by the book."""
    match tree:
        case Phrase(text=term):
            return any(places(term, told.title if field is Scope.TITLE else told.text) for field in fields)
        case Name(name=name):
            return any(holds(Phrase(text=alias), told, fields) for alias in NAMES[name])
        case Scoped(field=field, part=part):
            return holds(part, told, [field])
        case Not(part=part):
            return not holds(part, told, fields)
        case And(parts=parts):
            return all(holds(part, told, fields) for part in parts)
        case Or(parts=parts):
            return any(holds(part, told, fields) for part in parts)
        case _:
            raise AssertionError(tree)


TERMS: st.SearchStrategy[Node] = st.one_of(
    st.sampled_from(list(FORMS)).map(lambda term: Phrase(text=term)),
    st.sampled_from(list(NAMES)).map(lambda name: Name(name=name)),
)


def combined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        parts.map(lambda part: Not(part=part)),
        several.map(lambda some: And(parts=some)),
        several.map(lambda some: Or(parts=some)),
    )


PLAIN = st.recursive(TERMS, combined, max_leaves=5)
SCOPED: st.SearchStrategy[Node] = st.builds(
    lambda part, field: Scoped(field=field, part=part), PLAIN, st.sampled_from([Scope.TITLE, Scope.BODY])
)
NOTHING = story("", "")
QUERIES = st.recursive(st.one_of(PLAIN, SCOPED), combined, max_leaves=4).filter(lambda tree: not holds(tree, NOTHING))


@given(st.lists(QUERIES, min_size=1, max_size=6), TEXTS, TEXTS)
def test_the_matcher_agrees_with_the_oracle(queries: list[Node], title: str, text: str) -> None:
    told = story(title, text)
    specs = [rule(print_query(tree), str(number)) for number, tree in enumerate(queries)]
    found = compile_rules(ENTITIES, specs)[0].match(told)
    assert [match.rule for match in found] == [str(number) for number, tree in enumerate(queries) if holds(tree, told)]
    assert all(match.spans for match in found)


@given(st.sampled_from(list(FORMS)), TEXTS, TEXTS)
def test_every_place_of_a_term_is_found_and_folds_to_it(term: str, title: str, text: str) -> None:
    told = story(title, text)
    found = rules(f'"{term}"').match(told)
    spans = found[0].spans if found else ()
    assert len(spans) == places(term, title) + places(term, text)
    for span in spans:
        assert fold(span.of(told)).strip() in FORMS[term]


@given(QUERIES, TEXTS, TEXTS)
def test_spans_lie_in_the_story_in_order_and_apart(tree: Node, title: str, text: str) -> None:
    told = story(title, text)
    for match in compile_rules(ENTITIES, [rule(print_query(tree))])[0].match(told):
        for before, after in zip(match.spans, match.spans[1:], strict=False):
            assert (before.field is after.field and before.end <= after.start) or (
                before.field is Field.TITLE and after.field is Field.TEXT
            )
        assert all(0 <= span.start < span.end and span.of(told) for span in match.spans)


def test_one_rule_is_found_by_each_of_its_terms_and_by_several_at_once() -> None:
    listed = '("japan", "france", "japan")'
    assert words(listed, "Japan and France") == ["Japan", "France"]
    assert words(listed, "Japan") == ["Japan"]
    several = compile_rules((), [rule(listed, "a"), rule("france", "b"), rule("author:x OR japan", "c")])[0]
    assert [match.rule for match in several.match(story("France"))] == ["a", "b"]
    assert [match.rule for match in several.match(story("Japan"))] == ["a", "c"]


def test_a_rule_whose_words_stand_only_in_a_label_does_not_hold() -> None:
    ruleset = compile_rules((), [rule("japan", "a"), rule("author:japan", "b")])[0]
    assert [match.rule for match in ruleset.match(story("Tin", authors=("Japan",)))] == ["b"]


def test_nothing_is_found_among_characters_that_leave_no_trace() -> None:
    assert words("abc1* OR abc12*", "\0" * 3_000 + "abc", "\0" * 3_000) is None
