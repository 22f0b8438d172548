from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import ConfigError
from crawler.config import load
from crawler.config.append import NoPlace, append_to_file, with_sources
from tests.crawler.config.makers import write

if TYPE_CHECKING:
    from crawler.config.writing import Written

NEW: dict[str, Written] = {"id": "new", "url": "https://new.example/"}
BLOCK = "  - id: new\n    url: https://new.example/\n"
FLOW = "{id: new, url: https://new.example/}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"sources:\n{BLOCK}"),
        ("# mine\n", f"# mine\n\nsources:\n{BLOCK}"),
        ("rules: []", f"rules: []\n\nsources:\n{BLOCK}"),
        ("sources:\nrules: []\n", f"sources:\n{BLOCK}rules: []\n"),
        ("sources: # none\n# more\nrules: []\n", f"sources: # none\n{BLOCK}# more\nrules: []\n"),
        ("sources: []  # none\nrules: []\n", f"sources:  # none\n{BLOCK}rules: []\n"),
        ("sources: ~", f"sources:\n{BLOCK}"),
        ("sources: https://a.example/ # one\n", f"sources: # one\n  - https://a.example/\n{BLOCK}"),
        (
            "sources:\n- https://a\n# x\nrules: []\n",
            "sources:\n- https://a\n- id: new\n  url: https://new.example/\n# x\nrules: []\n",
        ),
        (
            "sources:\n  - https://a # t\n    # its own\n  # - off\n\n# ── Names ──\nrules: []\n",
            f"sources:\n  - https://a # t\n    # its own\n  # - off\n{BLOCK}\n# ── Names ──\nrules: []\n",
        ),
        (
            "sources:\n  - {url: https://a,\n     name: A}\n\nrules: []\n",
            f"sources:\n  - {{url: https://a,\n     name: A}}\n{BLOCK}\nrules: []\n",
        ),
        (
            "sources:\n  - url: https://a\n    name: |\n      A\n\n\nrules: []\n",
            f"sources:\n  - url: https://a\n    name: |\n      A\n{BLOCK}\n\nrules: []\n",
        ),
        (
            "sources:\n  - url: https://a\n    name: >-\n      A",
            f"sources:\n  - url: https://a\n    name: >-\n      A\n{BLOCK}",
        ),
        ("sources: [a, b,]\n", f"sources: [a, b, {FLOW},]\n"),
        ("sources: [a,\n  b # c\n  ]\n", f"sources: [a,\n  b, {FLOW} # c\n  ]\n"),
        ('{"sources": [], "rules": []}', f'{{"sources": [{FLOW}], "rules": []}}'),
        ('{"rules": []}', f'{{"rules": [], "sources": [{FLOW}]}}'),
        (
            "sources:\r\n  - a\r\nrules: []\r\n",
            "sources:\r\n  - a\r\n  - id: new\r\n    url: https://new.example/\r\nrules: []\r\n",
        ),
    ],
)
def test_an_entry_is_added_and_everything_else_stays(before: str, after: str) -> None:
    assert with_sources(before, [NEW]) == after


@pytest.mark.parametrize(
    "text",
    [
        "x: &list [a]\nsources: *list\n",
        "sources: {a: b}\n",
        "rules: []\n...\n",
        "- a\n",
        "only text",
        "{}",
        "a: [",
        "a: 1\na b",
    ],
)
def test_where_there_is_no_safe_place_nothing_is_written(text: str) -> None:
    with pytest.raises(NoPlace):
        with_sources(text, [NEW])


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
HEADS = st.sampled_from(
    [
        "",
        "# c\n",
        "a: 1\n",
        "sources:\n",
        "sources: []\n",
        "sources: [x]\n",
        "sources:\n- x\n",
        "sources:\n    - {a: b}\n  # c\n",
    ]
)


@given(HEADS, TEXT, st.lists(TEXT, max_size=3), st.sampled_from(["", "z: 1\n", "# end"]))
def test_any_name_is_written_so_that_it_is_read_back(head: str, name: str, tags: list[str], tail: str) -> None:
    entry: dict[str, Written] = {"id": "new", "name": name, "tier": 2, "tags": tags}
    content = yaml.load(with_sources(head + tail, [entry]), Loader=yaml.CSafeLoader)
    assert content["sources"][-1] == {
        "id": "new",
        "name": name.replace("${", "$ {"),
        "tier": 2,
        "tags": [tag.replace("${", "$ {") for tag in tags],
    }


SOUND = 'sources:\n  - https://a.example/feed  # keep\nrules:\n  - {id: r, when: Japan, to: "#news"}\n'


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND)
    path.chmod(0o640)
    append_to_file(path, [NEW], {})
    assert path.read_text("utf-8") == SOUND.replace("# keep\n", f"# keep\n{BLOCK}")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [source.id for source in load(path, {}).sources] == ["a", "new"]
    assert [one.name for one in tmp_path.iterdir()] == ["config.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    write(tmp_path, SOUND, "real.yaml")
    link = tmp_path / "config.yaml"
    link.symlink_to("real.yaml")
    append_to_file(link, [NEW], {})
    assert link.is_symlink()
    assert "new.example" in (tmp_path / "real.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "new", "url": "https://A.example/feed"},
        {"id": "no id", "url": "https://b.example/"},
        {"id": "b", "url": "https://b.example/", "kind": "feed", "links": "a"},
    ],
)
def test_a_file_that_would_be_wrong_is_not_written(tmp_path: Path, entry: dict[str, Written]) -> None:
    path = write(tmp_path, SOUND)
    with pytest.raises(ConfigError) as caught:
        append_to_file(path, [entry], {})
    assert path.read_text("utf-8") == SOUND
    assert [one.name for one in tmp_path.iterdir()] == ["config.yaml"]
    assert {Path(problem.place.file).name for problem in caught.value.problems} == {"config.yaml"}
