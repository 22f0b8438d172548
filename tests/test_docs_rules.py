"""The page on rules names all of the language, and what it shows is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from alerts.errors import Place
from alerts.rules.embedded import run_tests, story_of
from alerts.rules.lexer import _COUNTED, _PASSAGES, FARTHEST, FIELDS, OPERATORS, Kind, is_operator
from alerts.rules.nodes import Scope, terms_of
from alerts.rules.passages import LEAD_WORDS
from alerts.rules.printing import print_query
from alerts.rules.query import MAX_LENGTH, parse
from alerts.rules.regexes import LONGEST_REGEX
from alerts.rules.ruleset import NOBODY
from alerts.rules.spec import OnlySpec, TestCase, Text
from alerts.rules.terms import LONGEST
from crawler.config.keys import KEYS
from crawler.config.strangers import watched
from tests.crawler.config.makers import loaded, write

if TYPE_CHECKING:
    from alerts.story import Story
    from crawler.config.keys import Key

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "rules.md").read_text("utf-8")
STREAM = (DOCS / "stream.md").read_text("utf-8")  # has what a rule asks of many stories
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"^```yaml\n.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
SIGNS = [
    kind.name for kind in Kind if kind.name in OPERATORS or is_operator(kind.name) or is_operator(f"{kind.name}/3")
]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose second column has this heading."""
    table = re.search(rf"^\| [^|]* \| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table, f"no table with a column {heading}"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


def code(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


WORDS, PLACES, MATCHES = rows("meaning"), rows("looks in"), rows("finds")
QUERIES = [query for row in (*WORDS, *PLACES, *MATCHES) for query in code(row[0])]
SYNONYMS = [(row[0], same) for row in WORDS for same in code(row[2])]
FINDS = [
    (code(term)[0], text, expected)
    for term, *columns in MATCHES
    for column, expected in zip(columns, (True, False), strict=True)
    for text in re.findall(r"\*([^*]+)\*", column)
]


CLAIMS = [  # a query of the page, a story, and whether it holds
    ("reporters NEAR/3 borders", {"body": "Reporters without any borders"}, True),
    ("reporters NEAR/3 borders", {"body": "Reporters without any such borders"}, False),
    ("reporters NEAR/3 borders", {"title": "Reporters", "body": "borders"}, False),
    ("rare earth NEAR/3 earth summit", {"body": "a rare earth summit"}, False),
    ("Paris NOT NEAR/1 Paris Saint-Germain", {"body": "Paris Saint-Germain won"}, False),
    ("Paris NOT NEAR/1 Paris Saint-Germain", {"body": "Paris Saint-Germain won in Paris"}, True),
    ("A NOT B NEAR/5 C", {"body": "A and then B"}, True),
    ("A NOT B NEAR/5 C", {"body": "A and then B C"}, False),
    ("ATLEAST/3 A", {"title": "A", "body": "A, A"}, True),
    ("ATLEAST/3 A", {"title": "A", "body": "A\n\nA"}, False),
    ("DISTINCT/2 (A, B, C)", {"body": "A, A, A"}, False),
    ("DISTINCT/2 (A, B, C)", {"body": "A, C"}, True),
    ("lead:A", {"body": f"{'word ' * (LEAD_WORDS - 1)}A"}, True),
    ("lead:A", {"body": f"{'word ' * LEAD_WORDS}A"}, False),
    ("lang:zh", {"body": "any", "lang": "zh-hant"}, True),
    ("lang:zh", {"body": "any"}, False),
    ("organi?ation", {"body": "an organisation"}, True),
]


def story(text: dict[str, str]) -> Story:
    where = Text("", ((0, Place("test", 1, 1)),))
    case = TestCase(title=text.get("title", ""), body=text.get("body", ""), lang=text.get("lang"), at=where)
    return story_of(case, OnlySpec(), NOBODY)


def holds(folder: Path, when: str, told: Story) -> bool:
    rule = {"id": "it", "to": "#news", "when": when}
    config = loaded(folder, {"sources": ["https://example.org/feed"], "rules": [rule]})
    return bool(config.rules.match(told))


@pytest.mark.parametrize("sign", SIGNS)
def test_every_operator_is_in_the_table(sign: str) -> None:
    assert any(re.search(rf"\b{sign}\b", row[0]) for row in WORDS)


@pytest.mark.parametrize("synonym", [*_COUNTED, *_PASSAGES])
def test_every_other_name_of_an_operator_is_in_the_table(synonym: str) -> None:
    spellings = " ".join(word for row in WORDS for cell in (row[0], row[2]) for word in code(cell))
    assert re.search(rf"(?i)\b{synonym}(?:\b|\d)", spellings)


@pytest.mark.parametrize("scope", Scope)
def test_every_field_is_in_the_table_with_all_its_other_names(scope: Scope) -> None:
    names = next(code(row[2]) for row in PLACES if row[0].startswith(f"`{scope}:"))
    assert {scope.value, *names} == {name for name, meant in FIELDS.items() if meant is scope}


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_in_a_table_can_be_read(query: str) -> None:
    assert parse(print_query(parse(query))) == parse(query)


@pytest.mark.parametrize(("cell", "same"), SYNONYMS)
def test_what_is_called_the_same_is_the_same(cell: str, same: str) -> None:
    assert parse(same) in [parse(query) for query in code(cell)]


def test_every_query_with_a_name_in_the_prose_can_be_read() -> None:
    queries = [span for span in code(PROSE) if "$" in span and not re.search(r"^when:|\{", span)]
    assert len(queries) > 5
    for query in queries:
        assert list(terms_of(parse(f"A {query}" if query.startswith("NOT ") else query)))


@pytest.mark.parametrize(("term", "text", "expected"), FINDS)
def test_a_term_finds_what_the_page_says(tmp_path: Path, term: str, text: str, expected: bool) -> None:
    assert holds(tmp_path, term, story({"body": text})) is expected


@pytest.mark.parametrize(("query", "told", "expected"), CLAIMS)
def test_a_query_holds_as_the_page_says(tmp_path: Path, query: str, told: dict[str, str], expected: bool) -> None:
    assert f"`{query}`" in PAGE
    assert holds(tmp_path, query, story(told)) is expected


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_accepted_and_passes_its_tests(tmp_path: Path, example: str) -> None:
    content = yaml.load(example, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and mappings of texts only
    defined = {name for section in ("entities", "lists", "queries") for name in content.get(section, {})}
    named = set(re.findall(r"\$(\w+)", example))
    more: dict[str, object] = {"lists": {name: [f"any of {name}"] for name in sorted(named - defined)}}
    if "rules" not in content:
        more["rules"] = [{"id": name, "when": f"${name}"} for name in sorted(defined)]
    write(tmp_path, more, "more.yaml")
    sources = "[{id: jiji, url: https://jiji.example/feed, tier: 2}, https://www.reuters.com/feed]"
    around = f'include: more.yaml\nsources: {sources}\ndefaults: {{to: ["#news"]}}\n'
    config = loaded(tmp_path, around + example)
    assert [rule.id for rule in config.rules.rules]
    assert config.warnings == ()
    assert run_tests(config.rules, watched(config.sources)).problems == ()


@pytest.mark.parametrize(
    "key",
    [key for key in KEYS if re.match(r"(?:rules\[\]|entities\.\*)\.", key.path)],
    ids=lambda key: key.path,
)
def test_the_page_names_every_key_of_rules_and_entities(key: Key) -> None:
    page = STREAM if re.match(r"rules\[\]\.(?:count|spike)\.", key.path) else PAGE
    assert re.search(rf"\b{key.name}\b", page)


@pytest.mark.parametrize("limit", [MAX_LENGTH, LONGEST, LONGEST_REGEX, FARTHEST, LEAD_WORDS])
def test_the_page_names_every_limit(limit: int) -> None:
    assert re.search(rf"\b{limit:,}\b", PROSE)
