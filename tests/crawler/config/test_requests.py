from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from alerts.errors import ConfigError
from crawler.config.secret import Secret
from tests.crawler.config.makers import base, loaded, write

if TYPE_CHECKING:
    from pathlib import Path


def headers(folder: Path, source: dict[str, Any], **environ: str) -> dict[str, str]:
    entry = {"url": "https://www.example.org/feed.xml"} | source
    (found,) = loaded(folder, base() | {"sources": [entry]}, **environ).sources
    return dict(found.headers)


def test_a_user_and_a_password_become_a_header(tmp_path: Path) -> None:
    found = headers(tmp_path, {"auth": {"basic": "anna:${WORD}"}}, WORD="pass:wörd 1")
    assert b64decode(found["Authorization"].removeprefix("Basic ")).decode() == "anna:pass:wörd 1"


def test_credentials_may_stand_in_a_file(tmp_path: Path) -> None:
    write(tmp_path, "anna:hush\n", "login")
    write(tmp_path, "hush\n", "token")
    assert headers(tmp_path, {"auth": {"basic_file": "login"}}) == {"Authorization": "Basic YW5uYTpodXNo"}
    assert headers(tmp_path, {"auth": {"bearer_file": "token"}}) == {"Authorization": "Bearer hush"}


def test_a_file_of_credentials_is_watched_for_changes(tmp_path: Path) -> None:
    write(tmp_path, "hush", "token")
    entry = {"url": "https://www.example.org/feed.xml", "auth": {"bearer_file": "token"}}
    assert tmp_path / "token" in loaded(tmp_path, base() | {"sources": [entry]}).files.stamps


def test_headers_keep_the_order_and_the_name_they_were_written_with(tmp_path: Path) -> None:
    written = {"X-Key": "1", "accept-language": "ja", "Cookie": "a=b"}
    assert list(headers(tmp_path, {"headers": written}).items()) == list(written.items())


def test_the_proxy_may_come_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    write(tmp_path, "http://anna:hush@proxy.example:3128\n", "proxy")
    config = loaded(tmp_path, base() | {"fetch": {"proxy_file": "proxy"}})
    assert config.fetch.proxy == Secret("http://anna:hush@proxy.example:3128")
    assert "hush" not in repr(config) + str(config.fetch.proxy)


@pytest.mark.parametrize("key", ["auth", "headers", "proxy"])
def test_an_unset_variable_is_a_mistake_everywhere_but_in_a_slack_token(tmp_path: Path, key: str) -> None:
    entry: dict[str, Any] = {"url": "https://www.example.org/feed.xml"}
    whole = base() | {"sources": [entry]}
    if key == "proxy":
        whole["fetch"] = {"proxy": "${HUSH}"}
    else:
        entry[key] = {"bearer" if key == "auth" else "X-Key": "${HUSH}"}
    with pytest.raises(ConfigError, match="HUSH, which is not set"):
        loaded(tmp_path, whole)


def test_what_an_error_says_holds_no_value_of_a_header(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        headers(tmp_path, {"headers": {"X-Key": "hush\u00e9", "X-Other": "${WORD}"}}, WORD="hush\n")
    assert "hush" not in str(caught.value)
