import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from spiders.tracking import CHANNELS, DRESSES, NAMES, ON, PREFIXES, REFERRERS, is_tracking
from spiders.urls import canonical, site_of


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://News.Example:80/a?utm_source=rss&id=7#top", "http://news.example/a?id=7"),
        ("https://news.example:443", "https://news.example/"),
        ("https://news.example:0443/", "https://news.example/"),
        ("https://news.example:/a", "https://news.example/a"),
        ("https://news.example:8443/a", "https://news.example:8443/a"),
        ("https://news.example:80/a", "https://news.example:80/a"),
        ("https://news.example./a", "https://news.example/a"),
        ("https://user:secret@news.example/a", "https://news.example/a"),
        ("https://user@evil@news.example/a", "https://news.example/a"),
        ("https://b\u00fccher.example/stra\u00dfe?q=\u00e9", "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%A9"),
        ("https://BU\u0308CHER.example/", "https://xn--bcher-kva.example/"),
        ("https://stra\u00dfe.example/", "https://xn--strae-oqa.example/"),
        ("https://\u65b0\u805e\u3002example/", "https://xn--efvv70d.example/"),
        ("https://i\u2764.example/", "https://xn--i-7iq.example/"),
        ("https://news.example/a b", "https://news.example/a%20b"),
        ("https://news.example/a%20b?x=%E3%81%82", "https://news.example/a%20b?x=%E3%81%82"),
        ("https://news.example/%7ean/%c3%a9?q=%2e%2d", "https://news.example/~an/%C3%A9?q=.-"),
        ("https://news.example/a%2Fb%3fc?d=%26%3D%2B", "https://news.example/a%2Fb%3Fc?d=%26%3D%2B"),
        ("https://news.example/100%/a%zz", "https://news.example/100%25/a%25zz"),
        ("https://news.example/%e9?q=%E9", "https://news.example/%E9?q=%E9"),
        ("https://news.example/a/./b/../c", "https://news.example/a/c"),
        ("https://news.example/a/%2e%2E/c/..", "https://news.example/"),
        ("https://news.example/../../a//b/.", "https://news.example/a//b/"),
        ("https:\\\\news.example\\a?b=c\\d", "https://news.example/a?b=c%5Cd"),
        ("https://news.example/?b=2&a=1&fbclid=x&a=0", "https://news.example/?b=2&a=1&a=0"),
        ("https://news.example/?at_medium=RSS&at_campaign=rss", "https://news.example/"),
        ("https://news.example/?attitude=1&cmpid=x", "https://news.example/?attitude=1"),
        ("https://news.example/a?UTM_Source=x&FbClId=y&ID=3", "https://news.example/a?ID=3"),
        ("https://news.example/a?utm%5Fsource=x&%66bclid=y", "https://news.example/a"),
        ("https://news.example/a?id=3&amp;utm_medium=rss&amp;amp;page=2", "https://news.example/a?id=3&page=2"),
        ("https://news.example/a?&&id=3&", "https://news.example/a?id=3"),
        ("https://news.example/a?", "https://news.example/a"),
        ("https://news.example/a;jsessionid=0F1E2D?id=3", "https://news.example/a?id=3"),
        ("https://news.example/a;JSESSIONID=0F1E/b;v=1", "https://news.example/a/b;v=1"),
        ("https://news.example/(S(a1b2c3d4e5))/story.aspx?id=3", "https://news.example/story.aspx?id=3"),
        ("https://news.example/a?PHPSESSID=0f1e&sid=4", "https://news.example/a?sid=4"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
        ("https://[2001:db8:0:0:0:0:0:1]/a", "https://[2001:db8::1]/a"),
        ("  https://news.example/a\n", "https://news.example/a"),
        ("https://news.example/a\n  b", "https://news.example/a%20%20b"),
        ("https://news.example/Pact-Signed", "https://news.example/Pact-Signed"),
        ("https://news.example/a/", "https://news.example/a/"),
    ],
)
def test_two_links_to_one_page_compare_equal(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    ("fragment", "kept"),
    [
        ("top", ""),
        ("comments", ""),
        ("comment-4711", ""),
        ("respond", ""),
        (":~:text=pact", ""),
        ("Echobox=1700000000", ""),
        ("xtor=RSS-1", ""),
        ("h-what-2026-brings", ""),
        ("!", ""),
        ("/", ""),
        ("!/story/7", "!/story/7"),
        ("/story/7?tab=1", "/story/7?tab=1"),
        ("s/a1e1112b4f", "s/a1e1112b4f"),
        ("post-4711", "post-4711"),
        ("block-6560f1c28f08", "block-6560f1c28f08"),
        ("liveblog-entry-12", "liveblog-entry-12"),
        ("live-post:7", "live-post:7"),
        ("post-office", ""),
        ("h_0123456789abcdef0123456789ABCDEF", "h_0123456789abcdef0123456789ABCDEF"),
        ("post-1\u00e9", "post-1%C3%A9"),
    ],
)
def test_a_fragment_stays_where_it_says_what_is_read(fragment: str, kept: str) -> None:
    assert canonical(f"https://news.example/live#{fragment}") == "https://news.example/live" + kept.join(
        ("#", "") if kept else ("", "")
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "mailto:a@news.example",
        "ftp://news.example/a",
        "//",
        "https://",
        "https://exa mple.com/",
        "https://news.example:99999/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[:]/",
        "https://news.example/" + "x" * 5_000,
        "https://news.example/?utm_source=" + "x" * 50_000,
        "https://" + "\u00e9" * 80 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://-news.example/",
        "relative/only",
    ],
)
def test_what_is_no_web_address_is_none(url: str) -> None:
    assert canonical(url) is None


