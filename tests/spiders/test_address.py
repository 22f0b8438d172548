import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from w3lib.url import canonicalize_url

from spiders.address import host_tongue_of, is_front, is_wall, key_of, opened, spelling, tongue_of
from spiders.urls import canonical

PACT = "https://news.example/world/pact-signed"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PACT, "http://news.example/world/pact-signed"),
        (PACT, "https://news.example:443/world/pact-signed/"),
        (PACT, "https://news.example/world/pact-signed/?utm_source=rss&fbclid=a#comments"),
        (PACT, "https://news.example/world/pact-signed?print=1"),
        (PACT, "https://news.example/world/pact-signed?outputType=amp"),
        (PACT, "https://ann:secret@news.example./world/./pact-signed"),
        (PACT, "https://news-example.cdn.ampproject.org/c/s/news.example/world/pact-signed"),
        (PACT, "https://news-example.cdn.ampproject.org/v/s/news.example/world/pact-signed?amp_js_v=0.1&usqp=mq331AQ"),
        (PACT, "https://www.google.com/amp/s/news.example/world/pact-signed"),
        (PACT, "https://www.google.com/url?url=https%3A%2F%2Fnews.example%2Fworld%2Fpact-signed%3Futm_source%3Dgoogle"),
        (PACT, "https://www.bing.com/news/apiclick.aspx?url=https%3A%2F%2Fnews.example%2Fworld%2Fpact-signed"),
        (PACT, "https://l.facebook.com/l.php?u=https%3A%2F%2Fnews.example%2Fworld%2Fpact-signed%3Ffbclid%3Dx&h=y"),
        ("https://news.example/a?id=1&page=2", "https://news.example/a?page=2&id=1"),
        ("https://news.example/a?q=two%20words", "https://news.example/a?q=two+words"),
        ("https://news.example/a,b?q=(c)", "https://news.example/a%2Cb?q=%28c%29"),
        ("https://news.example/a?x", "https://news.example/a?x="),
        ("https://news.example/a;jsessionid=1?id=7", "https://news.example/a;jsessionid=2?id=7"),
        ("https://b\u00fccher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://news.example/live#post-7", "http://news.example/live/?utm_source=x#post-7"),
    ],
)
def test_spellings_of_one_address_have_one_key(one: str, other: str) -> None:
    assert key_of(one) == key_of(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/story?id=1", "https://news.example/story?id=2"),
        ("https://news.example/story?id=1", "https://news.example/story"),
        ("https://news.example/?p=1", "https://news.example/?p=2"),
        ("https://news.example/story?ref=4711", "https://news.example/story?ref=4712"),
        ("https://news.example/story?sid=a1", "https://news.example/story?sid=a2"),
        ("https://news.example/print?print=4711", "https://news.example/print?print=4712"),
        ("https://news.example/story?lang=fr", "https://news.example/story?lang=en"),
        ("https://news.example/story?page=1", "https://news.example/story?page=2"),
        ("https://news.example/watch/Ab", "https://news.example/watch/aB"),
        ("https://news.example/a/b", "https://news.example/a%2Fb"),
        ("https://news.example/a?q=b%26c=d", "https://news.example/a?q=b&c=d"),
        ("https://news.example/a?q=1%2B1", "https://news.example/a?q=1+1"),
        ("https://news.example/%E9", "https://news.example/%C3%A9"),
        ("https://news.example/live#post-7", "https://news.example/live#post-8"),
        ("https://news.example/live#post-7", "https://news.example/live"),
        ("https://news.example/#!/story/7", "https://news.example/#!/story/8"),
        ("https://news.example/app#s/a1", "https://news.example/app#s/b2"),
        ("https://news.example/fr/pact", "https://news.example/en/pact"),
        ("https://m.news.example/world/pact", "https://news.example/world/pact"),  # only a page can say so
        ("https://www.news.example/world/pact", "https://news.example/world/pact"),
        ("https://news.example/world/pact/amp", "https://news.example/world/pact"),
        ("https://news.example:8443/world/pact", "https://news.example/world/pact"),
        ("https://stra\u00dfe.example/a", "https://strasse.example/a"),
    ],
)
def test_two_stories_have_two_keys(one: str, other: str) -> None:
    first, second = key_of(one), key_of(other)
    assert first
    assert second
    assert first != second


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example",
        "https://news.example/?utm_source=rss",
        "https://news.example/index.html",
        "https://news.example/en/",
        "https://news.example/en-gb/home",
        "https://news.example/?lang=fr",
        "https://news.example/login?next=/world/pact-signed",
        "https://login.news.example/world/pact-signed",
        "https://consent.news.example/v2/collect",
        "https://news.example/404.html",
        "https://news.example/search?q=pact",
        "mailto:desk@news.example",
        "",
    ],
)
def test_what_names_no_single_story_has_no_key(url: str) -> None:
    assert key_of(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/?p=1",
        "https://news.example/#!/story/7",
        "https://news.example/world/home",
        "https://news.example/login-fails-at-bank",
        "https://news.example/404",
        "https://logins.example/pact",
        "https://news.example/search/google-loses-in-court",
    ],
)
def test_a_story_may_look_a_little_like_a_front_page_or_a_wall(url: str) -> None:
    assert not is_front(url)
    assert not is_wall(url)


def test_a_cached_page_that_names_no_address_stays_what_it_is() -> None:
    cached = "https://news-example.cdn.ampproject.org/c/s/localhost"
    assert opened(cached) == cached
    assert opened("/c/s/news.example/a", cached) == "https://news.example/a"
    assert opened("javascript:void(0)") is None


@pytest.mark.parametrize(
    ("address", "tongue"),
    [
        ("https://news.example/fr/pact", "fr"),
        ("https://news.example/pt_BR/pact", "pt"),
        ("https://news.example/zh-tw/pact", "zh-hant"),
        ("https://news.example/pact?hl=de", "de"),
        ("https://news.example/us/pact", None),
        ("https://news.example/pact/fr", None),
        ("https://news.example/id/4711", None),
    ],
)
def test_an_address_may_name_a_language(address: str, tongue: str | None) -> None:
    assert tongue_of(address) == tongue


@pytest.mark.parametrize(("host", "tongue"), [("fr", "fr"), ("zh-tw", "zh-hant"), ("us", None), ("www", None)])
def test_a_host_may_name_a_language(host: str, tongue: str | None) -> None:
    assert host_tongue_of(f"https://{host}.news.example/pact") == tongue


@given(
    st.one_of(
        st.text(),
        st.builds(
            "http{}://{}/{}?{}#{}".format,
            st.sampled_from(["", "s"]),
            st.sampled_from(["news.example", "www.google.com", "a.cdn.ampproject.org", "[::1]"]),
            st.text("ab./%2Fscamp", max_size=20),
            st.text("ab&=+%20;url:/", max_size=20),
            st.text("!/post-1", max_size=9),
        ),
    )
)
@example("https://www.google.com/url?url=https://www.google.com/url?url=a")
@example("https://www.google.com/amp/s/a.cdn.ampproject.org/c/news.example/a")
def test_a_key_is_found_for_any_text_and_is_the_key_of_what_it_stands_for(url: str) -> None:
    address, key = opened(url), key_of(url)
    assert key is None or (address is not None and key == spelling(address) == key_of(address))
    plain = canonical(url)
    if plain:
        assert spelling(plain) == spelling(plain.replace("http://", "https://", 1))
        assert spelling(canonicalize_url(plain, keep_fragments=True)) == spelling(plain)
