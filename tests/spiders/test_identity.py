from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spiders.address import key_of
from spiders.identity import Basis, Claims, Doubt, Identity, decide, identity_of
from spiders.markup import base_of, tree_of
from spiders.urls import canonical, site_of
from tests.spiders.made import document

if TYPE_CHECKING:
    from lxml import html

PACT = "https://www.news.example/world/pact-signed-after-long-talks"
ODD = "https://www.news.example/story.php?id=7"


@dataclass(frozen=True)
class Page:
    root: "html.HtmlElement"
    url: str
    base: str


def page(head: str, url: str, body: str = "<p>The pact was signed.</p>", attributes: str = "") -> Page:
    read = document(f"<!doctype html><html {attributes}><head>{head}</head><body>{body}</body></html>", url=url)
    root = tree_of(read)
    return Page(root, url, base_of(root, read))


def known(head: str, url: str = PACT, asked: str | None = None, attributes: str = "") -> Identity:
    return identity_of(page(head, url, attributes=attributes), asked)


def link(href: str) -> str:
    return f'<link rel="canonical" href="{href}">'


def shared(url: str) -> str:
    return f'<meta property="og:url" content="{url}">'


def other(language: str, href: str) -> str:
    return f'<link rel="alternate" hreflang="{language}" href="{href}">'


def test_one_story_under_many_addresses_is_one() -> None:
    addresses = [
        PACT,
        PACT + "?utm_source=rss&utm_medium=feed#comments",
        PACT + "/amp/",
        PACT + "?print=1",
        PACT + "?page=2",
        PACT.replace("https://www.", "http://"),
        PACT.replace("www.", "m."),
        PACT.replace("www.", "amp."),
        "https://www.news.example/a/4711",
        "https://www.news.example/index.php?option=content&view=article&id=4711",
        "https://news-example.cdn.ampproject.org/c/s/www.news.example/world/pact-signed-after-long-talks",
        "https://www.google.com/amp/s/amp.news.example/world/pact-signed-after-long-talks",
    ]
    assert {known(link(PACT), url).key for url in addresses} == {key_of(PACT)}
    assert {known(shared(PACT), url).key for url in addresses} == {key_of(PACT)}


@pytest.mark.parametrize("head", ["", link("https://www.news.example/story.php"), shared("/story.php")])
def test_two_stories_that_differ_in_their_id_stay_two_even_if_the_page_forgets_it(head: str) -> None:
    one, two = known(head, ODD), known(head, ODD.replace("7", "8"))
    assert one.key != two.key
    assert one.url == ODD


@pytest.mark.parametrize(
    ("href", "url", "expected"),
    [
        (PACT, PACT, PACT),
        (PACT + "?utm_source=x&fbclid=y#top", PACT, PACT),
        ("/world/pact-1", PACT, "https://www.news.example/world/pact-1"),
        ("pact-1", PACT, "https://www.news.example/world/pact-1"),
        ("//news.example/world/pact-1", PACT, "https://news.example/world/pact-1"),
        ("https://news.example/world/pact-1", PACT, "https://news.example/world/pact-1"),
        ("https://m.news.example/world/pact-1", PACT, "https://m.news.example/world/pact-1"),
        ("http://www.news.example/world/pact-1", PACT, "https://www.news.example/world/pact-1"),  # it was reached
        ("https://www.news.example:8443/world/pact-1", PACT, "https://www.news.example/world/pact-1"),
        ("http://edition.news.example/world/pact-1", PACT, "http://edition.news.example/world/pact-1"),
        ("  \n/world/pact-1 ", PACT, "https://www.news.example/world/pact-1"),
        ("/story.php?id=7", ODD + "&view=wide", ODD),
        ("/world/pact-signed-after-long-talks", ODD, PACT),
        ("/p/7", ODD, "https://www.news.example/p/7"),
        (PACT, PACT + "/amp", PACT),
        (PACT, "https://www.news.example/amp/world/pact-signed-after-long-talks", PACT),
        (PACT, PACT + "?session=1", PACT),
        (PACT, PACT + "/2", PACT),
        (
            "/a/471100",
            "https://www.news.example/a/471100/pact-signed-after-long-talks",
            "https://www.news.example/a/471100",
        ),
        ("#", PACT, PACT),
        (PACT, "https://uk.news.example/world/pact-signed-after-long-talks", PACT),
        (PACT, "https://www.news.example/id/4711", PACT),
        (PACT + "/?print=1", PACT, PACT + "/"),
        ("https://www.news.example/en/pact-1", PACT, "https://www.news.example/en/pact-1"),
        ("https://www.news.example/world/pact%2D1", PACT, "https://www.news.example/world/pact-1"),
        (PACT, "https://WWW.NEWS.example.:443/a/4711", PACT),
    ],
)
def test_a_page_says_by_which_address_it_is_known(href: str, url: str, expected: str) -> None:
    found = known(link(href), url)
    assert (found.url, found.basis, found.doubts) == (expected, Basis.CANONICAL, ())


