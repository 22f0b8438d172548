from __future__ import annotations

import contextlib
from datetime import timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.story import Severity
from crawler.config import values
from crawler.config.every import every
from crawler.config.values import Unusable


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=10_000)))
def test_a_duration_survives_being_spelled_and_read(length: timedelta) -> None:
    length -= timedelta(microseconds=length.microseconds % 1000)
    assert values.duration(values.spell(length)) == length


@given(st.integers(0, 10**9 - 1), st.sampled_from(["B", "kB", "MB", "GB", "KiB", "MiB", "GiB"]))
def test_a_size_is_its_number_times_its_unit(number: int, unit: str) -> None:
    one = values.size(f"1{unit}")
    assert values.size(f"{number}{unit}") == number * one


@given(st.integers(1, 999_999), st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=90)))
def test_a_rate_is_a_number_in_a_time(count: int, per: timedelta) -> None:
    per -= timedelta(microseconds=per.microseconds)
    assert values.rate(f"{count}/{values.spell(per)}") == (count, per)


@pytest.mark.parametrize(("text", "per"), [("3/m", 60), ("3/h", 3600), (" 3/d ", 86400), ("3/1h30m", 5400)])
def test_a_rate_may_leave_out_the_one(text: str, per: int) -> None:
    assert values.rate(text) == (3, timedelta(seconds=per))


READERS = [
    values.text,
    values.duration,
    values.rate,
    values.size,
    values.flag,
    values.severity,
    every,
    values.proxy,
    values.backlog,
    values.network,
    values.zone,
    values.country,
    values.language,
    values.identifier,
    values.channel,
    values.address,
    values.contact,
    values.header,
    values.credential,
    values.whole(1, 10),
    values.choice("auto", "never"),
]


@given(st.text(), st.sampled_from(READERS))
def test_any_text_is_read_or_refused_in_words(text: str, read: object) -> None:
    assert callable(read)
    with contextlib.suppress(Unusable):  # any other error fails the test
        read(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("2h", 7200),
        ("7d", 604800),
        ("1500ms", 1.5),
        ("1h30m", 5400),
        ("0.5s", 0.5),
        ("0s", 0),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert values.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "5 m", "-5m", "m", "5M", "5min", "5w", "1e3s", "999999999d999999999d", "\uff15m"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        values.duration(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [("1B", 1), ("500kB", 500_000), ("15MB", 15_000_000), ("5MiB", 5_242_880), ("1.5 GiB", 1_610_612_736)],
)
def test_sizes_are_read(text: str, count: int) -> None:
    assert values.size(text) == count


@pytest.mark.parametrize("text", ["5", "MiB", "5Mib", "-1MB", "5 megs"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        values.size(text)


@pytest.mark.parametrize("text", ["http://proxy:3128", "https://anna:hush@proxy.example:8443/", "http://10.0.0.1"])
def test_a_proxy_is_an_address_with_or_without_a_password(text: str) -> None:
    assert values.proxy(text) == text


@pytest.mark.parametrize(
    "text", ["socks5://proxy:1080", "proxy:3128", "http://", "http://proxy/path", "http://proxy?x", "http://pröxy:1"]
)
def test_what_is_no_proxy_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        values.proxy(text)


def test_a_refused_proxy_keeps_its_password_to_itself() -> None:
    with pytest.raises(Unusable) as caught:
        values.proxy("socks5://anna:hush@proxy:1080")
    assert caught.value.secret


def test_a_backlog_is_none_all_or_a_duration() -> None:
    assert values.backlog("none") == timedelta()
    assert values.backlog("all") == timedelta.max
    assert values.backlog("24h") == timedelta(hours=24)


@pytest.mark.parametrize("text", ["10.0.0.0/8", "127.0.0.1", "fd00::/8", "::1"])
def test_networks_are_read(text: str) -> None:
    assert values.network(text) == ip_network(text)


@pytest.mark.parametrize(
    "text", ["Asia/Tokio", "Europe/Nowhere at all", "../../etc/passwd", "Europe", "/etc/localtime", ""]
)
def test_what_is_no_time_zone_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        values.zone(text)


@pytest.mark.parametrize(
    "text", ["#news", "#日本", "#japan-desk_2", "@anna.b", "C0123ABC", "G0123ABC", "U0123ABC", "W0123ABC"]
)
def test_channels_are_read(text: str) -> None:
    assert values.channel(text) == text


@pytest.mark.parametrize("text", ["news", "#News", "#a b", "#", "#a,#b", "news@example.org", "", "c0123", "##news"])
def test_what_is_no_channel_is_refused(text: str) -> None:
    with pytest.raises(Unusable, match="channel"):
        values.channel(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/feed.xml",
        "http://127.0.0.1:8000/x?a=b&c=d",
        "https://[::1]:8443/",
        "https://例え.jp/フィード",
        "HTTPS://E.org",
    ],
)
def test_addresses_are_read(text: str) -> None:
    assert values.address(f" {text} ") == text


@pytest.mark.parametrize(
    "text",
    [
        "example.org",
        "ftp://example.org/",
        "https://",
        "https://a b.org/",
        "https://[::1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        values.address(text)


@pytest.mark.parametrize("text", ["https://a:hush@example.org/", "https://hush@example.org/", "http://a:hush@[::1/"])
def test_an_address_with_a_password_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Unusable) as caught:
        values.address(text)
    assert caught.value.secret
    assert "hush" not in caught.value.message + (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("yes", True), ("On", True), ("no", False), ("off", False)]
)
def test_flags_are_read(text: str, value: bool) -> None:
    assert values.flag(text) is value


def test_codes_are_read_as_lower_case() -> None:
    assert values.country("NO") == "no"
    assert values.language("zh-Hant") == "zh-hant"


def test_severities_are_read() -> None:
    assert [values.severity(level.label) for level in Severity] == list(Severity)
