from __future__ import annotations

import re
import shutil
import subprocess

import click
import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.cli.man import page


def test_every_command_and_option_is_on_the_page() -> None:
    shown = CliRunner().invoke(tocsin, ["man"]).output.replace("\\-", "-")
    for name in ("run", "sources add", "outbox replay"):
        assert f".SS tocsin {name} " in shown
    assert re.search(r"^\.B --json$", shown, re.MULTILINE)
    assert not re.search(r"^[.'](?!TH |SH |SS |TP|PP|B |RI |nf|fi)", shown, re.MULTILINE)


def test_what_roff_would_take_for_its_own_is_shown_as_it_is() -> None:
    @click.command(help=".dot begins this, and \\n stands in it.\n\n\b\nkeep\n  these lines")
    @click.option("--size", metavar="N-M", help="'quoted'")
    def odd(size: str) -> None:
        """Do nothing."""

    odd.name = "odd"
    shown = page(odd, "1.0")
    assert "\\&.dot begins this, and \\en stands in it." in shown
    assert ".nf\nkeep\n  these lines\n.fi" in shown
    assert ".B \\-\\-size N\\-M\n\\&'quoted'" in shown


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_complain_of() -> None:
    roff = CliRunner().invoke(tocsin, ["man"]).output
    command = [str(shutil.which("groff")), "-Kutf8", "-man", "-Tutf8", "-ww", "-z"]
    done = subprocess.run(command, input=roff.encode(), capture_output=True, check=True)
    assert done.stderr == b""
