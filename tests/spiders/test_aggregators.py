from base64 import urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.aggregators import publisher

TARGET = "https://news.example/2026/11/talks?page=2"


def google_news(target: str, path: str = "/rss/articles/") -> str:
    size = len(target)
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    code = urlsafe_b64encode(b"\x08\x13\x22" + length + target.encode() + b"\xd2\x01\x00").decode().rstrip("=")
    return f"https://news.google.com{path}{code}?oc=5"


@pytest.mark.parametrize(
    "link",
    [
        google_news(TARGET),
        google_news(TARGET, "/articles/"),
        google_news(TARGET, "/__i/rss/rd/articles/"),
        f"https://www.google.com/url?rct=j&sa=t&url={quote(TARGET, safe='')}&ct=ga&usg=AOv",
        f"https://www.google.co.jp/url?q={quote(TARGET, safe='')}",
        f"http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=1&url={quote(TARGET, safe='')}&c=1&mkt=en-us",
        f"https://r.search.yahoo.com/_ylt=Aw;_ylu=Y/RV=2/RE=1700000000/RO=10/RU={quote(TARGET, safe='')}/RK=2/RS=x-",
        f"https://l.facebook.com/l.php?u={quote(TARGET, safe='')}&h=AT1",
        f"https://duckduckgo.com/l/?uddg={quote(TARGET, safe='')}",
        f"https://vk.com/away.php?to={quote(TARGET, safe='')}",
        f"https://emea01.safelinks.protection.outlook.com/?url={quote(TARGET, safe='')}&data=1",
    ],
)
def test_what_a_link_carries_is_taken_out(link: str) -> None:
    assert publisher(link) == TARGET


def test_a_long_address_has_a_length_of_two_bytes() -> None:
    target = TARGET + "x" * 200
    assert publisher(google_news(target)) == target


def test_an_old_yahoo_link_ends_with_the_address() -> None:
    assert publisher("https://us.rd.yahoo.com/dailynews/rss/*https://news.example/a") == "https://news.example/a"


def test_an_aggregator_of_an_aggregator_is_opened_too() -> None:
    inner = f"https://www.google.com/url?url={quote(TARGET, safe='')}"
    assert publisher(f"https://www.bing.com/news/apiclick.aspx?url={quote(inner, safe='')}") == TARGET


@pytest.mark.parametrize(
    "link",
    [
        TARGET,
        "https://news.google.com/rss/articles/CBMiWkFVX3lxTE1hYmNkZWZnaA?oc=5",  # the newer form names no address
        "https://news.google.com/rss/articles/!!!",
        "https://news.google.com/rss/articles/CBMi",
        google_news("javascript:alert(1)"),
        google_news("file:///etc/passwd"),
        "https://www.google.com/search?q=https://news.example/",
        "https://google.com.evil.example/url?url=https://news.example/",
        "https://www.bing.com/news/apiclick.aspx?url=//news.example/a",
        "https://t.co/abc",
        "http://feedproxy.google.com/~r/news/~3/abc/",
        "https://[::1",
        "",
    ],
)
def test_what_carries_nothing_stays_as_it_is(link: str) -> None:
    assert publisher(link) == link


@given(st.binary(max_size=60))
def test_any_code_gives_an_address_or_nothing(data: bytes) -> None:
    link = "https://news.google.com/rss/articles/" + urlsafe_b64encode(b"\x08\x13\x22" + data).decode()
    assert publisher(link) == link or publisher(link).startswith(("http://", "https://"))
