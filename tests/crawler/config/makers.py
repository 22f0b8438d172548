"""Configurations to test with, made from a key's path or from text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from crawler.config import Config, load
from crawler.config.document import Document
from crawler.config.findings import Findings
from crawler.config.nodes import Context, Item


def base() -> dict[str, Any]:
    return {
        "sources": [{"url": "https://www.example.org/feed.xml", "country": "jp", "tier": "1"}],
        "entities": {"japan": {"aliases": ["Japan"]}},
        "rules": [{"id": "japan", "when": "$japan", "to": "#news", "tags": ["asia"], "owner": "anna"}],
        "notifiers": {"audit": {"jsonl": "audit.jsonl"}},
    }


# What has to stand beside a key for the configuration to be sound.
_COMPANY: dict[str, dict[str, object]] = {
    "slack.app_token": {"token": "xoxb-1"},
    "entities.*.aliases[].": {"text": "Japan"},
    "entities.*.aliases[].within": {"needs": "Tokyo"},
    "sources[].links": {"kind": "listing"},
    "sources[].next": {"kind": "listing"},
    "sources[].pages": {"kind": "listing", "next": "a.next"},
    "notifiers.*.webhook": {"secret": "hush"},
    "notifiers.*.secret": {"webhook": "https://hooks.example/tocsin"},
    "fallback": {"notifiers": {"mail": {"jsonl": "mail.jsonl"}}},
    "websub.": {"listen": "127.0.0.1:8322", "public_url": "https://desk.example/websub"},
    "routes[].": {"to": ["#duty"]},
    "quiet_hours[].": {"name": "night", "between": "22:00-07:00"},
    "budgets.": {"per_channel": "20/h"},
    "escalate[].": {"severity": "critical", "unless_acked": "15m", "to": ["#managers"]},
    "digests[].": {"name": "morning", "at": "07:30", "to": ["#news"]},
    "rules[].raise[].": {"to": "critical", "if": "Tokyo"},
    "rules[].count.": {"n": "5", "within": "1h"},
    "rules[].spike.": {"times": "4", "within": "1h", "against": "14d"},
    "rules[].tests.match[].": {"body": "Japan"},
    "rules[].tests.ignore[].": {"body": "France"},
}


def with_key(path: str, value: object) -> dict[str, Any]:
    """The smallest configuration that holds the key of ``path`` as crawler.config.keys writes it."""
    whole, section = _home_of(path)
    section[path.rpartition(".")[2]] = value
    return whole


def without_key(path: str) -> dict[str, Any]:
    """The same without the key."""
    whole, section = _home_of(path)
    section.pop(path.rpartition(".")[2], None)
    return whole


def _home_of(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A configuration, and the mapping in it that holds the key of ``path``."""
    whole = base()
    here = _section_of(whole, path)
    for prefix, company in _COMPANY.items():
        if path.startswith(prefix):
            home = _section_of(whole, prefix)
            home |= company
    if path == "health.canary":
        whole["slack"] = {"ops_channel": "#ops"}
    return whole, here


def _section_of(whole: dict[str, Any], path: str) -> dict[str, Any]:
    """The mapping that holds the key of ``path``, made where it is not there."""
    here: Any = whole
    section = path.rpartition(".")[0]
    for step in section.split(".") if section else ():
        key = "japan" if step == "*" else step.removesuffix("[]")
        if not step.endswith("[]"):
            here = here.setdefault(key, {})
            continue
        if not isinstance(here.get(key), list) or not isinstance(here[key][0], dict):
            here[key] = [{}]
        here = here[key][0]
    return here  # type: ignore[no-any-return]


def write(folder: Path, content: str | dict[str, Any], name: str = "config.yaml") -> Path:
    """Write a configuration; a dict goes as JSON, which is YAML."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), "utf-8")
    return path


def loaded(folder: Path, content: str | dict[str, Any], **environ: str) -> Config:
    return load(write(folder, content), environ)


def item(text: str, **environ: str) -> Item:
    """The root of a document, without a file."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    assert root is not None
    document = Document(Path("test.yaml"), "test.yaml", tuple(text.split("\n")), root)
    return Item("test", root, Context(document, Findings(), environ))