@pytest.mark.parametrize(
    ("href", "url", "doubt"),
    [
        ("https://wire.example/pact", PACT, Doubt.OTHER_SITE),
        ("https://news.example.evil.example/pact", PACT, Doubt.OTHER_SITE),
        ("http://localhost:8080/world/pact-signed-after-long-talks", PACT, Doubt.OTHER_SITE),
        ("https://other.github.io/pact", "https://ann.github.io/pact", Doubt.OTHER_SITE),
        ("https://www.news.example", PACT, Doubt.FRONT_PAGE),
        ("/", PACT, Doubt.FRONT_PAGE),
        ("https://news.example/?utm_source=x", PACT, Doubt.FRONT_PAGE),
        ("/index.html", PACT, Doubt.FRONT_PAGE),
        ("/en/", PACT, Doubt.FRONT_PAGE),
        ("/login?next=/world/pact", PACT, Doubt.WALL),
        ("https://accounts.news.example/world/pact-1", PACT, Doubt.WALL),
        ("/subscribe", PACT, Doubt.WALL),
        ("/404.html", PACT, Doubt.WALL),
        ("/world/", PACT, Doubt.SECTION),
        ("/world", PACT, Doubt.SECTION),
        ("/politics", PACT, Doubt.SECTION),
        ("/2026/11/", "https://www.news.example/2026/11/pact", Doubt.SECTION),
        ("/world/20261124", "https://www.news.example/world/20261124/pact", Doubt.SECTION),
        ("/world/2026", "https://www.news.example/world/2026/pact-signed-after-long-talks", Doubt.SECTION),
        ("/story.php", ODD, Doubt.LOST_NUMBER),
        ("/story.php?lang=en", ODD, Doubt.LOST_NUMBER),
        ("/story.php", "https://www.news.example/story.php?artikel=7", Doubt.LOST_NUMBER),
        (PACT, PACT + "?articleId=7", Doubt.LOST_NUMBER),
        (PACT + "?page=2", PACT, Doubt.PART),
        (PACT + "?page=all", PACT, Doubt.PART),
        (PACT + "/page/2", PACT, Doubt.PART),
        (PACT + "/2/", PACT, Doubt.PART),
        (PACT + "/amp/", PACT, Doubt.PART),
        (PACT + "/print", PACT, Doubt.PART),
        ("/story.php?id=7&page=2", ODD, Doubt.PART),
        ("/en/pact-1", "https://www.news.example/fr/pact-1", Doubt.TRANSLATION),
        ("/pact-1", "https://www.news.example/fr/pact-1", Doubt.TRANSLATION),
        (PACT, PACT + "?lang=fr", Doubt.TRANSLATION),
        ("https://en.news.example/pact-1", "https://fr.news.example/pact-1", Doubt.TRANSLATION),
        (PACT, PACT + "?page=with:block-65a1b2", Doubt.LIVE_BLOG),
        (PACT, PACT + "?post=asset%3A0f1e-2d3c", Doubt.LIVE_BLOG),
        ("javascript:void(0)", PACT, Doubt.NO_ADDRESS),
        ("https://[::1/", PACT, Doubt.NO_ADDRESS),
        ("{{ page.url }}", PACT, Doubt.NO_ADDRESS),
        ("undefined", PACT, Doubt.NO_ADDRESS),
        ("/null", PACT, Doubt.NO_ADDRESS),
        ("https://www.news.example/${path}", PACT, Doubt.NO_ADDRESS),
        ("https://www.news.example%2Fworld%2Fpact", PACT, Doubt.NO_ADDRESS),
    ],
)
def test_what_would_make_two_stories_one_is_not_believed(href: str, url: str, doubt: Doubt) -> None:
    by_link, by_meta = known(link(href), url), known(shared(href), url)
    assert (by_link.url, by_link.basis) == (canonical(url), Basis.ADDRESS)
    assert [one for _, one in by_link.doubts] == [one for _, one in by_meta.doubts] == [doubt]
    assert by_meta.url == by_link.url


def test_og_url_is_asked_where_the_link_cannot_be_believed() -> None:
    found = known(link("https://www.news.example/") + shared("/world/pact-2"))
    assert (found.url, found.basis) == ("https://www.news.example/world/pact-2", Basis.SHARED)
    assert found.doubts == (("https://www.news.example/", Doubt.FRONT_PAGE),)


