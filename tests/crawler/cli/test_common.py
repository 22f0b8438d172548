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
