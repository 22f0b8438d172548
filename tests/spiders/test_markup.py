import pytest
from lxml import html

from alerts.errors import FetchError
from spiders.markup import base_of, joined, links, metas, tree_of, words_of
from tests.spiders.made import ADDRESS, document


def test_a_page_becomes_a_tree_whatever_it_begins_with() -> None:
    root = tree_of(document('\ufeff<?xml version="1.0" encoding="utf-8"?><html lang="fr"><p>É\x00\x0b</p></html>'))
    assert (root.get("lang"), root.findtext(".//p")) == ("fr", "É")


def test_a_fragment_is_a_page_too() -> None:
    assert tree_of(document("Hello <b>world</b>")).find("body") is not None


@pytest.mark.parametrize(
    ("body", "reason"), [("", "empty"), (" \n", "empty"), ("Hello", "not-a-page"), ("\x00<", "not-a-page")]
)
def test_what_is_no_page_is_named(body: str, reason: str) -> None:
    with pytest.raises(FetchError) as caught:
        tree_of(document(body))
    assert caught.value.reason == reason


def test_a_page_nested_without_end_is_survived() -> None:
    assert tree_of(document("<div>" * 100_000 + "x")).tag == "html"


@pytest.mark.parametrize("tag", ["div", "span", "ul><li", "table><tr><td", "x-box", "b"])
@pytest.mark.parametrize("depth", [300, 5_000])
def test_text_nested_too_deeply_is_read_all_the_same(tag: str, depth: int) -> None:
    root = tree_of(
        document("<html><head><title>T</title></head><body>" + f"<{tag}>" * depth + "<p>Deep <b>down</b></p>")
    )
    assert root.findtext(".//title") == "T"
    assert "".join(root.find("body").itertext()).strip() == "Deep down"


def test_a_tag_with_thousands_of_attributes_loses_them_and_one_with_a_long_value_does_not() -> None:
    crowded = " ".join(f"a{number}=1" for number in range(5_000))
    root = tree_of(document(f"<html><body><p {crowded}>One</p><p id='{'x ' * 5_000}'>Two</p>"))
    assert [len(one.attrib) for one in root.iter("p")] == [0, 1]


@pytest.mark.parametrize(
    ("head", "base"),
    [
        ("", ADDRESS),
        ('<base href="/x/">', "https://news.example/x/"),
        ('<base target="_top"><base href="https://other.example/">', "https://other.example/"),
        ('<base href="http://[::1">', ADDRESS),
    ],
)
def test_links_are_relative_to_the_base(head: str, base: str) -> None:
    read = document(f"<html><head>{head}</head><body><p>x")
    assert base_of(tree_of(read), read) == base


def test_an_address_that_is_none_is_none() -> None:
    assert joined(ADDRESS, " ../a ") == "https://news.example/a"
    assert joined(ADDRESS, "http://[::1") is None


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>Mini<b>sters</b> sign<br>a <i>pact</i></p>", "Ministers sign a pact"),
        ("<p>a<script>var x = '<b>'</script><style>p {}</style><svg><text>z</text></svg>b</p>", "a b"),
        ("<p>Fish &amp; chips\n\t </p>", "Fish & chips"),
        ("<p></p>", ""),
    ],
)
def test_words_are_those_that_are_seen(markup: str, words: str) -> None:
    assert words_of(html.fragment_fromstring(markup)) == words


def test_what_follows_an_element_is_not_its_own() -> None:
    paragraph = html.fragment_fromstring("<p><b>a</b> tail</p>")
    assert words_of(paragraph[0]) == "a"


def test_metas_are_gathered_by_every_kind_of_name() -> None:
    page = (
        '<meta property="OG:Title" content=" A "><meta name="author" content="B"><meta name="author" content="C">'
        '<meta itemprop="datePublished" content="D"><meta http-equiv="content-language" content="E">'
        '<meta name="x" content=""><meta charset="utf-8">'
    )
    assert metas(tree_of(document(f"<html><head>{page}"))) == {
        "og:title": ["A"],
        "author": ["B", "C"],
        "datepublished": ["D"],
        "content-language": ["E"],
    }


def test_links_are_found_by_one_of_their_relations() -> None:
    page = '<link rel="Alternate nofollow" href="/a"><link rel="alternate"><link rel="icon" href="/b"><link href="/c">'
    assert [one.get("href") for one in links(tree_of(document(f"<html><head>{page}")), "alternate")] == ["/a"]