def test_the_link_goes_before_og_url() -> None:
    assert known(shared("/world/pact-2") + link("/world/pact-1")).url == "https://www.news.example/world/pact-1"


def test_what_else_a_head_holds_says_nothing_of_the_address() -> None:
    rest = (
        '<link rel="stylesheet" href="/a.css"><link rel="canonical"><meta name="og:url"><meta content="/world/other">'
    )
    assert known(rest) == Identity(url=PACT, basis=Basis.ADDRESS)
    assert identity_of(page(rest, PACT, body="")).url == PACT


def test_the_base_of_the_page_counts() -> None:
    base = '<base href="https://www.news.example/desk/">'
    assert known(base + link("pact-1")).url == "https://www.news.example/desk/pact-1"
    assert known('<base href="https://wire.example/">' + link("pact-1")).url == PACT


def test_of_several_that_disagree_none_is_taken() -> None:
    two = link("/world/pact-1") + link("/world/pact-2")
    assert known(two).url == PACT
    assert [doubt for _, doubt in known(two).doubts] == [Doubt.DISPUTED, Doubt.DISPUTED]
    assert known(two + shared("/world/pact-2")).basis is Basis.SHARED
    assert known(shared("/world/pact-1") + shared("/world/pact-2")).url == PACT


def test_of_several_only_those_that_can_be_believed_count() -> None:
    same = link("/world/pact-1") + link("/world/pact-1/?utm_source=x") + link("/")
    assert known(same).url == "https://www.news.example/world/pact-1"


@pytest.mark.parametrize(
    "body",
    [
        f"<p>The pact was signed.</p>{link('/world/other-1')}",
        f"<article><p>The pact was signed.</p>{link('/world/other-1')}</article>",
        f"<div>{link('/world/other-1')}</div><p>The pact was signed.</p>",
        f"<p>The pact was signed.</p>{shared('/world/other-1')}",
    ],
)
def test_what_stands_in_the_body_may_be_anybody_s(body: str) -> None:
    assert identity_of(page("", PACT, body)).url == PACT


@pytest.mark.parametrize("stray", ["<div></div>", '<img src="/pixel.gif">', "<noscript><img src=/a.gif></noscript>"])
def test_a_stray_tag_in_the_head_does_not_hide_what_follows(stray: str) -> None:
    assert identity_of(page(f"{stray}<title>Pact</title>{link('/world/pact-1')}", PACT)).url == (
        "https://www.news.example/world/pact-1"
    )


@pytest.mark.parametrize(
    ("head", "url", "attributes", "expected"),
    [
        # the French page names the English one its canonical
        (link("/pact") + other("en", "/pact") + other("fr", "/pacte"), "/pacte", "", "/pacte"),
        (link("/pact") + other("en", "/pact"), "/pacte", 'lang="fr"', "/pacte"),
        (link("/hans/pact") + other("zh-CN", "/hans/pact"), "/hant/pact", 'lang="zh-Hant"', "/hant/pact"),
        # editions of one language may name each other
        (link("/pact") + other("en-US", "/pact") + other("en-GB", "/uk/pact-1"), "/uk/pact-1", "", "/pact"),
        (link("/pact") + other("x-default", "/pact") + other("en", "/pact"), "/a/pact", 'lang="en"', "/pact"),
        (link("/pact") + other("de", "/pakt"), "/a/pact", 'lang="en"', "/pact"),
        (link("/pact") + other("de", "javascript:x"), "/a/pact", 'lang="de"', "/pact"),
    ],
)
def test_the_languages_of_a_story_stay_apart(head: str, url: str, attributes: str, expected: str) -> None:
    site = "https://www.news.example"
    assert known(head, site + url, attributes=attributes).url == site + expected


@pytest.mark.parametrize("found", ["https://www.news.example/", "https://www.news.example/login?next=x"])
def test_what_led_to_a_front_page_or_a_login_is_known_by_what_was_asked_for(found: str) -> None:
    asked = known(link(found), found, asked=PACT + "?utm_source=rss")
    assert (asked.url, asked.basis) == (PACT, Basis.ASKED)
    assert [doubt for _, doubt in asked.doubts] in ([Doubt.FRONT_PAGE], [Doubt.WALL])
    nothing = known(link(found), found)
    assert (nothing.url, nothing.key, nothing.basis) == (None, None, Basis.NONE)


