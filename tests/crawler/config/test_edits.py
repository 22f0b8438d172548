"""Edits change one thing of one rule, and leave every other byte as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import ConfigError
from alerts.rules.nodes import And
from crawler.config import load
from crawler.config.diffs import unified
from crawler.config.edits import narrowed, promoted

if TYPE_CHECKING:
    from alerts.rules.ruleset import Rule

HEAD = "store: sqlite:///t.db   # where\nsources: [https://example.org/feed]\n\nrules:\n"
BLOCK = """\
  # the first one
  - id: a
    when: nickel AND cobalt   # why
    shadow: true   # until March
    to: ["#x"]
"""
SHADOWS = {
    "in the middle": (BLOCK, BLOCK.replace("    shadow: true   # until March\n", "")),
    "first": (
        '  - shadow: yes\n    id: a\n    when: x1\n    to: ["#x"]\n',
        '  - id: a\n    when: x1\n    to: ["#x"]\n',
    ),
    "last": ('  - id: a\n    when: x1\n    to: ["#x"]\n    shadow: true', '  - id: a\n    when: x1\n    to: ["#x"]\n'),
    "flow": ('  - {id: a, when: x1, shadow: true, to: ["#x"]}\n', '  - {id: a, when: x1, to: ["#x"]}\n'),
    "flow, last": ('  - {id: a, when: x1, to: "#x", shadow: true }\n', '  - {id: a, when: x1, to: "#x" }\n'),
    "flow on lines": (
        '  - {\n    id: a, # one\n    shadow: true,\n    when: x1, to: "#x"\n    }\n',
        '  - {\n    id: a, # one\n    when: x1, to: "#x"\n    }\n',
    ),
    "windows": (
        BLOCK.replace("\n", "\r\n"),
        BLOCK.replace("    shadow: true   # until March\n", "").replace("\n", "\r\n"),
    ),
}
QUERIES = {
    "plain": ("nickel", "nickel NOT juice"),
    "plain or": ("nickel OR cobalt", "(nickel OR cobalt) NOT juice"),
    "bracketed": ("(nickel OR cobalt)", "(nickel OR cobalt) NOT juice"),
    "listed": ("(nickel, cobalt)", "(nickel, cobalt) NOT juice"),
    "near": ("nickel NEAR/5 cobalt", "nickel NEAR/5 cobalt NOT juice"),
    "denial": ("nickel NOT cobalt", "nickel NOT cobalt NOT juice"),
    "double": ('"nickel OR \\"cobalt\\""', '"(nickel OR \\"cobalt\\") NOT juice"'),
    "single": ("'nickel'", "'nickel NOT juice'"),
    "block": ("|\n      nickel\n        OR cobalt\n\n", "|\n      (nickel\n        OR cobalt)\n      NOT juice\n\n"),
    "folded": (">-\n      nickel AND\n      cobalt\n", ">-\n      nickel AND\n      cobalt\n      NOT juice\n"),
}


def rule(folder: Path, text: str, name: str = "a") -> Rule:
    (folder / "config.yaml").write_bytes(text.encode())
    return next(one for one in load(folder / "config.yaml", {}).rules.rules if one.id == name)


@pytest.mark.parametrize("case", SHADOWS)
def test_a_trial_ends_and_nothing_else_changes(tmp_path: Path, case: str) -> None:
    before, after = SHADOWS[case]
    edit = promoted(rule(tmp_path, HEAD + before))
    assert edit.after == HEAD + after
    assert not rule(tmp_path, edit.after).shadow


@pytest.mark.parametrize("case", QUERIES)
def test_a_query_is_narrowed_as_a_whole(tmp_path: Path, case: str) -> None:
    before, after = QUERIES[case]
    text = f'{HEAD}  - id: a\n    when: {before}\n    # of the channel\n    to: ["#x"]\n'
    edit = narrowed(rule(tmp_path, text), "NOT juice")
    assert edit.after == text.replace(before, after)
    query = rule(tmp_path, edit.after).query
    assert isinstance(query, And)


def test_a_rule_of_an_included_file_is_edited_there(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "more.yaml").write_text('rules:\n  - {id: b, when: nickel, shadow: true, to: "#x"}\n')
    text = "sources: [https://example.org/feed]\ninclude: [rules/*.yaml]\n"
    edit = promoted(rule(tmp_path, text, "b"))
    assert Path(edit.file) == tmp_path / "rules" / "more.yaml"
    assert "shadow" not in edit.after


def test_the_file_is_read_as_it_stands_now(tmp_path: Path) -> None:
    known = rule(tmp_path, HEAD + BLOCK)
    (tmp_path / "config.yaml").write_text(HEAD + BLOCK.replace("    shadow: true   # until March\n", ""))
    with pytest.raises(ConfigError, match="stands where it cannot be edited safely, or the file has changed since"):
        promoted(known)
    (tmp_path / "config.yaml").unlink()
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        promoted(known)


def test_an_anchor_stays_where_it_is(tmp_path: Path) -> None:
    own = 'rules:\n  - &one {id: a, when: nickel, shadow: true, to: "#x"}\n'
    edit = promoted(rule(tmp_path, f"sources: [https://example.org/feed]\n{own}"))
    assert "&one {id: a, when: nickel, to" in edit.after


def test_a_diff_shows_nothing_but_rules(tmp_path: Path) -> None:
    text = f"sources: [https://example.org/feed]\nslack: {{token: xoxb-1}}\nrules:\n{BLOCK}cards: {{hold: 7s}}\n"
    edit = promoted(rule(tmp_path, text))
    assert "xoxb" not in edit.diff
    assert "7s" not in edit.diff
    assert applied(text, edit.diff) == edit.after


@pytest.mark.parametrize("case", SHADOWS)
def test_the_diff_makes_the_edit(tmp_path: Path, case: str) -> None:
    edit = promoted(rule(tmp_path, HEAD + SHADOWS[case][0]))
    assert applied(edit.before, edit.diff) == edit.after


@given(st.lists(st.sampled_from(["a: b\n", "c\n", "\n", "d"]), max_size=8).map("".join), st.integers(0, 8))
def test_a_diff_says_all_that_differs(before: str, at: int) -> None:
    after = before[:at] + "new\n" + before[at:]
    assert applied(before, unified("config.yaml", before, after, (0, len(before)))) == after


def applied(text: str, diff: str) -> str:
    """Apply a unified diff, by its definition: https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html"""
    lines, made, at = text.splitlines(keepends=True), list[str](), 0
    body = diff.splitlines(keepends=True)[2:]
    for number, line in enumerate(body):
        cut = number + 1 < len(body) and body[number + 1].startswith("\\")
        said = line[1:].removesuffix("\n") if cut else line[1:]
        if line.startswith("@@"):
            start = int(line.split(" ")[1].split(",")[0].removeprefix("-"))
            upto = start if line.split(" ")[1].endswith(",0") else start - 1
            made += lines[at:upto]
            at = upto
        elif line.startswith(("-", " ")):
            assert lines[at] == said
            made += [said] if line.startswith(" ") else []
            at += 1
        elif line.startswith("+"):
            made.append(said)
    return "".join([*made, *lines[at:]])
