from __future__ import annotations

import pytest

from crawler.config.credentials import HIDDEN, Secrets, is_credential, without_credentials


@pytest.mark.parametrize(
    "name",
    ["TOKEN", "WIRE_API_KEY", "WIRE_TOKEN2", "PASSWORD_OF_WIRE", "x-api-key", "apikey", "X-Amz-Signature", "sid"],
)
def test_names_of_credentials_are_known_by_one_of_their_parts(name: str) -> None:
    assert is_credential(name)


@pytest.mark.parametrize("name", ["SITE", "MONKEY", "KEYWORD", "AUTHOR", "compass", "WIRE", ""])
def test_names_that_only_sound_like_it_are_none(name: str) -> None:
    assert not is_credential(name)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://u:p@ss@h.example/x", "http://h.example/x"),
        ("http://h.example/x?x_api_key=hush&a=1", f"http://h.example/x?x_api_key={HIDDEN}&a=1"),
        ("http://h.example/x?X-Auth-Token=hush", f"http://h.example/x?X-Auth-Token={HIDDEN}"),
        ("http://h.example/x#access_token=hush", f"http://h.example/x#access_token={HIDDEN}"),
        ("http://h.example/x#a=1&Access_Token=hush", f"http://h.example/x#a=1&Access_Token={HIDDEN}"),
        ("http://h.example/x?keyword=1#monkey=2", "http://h.example/x?keyword=1#monkey=2"),
        ("http://h.example/@who/x?mail=a@b.example", "http://h.example/@who/x?mail=a@b.example"),
    ],
)
def test_addresses_lose_passwords_with_an_at_and_parameters_wherever_they_stand(url: str, kept: str) -> None:
    assert without_credentials(url) == kept
    assert without_credentials(kept) == kept


def test_who_takes_secrets_one_by_one_takes_all() -> None:
    assert set(Secrets(everywhere=frozenset({"a"}), in_addresses=frozenset({"b"}))) == {"a", "b"}