@pytest.mark.parametrize(
    ("found", "asked"),
    [
        ("https://www.news.example/world/", PACT),
        ("https://www.news.example/world", PACT.replace("https", "http")),
        ("https://www.news.example/archive", PACT),
        ("https://www.news.example/story.php", ODD),
    ],
)
def test_a_story_that_is_gone_is_not_the_section_that_it_was_left_for(found: str, asked: str) -> None:
    gone = known(link(found), found, asked=asked)
    assert (gone.url, gone.basis) == (asked, Basis.ASKED)


@pytest.mark.parametrize(
    "asked", [PACT + "/amp", PACT + "?utm_source=x", "https://m.news.example/4711", "https://news.example/p/7"]
)
def test_where_a_redirect_ends_counts_on_one_site_too(asked: str) -> None:
    assert (known("", PACT, asked=asked).url, known("", PACT, asked=asked).basis) == (PACT, Basis.ADDRESS)


def test_where_a_redirect_ends_counts_and_not_where_it_began() -> None:
    assert known("", PACT, asked="https://short.example/x7").url == PACT


@pytest.mark.parametrize("fragment", ["post-4711", "block-65a1b2", "!/story/7", "s/a1e1"])
def test_posts_and_routes_that_were_asked_for_stay_apart(fragment: str) -> None:
    live = known(link(PACT), PACT, asked=f"{PACT}#{fragment}")
    assert live.url == f"{PACT}#{fragment}"
    assert live.key != known(link(PACT), PACT, asked=PACT).key
    assert known(link(PACT), f"{PACT}?utm_source=x#{fragment}").key == live.key


def test_a_place_in_the_page_is_no_post() -> None:
    assert known(link(PACT), PACT, asked=f"{PACT}#comments").url == PACT


@pytest.mark.parametrize(
    ("head", "origin"),
    [
        (link("https://wire.example/pact-1?utm_source=x"), "https://wire.example/pact-1"),
        (link("https://wire.example/pact-1") + shared(PACT), "https://wire.example/pact-1"),
        (shared("https://wire.example/pact-1"), "https://wire.example/pact-1"),
        ('<meta name="syndication-source" content="https://wire.example/pact-1">', "https://wire.example/pact-1"),
        ('<meta name="original-source" content="https://wire.example/pact-1">', "https://wire.example/pact-1"),
        (link("https://wire.example/"), None),
        (link("https://wire.example/login"), None),
        (link("http://localhost:8080/pact-1"), None),
        (link("http://127.0.0.1/pact-1"), None),
        (link("http://[::1]/pact-1"), None),
        (link(PACT), None),
        (link("javascript:x"), None),
        ("", None),
    ],
)
def test_an_address_at_another_site_is_the_origin_and_never_the_identity(head: str, origin: str | None) -> None:
    found = known(head)
    assert (found.url, found.origin) == (PACT, origin)


def test_an_address_that_is_none_has_no_identity() -> None:
    assert decide(Claims(url="about:blank", canonicals=(PACT,))) == Identity(url=None, basis=Basis.NONE, origin=PACT)


ADDRESSES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(
        ["https://www.news.example", "http://m.news.example:8080", "https://wire.example", "", "javascript:"]
    ),
    st.sampled_from(["", "/", "/world/", "/fr", "/en"]),
    st.sampled_from(["", "/pact", "/pact-signed-after-long-talks", "/login", "/2", "/amp/"]),
    st.sampled_from(["", "?id=7", "?page=2", "?lang=fr", "?utm_source=x", "?page=with:block-1"]),
    st.sampled_from(["", "#post-7", "#top", "#!/a"]),
)
CLAIMS = st.builds(
    Claims,
    url=st.one_of(ADDRESSES, st.text()),
    asked=st.one_of(st.none(), ADDRESSES),
    canonicals=st.lists(ADDRESSES, max_size=3).map(tuple),
    shared=st.lists(st.one_of(ADDRESSES, st.text()), max_size=2).map(tuple),
    alternates=st.lists(st.tuples(st.sampled_from(["en", "fr", "x-default"]), ADDRESSES), max_size=2).map(tuple),
    language=st.sampled_from([None, "en", "fr-FR", "?"]),
)


@given(CLAIMS)
@example(Claims(url="https://www.news.example/#post-7", asked=PACT))
def test_an_identity_is_a_story_of_the_page_s_own_site_whatever_it_says(claims: Claims) -> None:
    found = decide(claims)
    sites = {site_of(canonical(url) or "") for url in (claims.url, claims.asked or "")}
    assert (found.url is None) == (found.basis is Basis.NONE)
    if found.url:
        assert canonical(found.url) == found.url
        assert found.key
        assert site_of(found.url) in sites
    assert decide(claims) == found
    assert found.origin is None or site_of(found.origin) != site_of(canonical(claims.url) or "")
