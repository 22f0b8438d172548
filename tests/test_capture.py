"""A stored run and its capture: what was fetched then, run again, tells exactly what was told then."""

from __future__ import annotations

import asyncio
import json
import shutil
import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, TypeVar

import pytest
from click.testing import CliRunner

from alerts.errors import CaptureError
from crawler.app import App
from crawler.capture.index import entries
from crawler.capture.pack import packed
from crawler.capture.redaction import IN_BODY
from crawler.capture.replaying import play
from crawler.capture.shelf import Shelf
from crawler.capture.warc import exchanges
from crawler.cli import tocsin
from crawler.cli.daemon import notifier
from spiders.article import Article
from tests.crawler.capture.makers import exchange, occasion
from tests.crawler.crawling import InlineParser
from tests.fakes import LeapingClock
from tests.town import SECRETS, Town, new_town

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from crawler.capture.replaying import Played
    from crawler.config.model import Config

T = TypeVar("T")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A town whose day is over: what it left on the disk is all there is."""

    async def lived() -> Town:
        async with new_town(tmp_path_factory.mktemp("town")) as made:
            await made.live()
            return made

    return asyncio.run(lived())


async def played(config: Config) -> Played:
    return await play(config, parser=InlineParser())


async def test_what_was_captured_tells_exactly_what_was_told(town: Town) -> None:
    found = await played(town.config())
    assert found.comparison.is_same, found.comparison
    assert found.comparison.same >= len(town.slack.texts("news")) >= 8
    assert not found.missing
    assert found.visits == 32
    assert found.unsure == 0
    assert not any(secret in town.captured() for secret in SECRETS)


async def test_a_change_of_rules_is_seen_as_a_difference(town: Town) -> None:
    found = (await played(town.edited("treaty OR agreement, severity: high", "treaty OR weather"))).comparison
    assert {one.told.title for one in found.lost} == {"Lithium agreement near"}
    assert [(one.title, one.words) for one in found.gained] == [("Weather", ("Weather",))]
    changed = {one.after.title: one for one in found.changed}
    assert {*changed["Statement"].before.words} == {"agreement"}
    assert {*changed["Statement"].after.words} == {"treaty"}
    assert changed["A treaty of the section"].what == ("severity",)


class Clumsy(InlineParser):
    """Code of another day, which loses the text of every page."""

    async def run(self, function: Callable[..., T], *args: object) -> T:
        made = await super().run(function, *args)
        return replace(made, text="") if isinstance(made, Article) else made


async def test_a_change_of_code_is_seen_as_a_difference(town: Town) -> None:
    found = (await play(town.config(), parser=Clumsy())).comparison
    assert {(one.told.title, one.told.rule) for one in found.lost} >= {("Statement", "treaty")}


class Broken(InlineParser):
    """Code of another day, which breaks."""

    async def run(self, function: Callable[..., T], *args: object) -> T:
        raise RuntimeError(f"a fault of ours in {function} of {len(args)}")


async def test_code_that_breaks_is_not_the_same(town: Town) -> None:
    found = await play(town.config(), parser=Broken())
    assert not found.is_same
    assert len(found.comparison.lost) >= 8


async def test_a_source_that_is_gone_and_one_that_was_not_captured_are_told(town: Town) -> None:
    gone = await played(town.edited("id: wire,", "id: other,"))
    assert gone.skipped == {"its source is not configured any more": 6}
    assert {one.told.source for one in gone.comparison.lost} == {"wire"}
    lately = await play(town.config(), since=town.now() - timedelta(hours=5), parser=InlineParser())
    assert lately.comparison.is_same, lately.comparison
    assert set(lately.comparison.aside) == {
        "known before what is captured begins, so told once more",
        "its rule counts stories, some from before what is captured begins",
    }


async def test_without_a_capture_there_is_nothing_to_run(tmp_path: Path) -> None:
    async with new_town(tmp_path) as town:
        config = town.edited("capture: 7d", "capture: off")
        async with notifier(config) as teller:
            app = App(config, teller, LeapingClock())
            await app.store.close()
        assert app.capture is None
        with pytest.raises(CaptureError, match="nothing captured"):
            await played(config)


def test_a_capture_that_does_not_tell_the_order_is_played_by_its_last_answers(town: Town, tmp_path: Path) -> None:
    shutil.copytree(town.folder, tmp_path / "old")
    for path in (tmp_path / "old/capture").glob("*.commits"):
        path.unlink()
    done = CliRunner().invoke(tocsin, ["-c", str(tmp_path / "old/config.yaml"), "replay", "--from-capture"])
    assert done.exit_code == 0, done.output
    assert "32 visits are made in the order of their last answers" in done.stdout
    assert "the same alerts" in done.stdout


# ---------------------------------------------------------------- evidence


def tocsin_says(town: Town, *arguments: str) -> Result:
    return CliRunner().invoke(tocsin, ["--config", str(town.file), *arguments])


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def test_a_case_holds_all_that_proves_a_story(town: Town, tmp_path: Path) -> None:
    pack = tmp_path / "case.zip"
    done = tocsin_says(town, "export", "case", f"{town.base}/m1.html", "--to", str(pack))
    assert done.exit_code == 0, done.output
    files = contents(pack)
    manifest = json.loads(files["manifest.json"])
    assert manifest["missing"] == []
    assert manifest["files"].keys() == files.keys() - {"manifest.json"}
    bodies = [one.page.body for one in exchanges(BytesIO(files["fetches.warc.gz"])) if one.page]
    assert any(b"sign an agreement on lithium" in body for body in bodies)
    assert any(b"do not sign the treaty" in body for body in bodies)
    assert any(b"<guid>m1</guid>" in body for body in bodies)
    assert b"sign an agreement" in files["versions/2.txt"]
    (rules,) = (json.loads(data) for name, data in files.items() if name.startswith("rules/"))
    assert rules["rules"]["treaty"]["when"] == "treaty OR agreement"
    sent = json.loads(files["deliveries.json"])
    assert sent[0]["state"] == "sent"
    assert sent[0]["receipt"]
    assert json.loads(files["why.json"])["told"] is True
    assert not any(secret.encode() in data for secret in SECRETS for data in files.values())
    cover = files["index.html"].decode()
    assert "<script" not in cover
    assert "Statement" in cover
    again = tmp_path / "again.zip"
    assert tocsin_says(town, "export", "case", f"{town.base}/m1.html", "--to", str(again)).exit_code == 0
    assert again.read_bytes() == pack.read_bytes()
    assert tocsin_says(town, "export", "case", f"{town.base}/m1.html", "--to", str(again)).exit_code == 2


def test_a_case_is_checked(town: Town, tmp_path: Path) -> None:
    pack = tmp_path / "case.zip"
    tocsin_says(town, "export", "case", f"{town.base}/w1.html", "--to", str(pack))
    assert tocsin_says(town, "export", "verify", str(pack)).exit_code == 0
    files = contents(pack)
    pack.write_bytes(packed(files | {"versions/1.txt": b"Nothing was signed"}))
    done = tocsin_says(town, "export", "verify", str(pack), "--json")
    assert done.exit_code == 1
    assert "versions/1.txt" in json.loads(done.stdout)["faults"][0]


def test_a_case_without_a_capture_says_what_is_missing(town: Town, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("tocsin.db", "config.yaml"):
        shutil.copy(town.folder / name, elsewhere / name)
    config = (elsewhere / "config.yaml").read_text().replace("capture: 7d", "capture: off")
    (elsewhere / "config.yaml").write_text(config.replace("when: treaty OR agreement", "when: treaty"))
    pack = tmp_path / "case.zip"
    url = f"{town.base}/w1.html"
    done = CliRunner().invoke(
        tocsin, ["-c", str(elsewhere / "config.yaml"), "export", "case", url, "--to", str(pack), "--json"]
    )
    assert done.exit_code == 0, done.output
    missing = {one["what"]: one["why"] for one in json.loads(done.stdout)["missing"]}
    assert missing["the bytes that version 1 came from"] == "not captured: `capture:` is off"
    assert any("the text of the rule treaty" in what for what in missing)
    assert "fetches.warc.gz" not in contents(pack)
    assert tocsin_says(town, "export", "verify", str(pack)).exit_code == 0


def test_a_case_whose_captured_file_is_gone_or_unreadable_says_so(town: Town, tmp_path: Path) -> None:
    elsewhere, pack = tmp_path / "elsewhere", tmp_path / "case.zip"
    shutil.copytree(town.folder, elsewhere)
    for file in (elsewhere / "capture").glob("*.warc.gz"):
        file.unlink()
    export = ["-c", str(elsewhere / "config.yaml"), "export", "case", f"{town.base}/w1.html", "--to", str(pack)]
    done = CliRunner().invoke(tocsin, export)
    assert done.exit_code == 0, done.output
    assert "cannot be read" in done.output
    assert "fetches.warc.gz" not in contents(pack)
    assert tocsin_says(town, "export", "verify", str(pack)).exit_code == 0
    index = next((elsewhere / "capture").glob("*.cdxj"))
    index.unlink()
    index.mkdir()
    error = CliRunner().invoke(tocsin, export).exception
    assert isinstance(error, CaptureError)
    assert f"{index.name} cannot be read" in str(error)


def test_answers_that_had_secrets_taken_out_are_counted_where_something_differs(town: Town, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(town.folder, elsewhere)
    middle = sorted(entries(elsewhere / "capture"), key=lambda one: one.at)[5].at
    visit = replace(occasion("altered", began=middle), source="ministry")
    shelf = Shelf(elsewhere / "capture", timedelta(days=7))
    shelf.write([exchange(occasion=visit, at=middle, withheld=(IN_BODY,))], middle)
    shelf.close()
    config = elsewhere / "config.yaml"
    replay = ["-c", str(config), "replay", "--from-capture"]
    same = CliRunner().invoke(tocsin, replay)
    assert same.exit_code == 0, same.output
    assert "secrets taken out" not in same.output
    config.write_text(config.read_text().replace("treaty OR agreement, severity: high", "treaty OR weather"))
    differs = CliRunner().invoke(tocsin, replay)
    assert differs.exit_code == 1
    assert "  1 answers had secrets taken out" in differs.output
    assert json.loads(CliRunner().invoke(tocsin, [*replay, "--json"]).stdout)["altered"] == 1
