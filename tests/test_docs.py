"""What users can see is in the docs, and what the docs name exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from alerts.outbox import State
from alerts.policy import Reason
from crawler.cli import tocsin

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
COMMANDS = (ROOT / "docs/commands.md").read_text()
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()


def leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from leaves(child, f"{path} {name}")
    else:
        yield path, command


LEAVES = dict(leaves(tocsin, "tocsin"))


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_is_documented_with_its_options(path: str) -> None:
    row = next((line for line in COMMANDS.splitlines() if line.startswith(f"| `{path}")), "")
    assert row, f"docs/commands.md lacks {path}"
    options = {option for one in LEAVES[path].params for option in one.opts if option.startswith("--")}
    for option in options - {"--config", "--json"}:
        assert f"`{option} " in row, f"docs/commands.md does not say what {option} of {path} does"


@pytest.mark.parametrize("path", LEAVES)
def test_the_readme_names_every_command(path: str) -> None:
    assert path.removeprefix("tocsin ") in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_says_what_it_is_for(path: str) -> None:
    command = LEAVES[path]
    assert command.help
    assert len(command.help) > 60
    for one in command.params:
        assert isinstance(one, click.Argument) or getattr(one, "help", None), f"{one.name} of {path} has no help"


@pytest.mark.parametrize("name", [*State, *Reason])
def test_every_state_and_reason_is_explained(name: str) -> None:
    assert f"| `{name}` |" in COMMANDS


def test_the_architecture_names_only_files_that_exist() -> None:
    named = set(re.findall(r"`((?:alerts|spiders|crawler|docs)/[\w/.-]*)`", ARCHITECTURE))
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_architecture_names_every_module_or_its_folder() -> None:
    named = set(re.findall(r"`((?:alerts|spiders|crawler)/[\w/.-]*)`", ARCHITECTURE))
    folders = tuple(path for path in named if path.endswith("/"))
    modules = [
        str(path.relative_to(ROOT))
        for package in ("alerts", "spiders", "crawler")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    ]
    assert [path for path in modules if path not in named and not path.startswith(folders)] == []


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
