"""docs/slack.md says of scopes, commands and buttons what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.bulletin import Bulletin, Topic
from alerts.slack.actions import GUARDED, MENU_ENTRIES, bulletin_buttons, buttons
from alerts.slack.check import OPTIONAL_SCOPES, SCOPES
from alerts.slack.commands import USAGE
from alerts.slack.manifest import SOCKET_SCOPES

PAGE = (Path(__file__).parent.parent / "docs" / "slack.md").read_text("utf-8")


def test_the_page_lists_the_scopes_of_the_manifest_and_no_other() -> None:
    scopes = {*SCOPES, *OPTIONAL_SCOPES, *SOCKET_SCOPES}
    assert set(re.findall(r"^\| `([a-z]+:?[a-z]*)` \|", PAGE, re.MULTILINE)) == scopes


def test_the_page_lists_every_command_as_the_help_does() -> None:
    listed = re.findall(r"^\| `/tocsin ([^`]+)` \|", PAGE, re.MULTILINE)
    assert listed == [f"{verb} {form}".rstrip() for verb, (form, _) in USAGE.items()]


def test_the_page_lists_every_button_and_menu_entry() -> None:
    *pushed, _ = buttons("K", "r")["elements"]
    for text in (button["text"]["text"] for button in pushed):
        assert re.search(rf"^\|[^|]*\b{text}\b", PAGE, re.MULTILINE), text
    for text in MENU_ENTRIES.values():
        assert f"| ⋯ {text} |" in PAGE


@pytest.mark.parametrize("topic", [Topic.HEALTH, Topic.STORM])
def test_the_page_says_of_the_buttons_of_tocsins_own_messages_what_they_do_and_who_may(topic: Topic) -> None:
    about = Bulletin(channel="#ops", topic=topic, title="t", subject="s")
    *pushed, taken, _ = bulletin_buttons("K", about)["elements"]
    assert f"*{taken['text']['text']}*" in PAGE
    for button in pushed:
        (who,) = re.findall(rf"^\| {button['text']['text']}, below .* \| (\w+) \|$", PAGE, re.MULTILINE)
        assert (who == "admins") is (button["action_id"] in GUARDED)


def test_the_page_says_what_ends_a_trial_and_who_may() -> None:
    about = Bulletin(channel="#ops", topic=Topic.TRIAL, title="t", subject="s")
    promote, _ = bulletin_buttons("K", about)["elements"]
    (who,) = re.findall(rf"^\| {promote['text']['text']}, below .* \| (\w+) \|$", PAGE, re.MULTILINE)
    assert (who == "admins") is (promote["action_id"] in GUARDED)