def test_relative_links_are_resolved() -> None:
    assert canonical("../a?x=1", "https://news.example/rss/feed.xml") == "https://news.example/a?x=1"
    assert canonical("//cdn.example/a", "https://news.example/") == "https://cdn.example/a"
    assert canonical("?id=2", "https://news.example/a?id=1") == "https://news.example/a?id=2"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WILD = st.one_of(
    st.text(),
    st.from_regex(r"https?://[\w.\-\[\]:@%]{1,20}(:\d{1,5})?/[^\s]{0,20}(\?[^\s]{0,20})?(#[^\s]{0,20})?"),
    st.builds(
        "https://news.example/{}?{}#{}".format,
        st.text("ab./;%2e5~\\()SsX", max_size=20),
        st.text("ab&=;%25amp", max_size=20),
        st.text("!/post-1%~ ", max_size=12),
    ),
)


@given(WILD, st.one_of(st.none(), WILD))
@example("http://a/%zz?utm_=1&&b#c", None)
@example("http://a.EXAMPLE.:080/;x?y?z", None)
@example("http://a/%%341?%%25", None)
@example("http://a/;jses;jsessionid=1sionid=2/(S(a))/..", None)
@example("http://a?&amp;amp;a&am&amp;p;b", None)
@example("http://a/#post-1 %", None)
def test_the_canonical_form_is_its_own_canonical_form(url: str, base: str | None) -> None:
    once = canonical(url, base)
    assert once is None or canonical(once) == once


STORIES = st.builds(
    "https://news.example/{}{}".format,
    st.sampled_from(["", "world/pact", "a.php"]),
    st.lists(st.sampled_from(["id=1", "page=2", "q=%C3%A9", "x", "y="]), max_size=3).map(
        lambda parts: "?" + "&".join(parts) if parts else ""
    ),
)
TRACKED = st.one_of(
    st.tuples(st.sampled_from(sorted(NAMES)), TEXTS),
    st.tuples(st.builds(str.__add__, st.sampled_from(PREFIXES), st.text("abc_1", max_size=5)), TEXTS),
    st.tuples(st.sampled_from(sorted(DRESSES)), st.sampled_from(sorted(ON))),
    st.tuples(st.sampled_from(sorted(REFERRERS)), st.sampled_from(sorted(CHANNELS))),
)


def quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


@given(STORIES, TRACKED, st.booleans(), st.booleans())
def test_a_tracking_parameter_changes_nothing(url: str, tracked: tuple[str, str], upper: bool, first: bool) -> None:
    name, value = tracked
    part = f"{name.upper() if upper else name}={value if value.isalnum() else quoted(value)}"
    path, _, query = url.partition("?")
    query = "&".join(filter(None, (part, query) if first else (query, part)))
    assert canonical(f"{path}?{query}") == canonical(url)


@given(TEXTS.filter(str.isalnum), TEXTS, TEXTS)
@example("id", "1", "2")
@example("ref", "4711", "4712")
def test_any_other_parameter_tells_stories_apart(name: str, one: str, other: str) -> None:
    assume(one != other and not is_tracking(name, one) and not is_tracking(name, other))
    first, second = (f"https://news.example/a?{quoted(name)}={quoted(value)}" for value in (one, other))
    assert canonical(first) != canonical(second)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.news.example.co.uk/a", "example.co.uk"),
        ("https://NEWS.example.org:8080/a", "example.org"),
        ("https://ann.github.io/", "ann.github.io"),
        ("https://www.news.example/", "news.example"),
        ("http://localhost/", "localhost"),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_a_site_is_what_one_can_register(url: str, site: str) -> None:
    assert site_of(url) == site
