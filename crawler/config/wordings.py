"""Wordings of cards: the templates that a configuration names, read and tried before anybody uses them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts import samples
from alerts.card import card_for
from alerts.errors import Place, WordingError
from crawler.config import values
from crawler.config.document import display_name
from crawler.config.nodes import Section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from alerts.face import Wording
    from crawler.config.nodes import Item

_MOMENT = datetime(2026, 11, 2, 14, 10, tzinfo=UTC)  # when the stories happened that wordings are tried on
_LARGEST = 40_000  # bytes that are read


def read_wordings(main: Section, zone: ZoneInfo) -> dict[str, Wording]:
    """Read every template that ``cards:`` or a route names, by the name it has there; times are shown in ``zone``."""
    found: dict[str, Wording | None] = {}
    for item in _named(main):
        name = item.read(values.text)
        if name and name not in found:
            found[name] = _read(item, name, zone)
    return {name: wording for name, wording in found.items() if wording}


def _named(main: Section) -> Iterator[Item]:
    routes = (replace(item, name="an entry of routes") for item in main.entries("routes"))
    for section in (main.section("cards"), *(Section(route, "routes[]") for route in routes)):
        if item := section.get("template"):
            yield item


def _read(item: Item, name: str, zone: ZoneInfo) -> Wording | None:
    """Read a template and try it on two stories, one of which has hardly anything; None, with a problem noted."""
    context = item.context
    folder = context.document.path.resolve().parent
    path = folder / name
    context.notes.note(path)
    try:
        if not path.is_file():
            item.error(f"`template: {name}` is no file", f"paths are relative to {folder}")
            return None
        with path.open("rb") as file:
            return _tried(file.read(_LARGEST).decode("utf-8-sig"), zone)
    except (OSError, ValueError) as error:
        item.error(f"`template: {name}` cannot be read: {error}", "it must be a text in UTF-8")
    except WordingError as error:
        context.findings.error(Place(display_name(path), error.line or 1, 1), str(error), error.hint)
    return None


def _tried(source: str, zone: ZoneInfo) -> Wording:
    from alerts.template import Wording  # the engine is loaded where somebody wants it: it takes its time

    wording = Wording(source, zone)
    alerts = [make("#news", _MOMENT) for make in (samples.full_alert, samples.bare_alert)]
    said = [wording.say(card_for(alert), alert.story) for alert in alerts]
    if not any(said):
        raise WordingError("it says nothing about a story", hint="begin with {{ title }}")
    return wording
