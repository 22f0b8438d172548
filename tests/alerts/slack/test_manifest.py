from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from alerts.slack.check import OPTIONAL_SCOPES, SCOPES
from alerts.slack.commands import Verb
from alerts.slack.manifest import SOCKET_SCOPES, manifest, manifest_url


def test_without_buttons_it_asks_for_what_the_client_needs_and_no_more() -> None:
    made = yaml.safe_load(manifest(socket=False))
    assert made["oauth_config"]["scopes"]["bot"] == sorted({*SCOPES, *OPTIONAL_SCOPES})
    assert made["settings"]["socket_mode_enabled"] is False
    assert not {"interactivity", "event_subscriptions"} & made["settings"].keys()
    assert "slash_commands" not in made["features"]
    assert made["features"]["app_home"]["home_tab_enabled"] is False


def test_with_buttons_it_asks_for_the_command_the_events_and_the_home_page_too() -> None:
    made = yaml.safe_load(manifest())
    assert made["oauth_config"]["scopes"]["bot"] == sorted({*SCOPES, *OPTIONAL_SCOPES, *SOCKET_SCOPES})
    assert made["settings"]["interactivity"] == {"is_enabled": True}
    assert made["settings"]["event_subscriptions"]["bot_events"] == ["app_home_opened", "reaction_added"]
    (command,) = made["features"]["slash_commands"]
    assert command["command"] == "/tocsin"
    hinted = {part.split()[0] for part in command["usage_hint"].strip("[]").split(" | ")}
    assert hinted <= set(Verb)


@pytest.mark.parametrize("name", ["Tocsin", "Tocsin: München & Paris", "yes", "#1"])
def test_the_name_is_the_apps_and_the_bots_whatever_it_is(name: str) -> None:
    made = yaml.safe_load(manifest(name))
    assert made["display_information"]["name"] == made["features"]["bot_user"]["display_name"] == name


@pytest.mark.parametrize("name", ["", " ", "x" * 36])
def test_a_name_that_slack_refuses_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 35 characters"):
        manifest(name)


def test_the_address_carries_the_same_manifest_and_is_short_enough_to_click() -> None:
    url = manifest_url("Tocsin & co")
    assert parse_qs(urlsplit(url).query)["manifest_yaml"] == [manifest("Tocsin & co")]
    assert len(url) < 4000
