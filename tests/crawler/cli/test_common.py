from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crawler.cli.common import print_json, shown
from spiders.source import Source

if TYPE_CHECKING:
    import pytest


def test_what_a_dataclass_hides_is_hidden_in_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    source = Source(id="a", url="https://a.example/", name="A", headers=(("Authorization", "Bearer hush"),))
    print_json([source, Source(id="b", url="https://b.example/", name="B")])
    secret, plain = json.loads(capsys.readouterr().out)
    assert secret["headers"] == "***"
    assert plain["headers"] == []


def test_a_text_from_outside_cannot_steer_the_terminal() -> None:
    assert shown("a\x1b[31mb\r\nc\u202ed", 6) == "a [31…"
    assert not set("\x1b\r\n\u202e") & set(shown("a\x1b[31mb\r\nc\u202ed"))


def test_json_keeps_a_text_from_turning_a_terminal_around(capsys: pytest.CaptureFixture[str]) -> None:
    text = "a\u202eb\u2066c\x9bd e\u3000f \u05d0"
    print_json({"title": text})
    printed = capsys.readouterr().out
    assert not set("\u202e\u2066\x9b") & set(printed)
    assert "\u05d0" in printed
    assert json.loads(printed) == {"title": text}
