"""``tocsin export``: a story with all its evidence in one file, and the check of such a file."""

from __future__ import annotations

import asyncio
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerts.errors import CaptureError
from crawler.cli.common import config_option, json_option, load_config, print_json, shown
from crawler.cli.stories_show import numbers_of
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crawler.capture.playing import Visit
    from crawler.config.model import Config
    from crawler.store.captured import Record


@click.group()
def export() -> None:
    """Hand a story to others with all that proves it, in one file that they can check."""


@export.command("case")
@click.argument("story")
@config_option
@json_option
@click.option(
    "--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; default: case-ID.zip."
)
@click.option("--force", is_flag=True, help="Overwrite the file if there is one.")
def case(story: str, config: str | None, target: Path | None, *, as_json: bool, force: bool) -> None:
    """Write an evidence pack of STORY: a zip with index.html to read and manifest.json to check.

    STORY is the id of a story or its address. The pack holds the fetched bytes as WARC with their hashes and times,
    the text of each version, the rules that held as they were then, what was decided, how it was delivered, and why.
    What it cannot hold is named in it with the reason: bytes are there only where `capture:` kept them. The same
    contents make the same file, byte for byte.
    """
    loaded = load_config(config)
    files, name = asyncio.run(_files(loaded, story))
    from crawler.capture.pack import MANIFEST, packed

    path = target or Path(f"case-{name}.zip")
    data = packed(files)
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise click.UsageError(f"{path} is there already; --force overwrites it, --to FILE writes another") from error
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror or error}") from error
    facts = _facts(path, data, files[MANIFEST])
    if as_json:
        print_json(facts)
        return
    click.echo(f"{click.style('written', fg='green', bold=True)}: {path}, {len(files)} files, {len(data):,} bytes")
    click.echo(f"SHA-256 of the file: {facts['sha256']}")
    for one in facts["missing"]:
        click.echo(f"not in it: {shown(one['what'], 120)}: {shown(one['why'], 200)}", err=True)


@export.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def verify(file: Path, *, as_json: bool) -> None:
    """Check an evidence pack: every file against the manifest, every captured answer against its hash.

    It says that nothing was changed since the pack was made; who made it, only the hash of the whole file can say,
    kept elsewhere. Exit code 1 when anything is not as it was.
    """
    from crawler.capture.pack import check

    found = check(file)
    whole = sha256(file.read_bytes()).hexdigest()
    if as_json:
        facts = {"files": found.files, "answers": found.answers, "faults": found.faults}
        print_json({"ok": not found.faults, "sha256": whole, **facts})
    else:
        for fault in found.faults:
            click.echo(shown(fault, 300), err=True)
        verdict = click.style("not as it was", fg="red", bold=True) if found.faults else "fine"
        click.echo(f"{file}: {verdict}, {found.files} files, {found.answers} captured answers; SHA-256 {whole}")
    if found.faults:
        sys.exit(1)


async def _files(config: Config, wanted: str) -> tuple[Mapping[str, bytes], str]:
    from crawler.capture.evidence import Sources, files_of
    from crawler.capture.redaction import Redactor
    from crawler.capture.rule_texts import name_texts, rule_texts
    from crawler.capture.shelf import folder_of
    from crawler.clock import SystemClock
    from crawler.config.capture import secrets_of
    from crawler.store.captured import CapturedStore

    numbers = numbers_of(config, wanted)
    store = CapturedStore.open(config.store, clock=SystemClock(), exclusive=False)
    try:
        record = await store.record(numbers[0]) if numbers else None
        folder = folder_of(config)
    finally:
        await store.close()
    if record is None:
        raise click.UsageError(f"there is no story {shown(wanted, 80)} in the store; `tocsin search` finds its id")
    name = encode(numbers[0])
    sources = Sources(
        id=name,
        record=record,
        chain=_chain(config, numbers[0], _newest(record)),
        visits=_visits(folder),
        folder=folder,
        redactor=Redactor(secrets_of(config)),
        is_on=config.capture is not None,
        revision=config.judge.revision,
        rules=rule_texts(config.rules),
        names=name_texts(config, os.environ),
    )
    return files_of(sources), name


def _visits(folder: Path) -> list[Visit]:
    from crawler.capture.index import entries
    from crawler.capture.playing import visits_of

    try:
        return visits_of(entries(folder)) if folder.is_dir() else []
    except OSError as error:
        raise CaptureError(f"{error.filename or folder} cannot be read: {error.strerror or error}") from error


def _chain(config: Config, story: int, now: datetime) -> Mapping[str, Any]:
    """Return why a story was told, written as of when something last happened to it, whenever that is asked."""
    from crawler.capture.plain import plain
    from crawler.why.chain import Clock
    from crawler.why.inquiry import chain_about, facts_about
    from crawler.why.subject import Subject

    clock = Clock(now=now, zone=config.timezone)
    facts = plain(chain_about(facts_about(config, Subject(story=story), now), config, clock))
    return facts if isinstance(facts, dict) else {}


def _newest(record: Record) -> datetime:
    moments = [one.at for one in record.editions]
    moments += [step.at for sent in record.deliveries for step in sent.steps]
    return max(moments)


def _facts(path: Path, data: bytes, manifest: bytes) -> dict[str, Any]:
    import json

    said = json.loads(manifest)
    return {
        "file": path,
        "sha256": sha256(data).hexdigest(),
        "bytes": len(data),
        "files": said["files"],
        "missing": said["missing"],
    }
