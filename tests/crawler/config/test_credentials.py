from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.credentials import HIDDEN, Secrets, is_credential, tellable, without_credentials


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


@pytest.mark.parametrize(
    ("text", "open_", "concealed"),
    [
        (
            "moved to http://h.example/a?token=hush: seen",
            f"moved to http://h.example/a?token={HIDDEN}: seen",
            "/…: seen",
        ),
        ("http://u:hush@h.example:8080/a?b=c", "http://h.example:8080/a?b=c", ":8080/…"),
        ("from http://h.example: no", "from http://h.example: no", "http://h.example/…: no"),
        ("503 Service Unavailable", "503 Service Unavailable", "503 Service Unavailable"),
    ],
)
def test_a_text_keeps_its_words_and_loses_what_its_addresses_hide(text: str, open_: str, concealed: str) -> None:
    assert tellable(text) == open_
    assert tellable(text, concealed=True).endswith(concealed)


WORD = st.text("abc:;,.&=@%?/#'", max_size=12)


@given(WORD, WORD, WORD)
def test_of_a_concealed_address_nothing_is_told_but_its_host(path: str, query: str, after: str) -> None:
    told = tellable(f"at https://h.example/{path}SECRET?{query}SECRET#{after} and on", concealed=True)
    assert told.partition("https://h.example/…")[2] in {" and on", ": and on"}
