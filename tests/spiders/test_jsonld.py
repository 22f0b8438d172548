import json
from typing import Any

import pytest
from lxml import html

from spiders.jsonld import address_of, names_of, objects, objects_in, text_of, types_of

ARTICLE = {"@type": "NewsArticle", "headline": "Pact"}


def read(*scripts: str, kind: str = "application/ld+json") -> list[Any]:
    page = "".join(f'<script type="{kind}">{script}</script>' for script in scripts)
    return [item.get("headline") for item in objects(html.document_fromstring(f"<html><head>{page}</head><p>x"))]


@pytest.mark.parametrize(
    "value",
    [ARTICLE, [ARTICLE], [[ARTICLE]], {"@graph": [ARTICLE]}, {"@context": {"x": 1}, "mainEntity": ARTICLE}],
)
def test_objects_are_found_wherever_they_stand(value: Any) -> None:
    assert read(json.dumps(value)) == ["Pact"]


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "NewsArticle", "headline": "Pact",}',
        '{"@type": "NewsArticle", "keywords": ["a", "b",], "headline": "Pact"}',
        '<!-- {"@type": "NewsArticle", "headline": "Pact"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Pact"}\n//]]>',
        '{"@type": "NewsArticle", "headline": "Pact"};',
        '{"@type": "NewsArticle", "description": "a\nb\tc", "headline": "Pact"}',
        '{"@type": "NewsArticle", "description": "it\\\'s", "headline": "Pact"}',
        '{"@type": "NewsArticle", "headline": "Pact"} trailing',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;Pact&quot;}",
    ],
)
def test_the_usual_damage_is_mended(script: str) -> None:
    assert read(script) == ["Pact"]


def test_objects_that_follow_each_other_without_a_comma_are_all_read() -> None:
    assert read('{"@type": "A", "headline": "x"} {"@type": "B", "headline": "y"}') == ["x", "y"]


@pytest.mark.parametrize("script", ["", "{", "null", "[1, 2]", '"x"', "[" * 5_000, '{"headline": "no type"}', "x = 1"])
def test_what_cannot_be_read_or_has_no_type_is_left_out(script: str) -> None:
    assert read(script, json.dumps(ARTICLE)) == ["Pact"]


def test_other_scripts_are_not_looked_at() -> None:
    assert read(json.dumps(ARTICLE), kind="application/json") == []


@pytest.mark.parametrize(
    ("kinds", "names"),
    [
        ("NewsArticle", {"NewsArticle"}),
        (["https://schema.org/Report", "schema:Article", 7], {"Report", "Article"}),
        (None, set()),
    ],
)
def test_types_are_known_without_their_vocabulary(kinds: Any, names: set[str]) -> None:
    assert types_of({"@type": kinds}) == names


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" Pact &amp; more ", "Pact & more"),
        ({"@value": "Pact"}, "Pact"),
        ({"name": ["Pact"]}, "Pact"),
        ({"@id": "https://news.example/a"}, "https://news.example/a"),
        ([None, "", "Pact"], "Pact"),
        (7, "7"),
        (True, ""),
        (None, ""),
        ([], ""),
    ],
)
def test_a_text_is_found_in_its_wrapping(value: Any, text: str) -> None:
    assert text_of(value) == text


def test_an_endless_wrapping_is_given_up() -> None:
    value: Any = []
    value.append(value)
    assert text_of(value) == ""


def test_names_are_those_of_one_or_many() -> None:
    assert names_of([{"name": "Ann"}, "Bob", None, {"url": "x"}]) == ["Ann", "Bob"]
    assert names_of("Ann, Bob") == ["Ann, Bob"]


def test_objects_are_those_of_one_or_many() -> None:
    assert objects_in([{"a": 1}, "b", None]) == [{"a": 1}]
    assert objects_in({"a": 1}) == [{"a": 1}]
    assert objects_in("b") == []


@pytest.mark.parametrize(
    "value", ["/a.jpg", {"url": "/a.jpg"}, [{"contentUrl": "/a.jpg"}], [None, "/a.jpg"], {"@id": "/a.jpg"}]
)
def test_an_address_is_found_in_every_form(value: Any) -> None:
    assert address_of(value) == "/a.jpg"
