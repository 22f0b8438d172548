"""The manifest of the Slack app: all that can be set up without clicking."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import yaml

from alerts.slack.check import OPTIONAL_SCOPES, SCOPES

NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_yaml="
NAME_LIMIT = 35  # characters; Slack's own limit

SOCKET_SCOPES = {
    "commands": "/tocsin does nothing",
    "reactions:read": "a thumb down under a message is not seen",
}


def manifest(name: str = "Tocsin", *, socket: bool = True) -> str:
    """Return the manifest as YAML; raises what ``facts`` raises."""
    return yaml.safe_dump(facts(name, socket=socket), sort_keys=False, allow_unicode=True, width=100)


def facts(name: str = "Tocsin", *, socket: bool = True) -> dict[str, Any]:
    """Return the manifest: the scopes the client needs, and with ``socket`` what buttons and commands need.

    Raises ValueError when the name is empty or longer than Slack takes.
    """
    if not 1 <= len(name.strip()) <= NAME_LIMIT:
        raise ValueError(f"Slack takes names of 1 to {NAME_LIMIT} characters, and this one has {len(name.strip())}")
    scopes = sorted({*SCOPES, *OPTIONAL_SCOPES, *(SOCKET_SCOPES if socket else ())})
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": name.strip(),
            "description": "News alerts for the topics you watch",
            "background_color": "#1d2b3a",
        },
        "features": _features(name.strip(), socket=socket),
        "oauth_config": {"scopes": {"bot": scopes}},
        "settings": _settings(socket=socket),
    }


def manifest_url(name: str = "Tocsin", *, socket: bool = True) -> str:
    """Return the address at which Slack offers to make an app of the manifest; raises what ``manifest`` raises."""
    return NEW_APP + quote(manifest(name, socket=socket), safe="")


def _features(name: str, *, socket: bool) -> dict[str, Any]:
    features: dict[str, Any] = {
        "app_home": {
            "home_tab_enabled": socket,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": True,
        },
        "bot_user": {"display_name": name, "always_online": True},
    }
    if socket:
        command = {
            "command": "/tocsin",
            "description": "Status, rules, mutes, tests and search of Tocsin",
            "usage_hint": "[status | rules | mute RULE 24h | test RULE TEXT | search WORDS | help]",
            "should_escape": False,  # names of people and channels are words like any other
        }
        features["slash_commands"] = [command]
    return features


def _settings(*, socket: bool) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "org_deploy_enabled": False,
        "socket_mode_enabled": socket,
        "token_rotation_enabled": False,
    }
    if socket:
        events = {"bot_events": ["app_home_opened", "reaction_added"]}
        settings = {"event_subscriptions": events, "interactivity": {"is_enabled": True}} | settings
    return settings
