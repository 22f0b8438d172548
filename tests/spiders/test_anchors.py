import pytest
from lxml import html

from spiders.anchors import Link, date_links, is_furniture, is_story, is_story_address, links_of, says_enough

SITE = "news.example"


def links(body: str) -> list[Link]:
    root = html.document_fromstring(body)
    return links_of(root.iter("a"), "https://www.news.example/section/")


@pytest.mark.parametrize(
    "path",
    [
        "/world/ministers-sign-a-pact",
        "/world/ministers_sign_a_pact.html",
        "/2026/11/24/pact/",
        "/2026/11/pact",
        "/20261124/pact",
        "/world/2026-11-24-pact",
        "/articles/1234567",
        "/article.php?id=123456",
        "/news/articles/cx2k7w5ydq0o",
        "/news/%D9%88%D8%B2%D8%B1%D8%A7%D8%A1-%D9%8A%D9%88%D9%82%D8%B9%D9%88%D9%86-%D8%B9%D9%84%D9%89-%D8%A7%D8%AA%D9%81",
    ],
)
def test_the_address_of_a_story_is_known_by_its_form(path: str) -> None:
    assert is_story_address(f"https://news.example{path}", SITE)
    assert is_story_address(f"https://www.news.example{path}", SITE)


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/",
        "https://news.example/world",
        "https://news.example/about/contact-us",
        "https://news.example/tag/a-long-tag-of-words",
        "https://news.example/author/ann-of-the-four-names",
        "https://news.example/category/12345",
        "https://news.example/2026/11/24/picture-of-the-day.jpg",
        "https://news.example/privacy-policy/2026/11",
        "https://news.example/world/page/20261",
        "https://other.example/world/ministers-sign-a-pact",
        "https://example/world/ministers-sign-a-pact",
    ],
)
def test_other_addresses_are_none_of_a_story(url: str) -> None:
    assert not is_story_address(url, SITE)


@pytest.mark.parametrize(
    "text", ["Ministers sign a pact", "重要鉱物の輸出を管理", "정부가 새 협정에 서명했다", "วันนี้รัฐบาลลงนาม"]
)
def test_four_words_or_as_many_letters_say_enough(text: str) -> None:
    assert says_enough(text)


@pytest.mark.parametrize("text", ["Read more", "Sport", "国際", "", "2026 11 24 12 30"])
def test_a_word_or_two_do_not(text: str) -> None:
    assert not says_enough(text)


def test_anchors_to_one_address_are_one_link_with_the_longest_text() -> None:
    (link,) = links(
        '<a href="/a?utm_source=x">Read</a><a href="/a#comments">Ministers sign</a><a href="https://www.news.example/a">x</a>'
    )
    assert (link.url, link.title, len(link.anchors)) == ("https://www.news.example/a", "Ministers sign", 3)


def test_a_heading_in_a_card_is_its_title_and_not_the_teaser() -> None:
    (link,) = links('<a href="/a"><h3>Ministers <b>sign</b></h3><p>A long teaser that says much more.</p></a>')
    assert link.title == "Ministers sign"


@pytest.mark.parametrize(
    "anchor",
    [
        '<a href="/a"><img alt="Ministers sign"></a>',
        '<a href="/a" title="Ministers  sign"></a>',
        '<a href="/a" aria-label="Ministers sign"><svg><text>x</text></svg></a>',
        '<a href="/a"><img alt="Ministers sign"><script>var x = "a long text of no use"</script></a>',
    ],
)
def test_a_link_without_words_has_those_of_its_picture_or_label(anchor: str) -> None:
    (link,) = links(anchor)
    assert link.title == "Ministers sign"


def test_an_address_is_no_headline() -> None:
    (link,) = links('<a href="/a">https://www.news.example/a/b/c/d</a>')
    assert link.title == ""


def test_what_leads_nowhere_is_no_link() -> None:
    hrefs = ("#top", "", "javascript:x()", "mailto:x@news.example", "./", "http://[::1")
    assert links("<a>c</a>" + "".join(f'<a href="{href}">a</a>' for href in hrefs)) == []


@pytest.mark.parametrize(
    "around",
    [
        "<nav>{}</nav>",
        "<footer><p>{}</p></footer>",
        '<div role="navigation">{}</div>',
        '<ul class="main-menu">{}</ul>',
        '<div id="breadcrumbs">{}</div>',
        '<div class="social share">{}</div>',
    ],
)
def test_navigation_and_footers_are_furniture(around: str) -> None:
    anchor = '<a href="/world/ministers-sign-a-pact">Ministers sign a pact</a>'
    (inside,) = links("<body><div>" + around.format(anchor) + "</div>")
    assert is_furniture(inside.anchors[0])
    assert not is_story(inside, SITE)
    (twice,) = links("<body>" + around.format(anchor) + f"<main>{anchor}</main>")
    assert is_story(twice, SITE)


def test_a_menu_in_the_class_of_the_body_makes_no_page_furniture() -> None:
    (link,) = links('<body class="menu open"><a href="/world/ministers-sign-a-pact">Ministers sign a pact</a>')
    assert is_story(link, SITE)


def dated(body: str) -> dict[str, list[str]]:
    root = html.document_fromstring(body)
    found = links_of(root.iter("a"), "https://news.example/")
    date_links(root, found)
    return {link.url.rpartition("/")[2]: link.dates for link in found}


def test_a_date_belongs_to_the_only_link_of_its_block() -> None:
    body = "".join(
        f'<li><div><a href="/{n}"><img></a><h2><a href="/{n}">x</a></h2></div><time datetime="2026-11-2{n}">x</time>'
        for n in range(3)
    )
    assert dated(f"<ul>{body}</ul>") == {"0": ["2026-11-20"], "1": ["2026-11-21"], "2": ["2026-11-22"]}


def test_a_date_inside_the_link_is_its_own() -> None:
    assert dated('<a href="/a"><time datetime="2026-11-24">x</time></a><a href="/b">y</a>') == {
        "a": ["2026-11-24"],
        "b": [],
    }


def test_a_date_that_could_be_of_several_links_is_nobody_s() -> None:
    body = '<div><a href="/a">x</a><a href="/b">y</a><time datetime="2026-11-24">x</time></div>'
    assert dated(body) == {"a": [], "b": []}
