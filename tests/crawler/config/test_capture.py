from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import ConfigError
from crawler.config import load
from crawler.config.capture import secrets_of
from crawler.config.credentials import Secrets

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.config.model import Config

SOURCES = """
sources:
  - https://one.example/${TOKEN}/feed.xml
  - url: https://two.example/feed.xml
    headers: {Accept-Language: ja, X-Api-Key: sesame}
    auth: {bearer: hush-hush}
rules: []
"""


def loaded(tmp_path: Path, first: str) -> Config:
    path = tmp_path / "config.yaml"
    path.write_text(first + SOURCES)
    return load(path, {"TOKEN": "s3cret"})


@pytest.mark.parametrize(
    ("written", "kept"),
    [("capture: 7d", timedelta(days=7)), ("capture: off", None), ("capture: null", None), ("", None)],
)
def test_it_says_for_how_long_answers_are_kept(tmp_path: Path, written: str, kept: timedelta | None) -> None:
    assert loaded(tmp_path, written).capture == kept


@pytest.mark.parametrize("written", ["7", "yes", "1m", "9000d", "[7d]"])
def test_what_is_no_such_time_is_a_mistake(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigError, match="capture"):
        loaded(tmp_path, f"capture: {written}")


def test_values_of_variables_and_credentials_are_secrets_and_other_headers_are_not(tmp_path: Path) -> None:
    config = loaded(tmp_path, "")
    assert set(secrets_of(config)) == {"s3cret", "sesame", "Bearer hush-hush", "hush-hush"}
    assert "s3cret" not in repr(config.hidden)


@pytest.mark.parametrize(
    ("address", "environ"),
    [
        ("https://one.example/${WIRE_API_KEY}/feed", {"WIRE_API_KEY": "Gold"}),
        ("https://one.example/feed?token=${WIRE}", {"WIRE": "Gold"}),
        ("https://one.example/feed?X-Api-Key=${WIRE}", {"WIRE": "Gold"}),
        ("https://one.example/${WIRE}/feed", {"WIRE": "Gold-of-the-town"}),
    ],
)
def test_a_value_is_a_secret_everywhere_by_its_name_its_place_or_its_length(
    tmp_path: Path, address: str, environ: dict[str, str]
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"sources: [{{url: '{address}'}}]\nrules: []\n")
    assert secrets_of(load(path, environ)) == Secrets(everywhere=frozenset(environ.values()))


@pytest.mark.parametrize("address", ["https://one.example/feed?site=${SITE}", "https://one.example/${SITE}/feed"])
def test_a_short_value_of_any_other_variable_is_a_secret_in_addresses_only(tmp_path: Path, address: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"sources: [{{url: '{address}'}}]\nrules: []\n")
    assert secrets_of(load(path, {"SITE": "Gold"})) == Secrets(everywhere=frozenset(), in_addresses=frozenset({"Gold"}))
