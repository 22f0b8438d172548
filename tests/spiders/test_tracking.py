import pytest

from spiders.tracking import DRESSES, NAMES, PREFIXES, REFERRERS, is_tracking


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("utm_source", "rss"),
        ("UTM_whatever", ""),
        ("at_medium", "RSS"),
        ("ns_mchannel", "rss"),
        ("__cft__%5B0%5D", "x"),
        ("fbclid", "x"),
        ("CMP", "share_btn_tw"),
        ("ASPSESSIONIDQQAA", "x"),
        ("amp", ""),
        ("amp", "1"),
        ("outputType", "amp"),
        ("print", "true"),
        ("ref", "rss"),
        ("src", "RSS"),
        ("ref", "hp_top_story"),
        ("source", "rss----d12c403d4976--food"),
        ("mod", "rss_markets_main"),
        ("share", "twitter"),
    ],
)
def test_what_only_tells_who_sent_the_reader_or_how_the_page_is_dressed(name: str, value: str) -> None:
    assert is_tracking(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "1"),
        ("p", "1"),
        ("page", "2"),
        ("sid", "0f1e2d3c"),
        ("cid", "7"),
        ("lang", "fr"),
        ("q", "pact"),
        ("v", "a1"),
        ("objectid", "12479236"),
        ("amp", "4711"),
        ("print", "4711"),
        ("outputtype", "xml"),
        ("ref", "4711"),
        ("ref", "annual-report"),
        ("ref", "home-4711"),
        ("src", ""),
        ("mod", "news"),
        ("share", "of-the-day"),
        ("rss", "1"),  # in a feed's own address it asks for the feed
        ("utm", "1"),
        ("", "utm_source"),
    ],
)
def test_what_may_tell_one_story_from_the_next_stays(name: str, value: str) -> None:
    assert not is_tracking(name, value)


def test_the_lists_are_lower_case_and_name_nothing_that_names_a_story() -> None:
    assert all(name == name.lower() for name in (*NAMES, *PREFIXES, *DRESSES, *REFERRERS))
    assert not NAMES & {"id", "sid", "cid", "p", "page", "post", "story", "article", "lang", "v", "q", "s", "n"}
