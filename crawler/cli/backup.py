"""``tocsin backup``, ``restore`` and ``migrate``: copies of the store, and what is done with them."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json, working

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crawler.config.model import Config
    from crawler.store.backup import Copied, Restored


@click.command()
@config_option
@json_option
@click.option("--to", "target", type=click.Path(path_type=Path), help="The file; else one in the folder `backup.path`.")
@click.option("--verify", "verified", type=click.Path(path_type=Path), help="Make none: see whether this one is sound.")
def backup(config: str | None, target: Path | None, verified: Path | None, *, as_json: bool) -> None:
    """Copy the store, while the daemon runs, and verify the copy; `backup.keep` of them are kept.

    A copy is one file: every message, story and decision. It takes some four seconds for each GB, and as long again to
    verify it. Of a PostgreSQL database it is made by pg_dump, and verified by pg_restore. Exit code 1 when it could
    not be made, or is not sound.
    """
    from crawler.store.copies import Copies, verify
    from crawler.store.place import shown

    loaded = load_config(config)
    if verified is not None:
        with working(f"verifying {verified}"):
            made = verify(verified)
        _print_copy(made, "sound", as_json=as_json)
        return
    copies = Copies(loaded.store)
    path = target or loaded.care.backup.path / copies.name_for(_now())
    if path.exists():
        raise click.UsageError(f"{path} is there already: name another file with --to")
    with working(f"copying {shown(loaded.store)}"):
        made = copies.make(path)
        if target is None:
            copies.prune(path.parent, loaded.care.backup.keep)
    _print_copy(made, "made and verified", as_json=as_json)


@click.command()
@config_option
@json_option
@click.argument("copy", type=click.Path(path_type=Path))
def restore(config: str | None, copy: Path, *, as_json: bool) -> None:
    """Put a copy in the place of the store, while no daemon runs.

    The copy is verified first, and the store that it replaces is kept beside it under another name. What that one knows
    beyond the copy, above all what people were told since, is carried over, so that nothing is told twice. Where it
    cannot be read, every source starts over with a first visit, for which `backlog:` says what is told.

    A copy of a PostgreSQL database is put into an empty one only, and nothing is carried over.
    """
    from crawler.store import backup as copies
    from crawler.store.copies import require_kind
    from crawler.store.place import file_of

    loaded = load_config(config)
    require_kind(copy, loaded.store)
    database = file_of(loaded.store)
    if database is None:
        _restore_dump(copy, loaded.store, as_json=as_json)
        return
    with _alone(database), working(f"restoring {database}"):
        done = copies.restore(copy, database, _now())
    if as_json:
        print_json(done)
    else:
        _print_restored(done, database)


@click.command()
@config_option
@json_option
@click.option("--to", "target", metavar="URL", help="Copy the store to another database: an address as `store:` has.")
def migrate(config: str | None, target: str | None, *, as_json: bool) -> None:
    """Bring the store to the schema of this program, after a copy of it was made; `tocsin run` does the same.

    While a daemon runs it refuses. The copy stands beside the store; an older program can be used again with it.

    With --to nothing is changed in the store: all of it is copied to an empty database, from SQLite to PostgreSQL or
    back, also while the daemon runs. Run it again, and it goes on where it stopped; stop the daemon and run it once
    more, and it brings over what came since, verifies every row, and says what to write as `store:`. Leave a password
    out of the address where others can see what runs: PGPASSWORD and ~/.pgpass work.
    """
    from crawler.store import backup as copies
    from crawler.store.place import file_of, shown
    from crawler.store.schema import HEAD

    loaded = load_config(config)
    if target is not None:
        from crawler.cli.moving import move_store

        move_store(loaded, target, as_json=as_json)
        return
    file, database = file_of(loaded.store), shown(loaded.store)
    if file is None:
        before, copy = _bring_up_server(loaded)
    else:
        with _alone(file), working(f"migrating {file}"):
            before, copy = copies.bring_up(file)
    if as_json:
        print_json({"before": before, "now": HEAD, "copy": copy})
    elif copy is None:
        click.echo(f"{database} has the schema {HEAD}: nothing to do")
    else:
        click.echo(f"{database}: schema {before} → {HEAD}; the copy from before is {copy}")


def _restore_dump(copy: Path, url: str, *, as_json: bool) -> None:
    from crawler.store import dumps
    from crawler.store.place import shown

    with working(f"restoring {shown(url)}"):
        made = dumps.restore(copy, url, _now())
    if as_json:
        print_json({"copy": made, "aside": None, "carried": {}, "unread": "", "twins": 0, "withdrawn": 0})
        return
    _print_copy(made, f"is in {shown(url)} now", as_json=False)
    click.echo("what was told since the copy is not known to it: that may be told again", err=True)


def _bring_up_server(config: Config) -> tuple[str | None, Path | None]:
    """Migrate a server's database, after a copy of it was made into the folder of copies."""
    from crawler.store import dumps
    from crawler.store.copies import Copies
    from crawler.store.place import shown

    def copy_to(schema: str) -> Path:
        folder = config.care.backup.path
        return folder / f"{Copies(config.store).stem}.schema-{schema}-{_now():%Y%m%dT%H%M%SZ}.dump"

    with working(f"migrating {shown(config.store)}"):
        return dumps.bring_up(config.store, copy_to)


def _now() -> datetime:
    from crawler.clock import SystemClock

    return SystemClock().now()


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Keep every daemon off the store; raises StoreError while one has it."""
    from crawler.store.lock import DataLock

    database.parent.mkdir(parents=True, exist_ok=True)
    lock = DataLock(database, _now())
    try:
        yield
    finally:
        lock.release()


def _print_copy(made: Copied, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    counts = ", ".join(f"{number:,} {name}" for name, number in made.counts.items())
    click.echo(f"{made.path}: {what}, {made.size / 1e6:,.1f} MB, schema {made.schema}; rows: {counts}")


def _print_restored(done: Restored, database: Path) -> None:
    click.echo(f"{database} is {done.copy.path} now")
    if done.aside is None:
        return
    click.echo(f"the store that it replaced is kept: {done.aside}")
    carried = ", ".join(f"{number:,} {name}" for name, number in done.carried.items()) or "nothing: it knew no more"
    click.echo(f"carried over from it: {carried}")
    if done.twins:
        said = f"the copy's go on, and {done.withdrawn:,} messages about the others are withdrawn"
        click.echo(f"{done.twins:,} entries stood in both as stories of their own: {said}")
    if done.unread:
        click.echo(
            f"it could not be read in full ({done.unread}): what was told since the copy may be told again", err=True
        )
        click.echo("every source starts over with a first visit, for which `backlog:` says what is told", err=True)
