"""docs/slack.md says of scopes, commands and buttons what the program says."""

from __future__ import annotations

import re
from pathlib import Path

from alerts.slack.actions import MENU_ENTRIES, buttons
from alerts.slack.check import SCOPES
from alerts.slack.commands import USAGE
from alerts.slack.manifest import SOCKET_SCOPES

PAGE = (Path(__file__).parent.parent / "docs" / "slack.md").read_text("utf-8")


def test_the_page_lists_the_scopes_of_the_manifest_and_no_other() -> None:
    assert set(re.findall(r"^\| `([a-z]+:?[a-z]*)` \|", PAGE, re.MULTILINE)) == {*SCOPES, *SOCKET_SCOPES}


def test_the_page_lists_every_command_as_the_help_does() -> None:
    listed = re.findall(r"^\| `/tocsin ([^`]+)` \|", PAGE, re.MULTILINE)
    assert listed == [f"{verb} {form}".rstrip() for verb, (form, _) in USAGE.items()]


def test_the_page_lists_every_button_and_menu_entry() -> None:
    *pushed, _ = buttons("K", "r")["elements"]
    for text in (button["text"]["text"] for button in pushed):
        assert re.search(rf"^\|[^|]*\b{text}\b", PAGE, re.MULTILINE), text
    for text in MENU_ENTRIES.values():
        assert f"| ⋯ {text} |" in PAGE
