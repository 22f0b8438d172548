import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.base import Page
from spiders.reasons import REASONS, meaning
from spiders.walls import wall

ROOT = Path(__file__).parents[2]
URL = "https://news.example/feed"
LOGIN = "<!doctype html><form><input name=u><input type='password' name=p></form>"
FRONT = LOGIN + "<link rel=alternate type='application/rss+xml' href=/rss>"


def page(status: int = 200, body: str = "", *, url: str = URL, **headers: str) -> Page:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Page(url=url, status=status, headers=named, body=body.encode())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (page(403, cf_mitigated="challenge"), "cloudflare"),
        (page(200, cf_mitigated="challenge"), "cloudflare"),
        (page(503, "<html><head><title>Just a moment...</title>"), "cloudflare"),
        (page(403, "<title>Attention Required! | Cloudflare</title>"), "cloudflare"),
        (page(403, "Error 1020 Ray ID: 1 Cloudflare", server="cloudflare"), "cloudflare"),
        (page(403, "<script src='https://ct.captcha-delivery.com/c.js'></script>"), "datadome"),
        (page(403, "{}", x_datadome="protected"), "datadome"),
        (page(403, "<TITLE>Access Denied</TITLE> Reference #18", server="AkamaiGHost"), "akamai"),
        (page(403, "<iframe src='/_Incapsula_Resource?SWUDNSAI=31'>"), "imperva"),
        (page(200, "<iframe src='/_Incapsula_Resource?x'>Request unsuccessful. Incapsula incident ID: 1"), "imperva"),
        (page(200, "<title>Pardon Our Interruption</title>"), "imperva"),
        (page(403, "<div id=px-captcha></div>"), "perimeterx"),
        (page(405, "", x_amzn_waf_action="captcha"), "aws-waf"),
        (page(402), "paywall"),
        (page(200, url="https://news.example/login?next=/feed"), "login"),
        (page(200, url="https://sso.news.example/"), "login"),
        (page(401, url="https://news.example/sign-in"), "login"),
        (page(200, url="https://news.example/user/login.php"), "login"),
        (page(200, LOGIN), "login"),
        (page(200, url="https://consent.google.com/ml?continue=x"), "consent"),
        (page(200, url="https://consent.yahoo.com/v2/collectConsent"), "consent"),
        (page(200, "<html><script src='//d.bodis.com/x.js'>"), "parked"),
        (page(200, "<html><title>404 | News</title>"), "soft-404"),
        (page(200, "<title>Seite nicht gefunden</title>", content_type="text/html"), "soft-404"),
    ],
)
def test_what_is_in_the_way_is_named(answer: Page, reason: str) -> None:
    assert wall(answer, URL) == reason


FEED = "<?xml version='1.0'?><rss><channel><title>404 not found</title><item><title>px-captcha, cf-chl-"


@pytest.mark.parametrize(
    "answer",
    [
        page(),
        page(404),
        page(403, "no"),
        page(403, "no", server="cloudflare"),
        page(200, FEED, server="cloudflare", x_datadome="protected", content_type="text/html"),
        page(200, FRONT),
        page(200, "<html><title>News</title> cf-chl- geo.captcha-delivery.com"),
        page(301, url="https://news.example/author/"),
        page(200, url="https://news.example/blogging-in-paris"),
        page(200, url="https://news.example/tech/sign-in-fails-at-bank"),
        page(200, url="https://news.example/us/consent-decree-is-signed"),
        page(200, "<html>" + "news " * 20_000 + "this domain is for sale"),
    ],
)
def test_what_is_in_nobodys_way_is_not(answer: Page) -> None:
    assert wall(answer, URL) is None


def test_an_address_that_was_asked_for_is_no_detour() -> None:
    url = "https://sso.news.example/feed"
    assert wall(page(url=url), url) is None


def test_a_page_for_people_may_have_a_login_form_and_speak_of_404() -> None:
    assert wall(page(body=LOGIN + "<title>404 days of war</title>"), URL, feed=False) is None
    assert wall(page(body="<html>this domain is for sale"), URL, feed=False) == "parked"


@given(st.binary(max_size=300), st.sampled_from([200, 401, 403, 503]))
def test_any_body_gives_a_known_reason_or_none(body: bytes, status: int) -> None:
    found = wall(Page(url=URL, status=status, headers={}, body=body), URL)
    assert found is None or found in REASONS


@pytest.mark.parametrize("body", [b"<title" * 20_000, b"<title>" + b" " * 200_000, b"<input " * 20_000, b"<" * 200_000])
def test_no_body_makes_the_search_slow(body: bytes) -> None:
    assert wall(Page(url=URL, status=403, headers={}, body=body), URL) is None


# ------------------------------------------------------------ the table of reasons


def raised() -> set[str]:
    """Find the reasons that the code gives to FetchError as a literal."""
    found = set()
    for file in (file for package in ("alerts", "spiders", "crawler") for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FetchError":
                for value in ast.walk(node.args[0]):
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        found.add(value.value)
    return found - {"http-"}


def test_every_reason_in_the_code_has_its_sentence() -> None:
    assert {"dns", "robots", "html"} & raised()
    assert raised() <= REASONS.keys()


def test_what_the_network_layers_say_has_its_sentence() -> None:
    source = (ROOT / "crawler/fetch/handler.py").read_text() + (ROOT / "spiders/walls.py").read_text()
    tables = ast.parse(source)
    named = {
        node.value
        for node in ast.walk(tables)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[a-z]+-[a-z-]+", node.value)
    }
    reasons = {name for name in named if name.startswith(("tls-", "too-", "connect-", "slow-", "short-", "blocked-"))}
    assert {"tls-expired", "connect-timeout"} <= reasons
    assert reasons <= REASONS.keys()


def test_the_page_about_collection_has_the_table() -> None:
    text = (ROOT / "docs/collection.md").read_text()
    for reason, sentence in REASONS.items():
        assert f"| `{reason}` | {sentence} |" in text


def test_other_statuses_are_explained_by_their_phrase() -> None:
    assert meaning("dns") == REASONS["dns"]
    assert meaning("http-418") == "The server answered 418 I'm a Teapot."
    assert "799" in meaning("http-799")


@given(st.text(max_size=20))
def test_any_reason_has_a_sentence(reason: str) -> None:
    assert meaning(reason).endswith(".")
