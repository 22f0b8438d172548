from __future__ import annotations

import copy
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from alerts.errors import ConfigError
from crawler.config.model import SlackConfig
from crawler.config.secret import Secret
from tests.crawler.config.makers import base, loaded

if TYPE_CHECKING:
    from pathlib import Path


def test_a_variable_stands_anywhere_in_a_text(tmp_path: Path) -> None:
    content = base() | {"fetch": {"contact": "${WHO}@${WHERE}.org"}}
    assert loaded(tmp_path, content, WHO="desk", WHERE="example").fetch.contact == "desk@example.org"


def test_a_variable_cannot_bring_yaml_in(tmp_path: Path) -> None:
    content = base() | {"fetch": {"user_agent": "${AGENT}"}}
    assert loaded(tmp_path, content, AGENT="a: [b, # c").fetch.user_agent == "a: [b, # c"


def test_what_a_variable_holds_is_not_repeated_in_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, base() | {"fetch": {"contact": "${WHO}"}}, WHO="hush hush")
    assert "`contact: ${WHO}` is not an e-mail address" in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("environ", [{}, {"BOT": ""}])
def test_a_token_whose_variable_nobody_set_is_no_token(tmp_path: Path, environ: dict[str, str]) -> None:
    assert loaded(tmp_path, base() | {"slack": {"token": "${BOT}"}}, **environ).slack.token is None


def test_a_token_comes_from_its_variable(tmp_path: Path) -> None:
    token = loaded(tmp_path, base() | {"slack": {"token": "${BOT}"}}, BOT="xoxb-1").slack.token
    assert token is not None
    assert token.reveal() == "xoxb-1"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_token_comes_from_its_file(tmp_path: Path, end: str) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token").write_text("xoxb-2" + end)
    config = loaded(tmp_path, base() | {"slack": {"token_file": "${WHERE}/token"}}, WHERE="secrets")
    assert config.slack.token == Secret("xoxb-2")


def test_the_variable_of_a_token_file_must_be_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs the environment variable WHERE"):
        loaded(tmp_path, base() | {"slack": {"token_file": "${WHERE}/token"}})


def test_a_secret_is_printed_nowhere() -> None:
    secret = Secret("hush")
    slack = SlackConfig(token=secret)
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>10}",
        f"{slack}",
        str(asdict(slack)),
        json.dumps(asdict(slack), default=str),
        str(copy.deepcopy(secret)),
    ]
    assert all("***" in text and "hush" not in text for text in shown)


def test_secrets_are_equal_when_their_texts_are() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


@pytest.mark.parametrize("given", ["[a, b]", "a", "[a, a, b]"])
def test_one_text_is_a_list_of_one_and_repetition_is_told(tmp_path: Path, given: str) -> None:
    text = f'sources: [{{url: "https://example.org/", tags: {given}}}]\nrules: []\n'
    config = loaded(tmp_path, text)
    assert config.sources[0].tags == ("a", "b")[: 2 if "b" in given else 1]
    assert len(config.warnings) == (given == "[a, a, b]")
