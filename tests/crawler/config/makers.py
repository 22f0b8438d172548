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
        "sources": [{"url": "https://www.example.org/feed.xml"}],
        "entities": {"japan": {"aliases": ["Japan"]}},
        "rules": [{"id": "japan", "when": "$japan", "to": "#news"}],
    }


def with_key(path: str, value: object) -> dict[str, Any]:
    """The smallest configuration that holds the key of ``path`` as crawler.config.keys writes it."""
    whole = base()
    here: Any = whole
    steps = path.replace("[]", ".0").split(".")
    for step in steps[:-1]:
        key = 0 if step == "0" else "japan" if step == "*" else step
        here = here.setdefault(key, {}) if isinstance(here, dict) else here[key]
    here[steps[-1]] = value
    return whole


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
