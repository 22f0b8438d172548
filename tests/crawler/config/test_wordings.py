from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts import samples
from alerts.card import card_for
from alerts.errors import ConfigError, Problem
from crawler.config import load
from tests.crawler.config.makers import base, loaded, write
from tests.fakes import NOON

if TYPE_CHECKING:
    from pathlib import Path


def problems(folder: Path, template: str | bytes, name: str = "brief.txt") -> list[Problem]:
    (folder / name).write_bytes(template if isinstance(template, bytes) else template.encode())
    path = write(folder, base() | {"cards": {"template": name}})
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    return list(caught.value.problems)


def test_templates_of_cards_and_routes_are_read_by_the_names_that_they_have_there(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "a.txt").write_text("{{ published }} {{ title }}")
    (tmp_path / "b.txt").write_text("{{ outlet }}", "utf-8-sig")
    routes = [{"match": {"severity": "high"}, "to": "#a", "template": "b.txt"}, {"to": "#b", "template": "w/a.txt"}]
    whole = base() | {"timezone": "Asia/Tokyo", "cards": {"template": "w/a.txt"}, "routes": routes}
    config = loaded(tmp_path, whole)
    assert config.cards.template == "w/a.txt"
    assert sorted(config.wordings) == ["b.txt", "w/a.txt"]
    alert = samples.full_alert("#a", NOON)
    assert config.wordings["w/a.txt"].say(card_for(alert), alert.story).startswith("2026-11-02 20:51 JST Japan")
    assert config.wordings["b.txt"].say(card_for(alert), alert.story) == "Pacific Wire"
    assert {path.name for path in config.files.stamps} == {"config.yaml", "a.txt", "b.txt"}


@pytest.mark.parametrize(
    ("template", "line", "message", "hint"),
    [
        ("{{ title }}\n{{ titel }}", 2, "nobody fills in `titel`", "did you mean `title`?"),
        ("{{ title }}\n\n{% if words %}", 3, "Unexpected end of template", None),
        ("a\n{{ title | shout }}", 2, "No filter named 'shout'", "there are: capitalize"),
        ("{{ title }}\n{{ words | first | upper }}", 2, "No first item, sequence was empty", None),
        ("{{ title }}\n{{ words[0] }}", 2, "has no element 0", None),
        (" \n", 1, "it says nothing about a story", "begin with {{ title }}"),
        ("{% macro a() %}{% endmacro %}", 1, "`macro` is not available here", "a wording can use"),
    ],
)
def test_what_is_wrong_in_a_template_is_told_with_its_line(
    tmp_path: Path, template: str, line: int, message: str, hint: str | None
) -> None:
    (problem,) = problems(tmp_path, template)
    assert (problem.place.file, problem.place.line) == (str(tmp_path / "brief.txt"), line)
    assert message in problem.message
    assert (problem.hint or "").startswith(hint or "")


def test_a_template_that_is_no_file_or_no_text_is_told_where_it_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, b"\xff\xfe\x00")
    assert (problem.place.file, "cannot be read" in problem.message) == (str(tmp_path / "config.yaml"), True)
    path = write(tmp_path, base() | {"cards": {"template": "nowhere/a.txt"}})
    with pytest.raises(ConfigError, match=r"`template: nowhere/a\.txt` is no file") as caught:
        load(path, {})
    assert caught.value.problems[0].hint == f"paths are relative to {tmp_path}"
    with pytest.raises(ConfigError, match="is no file"):
        load(write(tmp_path, base() | {"cards": {"template": "."}}), {})


def test_without_a_template_there_are_no_wordings(tmp_path: Path) -> None:
    assert loaded(tmp_path, base()).wordings == {}


def test_a_template_that_did_not_change_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("{{ title }}")
    path = write(tmp_path, base() | {"cards": {"template": "a.txt"}})
    first = load(path, {})
    assert load(path, {}).wordings == first.wordings
    (tmp_path / "a.txt").write_text("{{ title }}!")
    assert load(path, {}).wordings != first.wordings
