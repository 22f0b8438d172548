"""The doctor: looks at all that Tocsin stands on, and says of each what is wrong and the way out."""

from __future__ import annotations

import asyncio
import resource
import socket
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import yaml
from packaging.requirements import InvalidRequirement, Requirement

from crawler.store import engine
from crawler.store.copies import Copies, made_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from crawler.config.model import Config

_SKEW, _WRONG = timedelta(seconds=5), timedelta(minutes=2)  # of the clock: worth a word, and a fault
_STALE = timedelta(days=2)  # for a daily copy
_SPARE_FILES = 256  # descriptors beside one or two for each request
_HOSTS = 5  # whose names are looked up
_DNS = 5.0  # seconds
_DIST = "tocsin"


class Level(StrEnum):
    """How it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found about one thing."""

    subject: str
    level: Level
    text: str
    way_out: str = ""  # what to do about it, when it is not fine


class Lookup(Protocol):
    """Looks a name up; raises OSError."""

    def __call__(self, host: str, /) -> object:
        """Return its addresses."""


def ok(subject: str, text: str) -> Finding:
    """Return that something is fine."""
    return Finding(subject=subject, level=Level.OK, text=text)


def warn(subject: str, text: str, way_out: str) -> Finding:
    """Return that something is worth a word."""
    return Finding(subject=subject, level=Level.WARN, text=text, way_out=way_out)


def fail(subject: str, text: str, way_out: str) -> Finding:
    """Return that something is at fault."""
    return Finding(subject=subject, level=Level.FAIL, text=text, way_out=way_out)


# ---------------------------------------------------------------- the store and its disk


def sqlite(version: engine.Version, library: str) -> Finding:
    """Judge the SQLite library."""
    if version < engine.OLDEST:
        return fail("sqlite", f"{library} is too old", "pip install pysqlite3, or use a newer Python")
    if not engine.wal_reset_is_safe(version):
        return warn(
            "sqlite",
            f"{library} has the WAL-reset bug: two connections at work on one WAL can damage a database",
            "Tocsin works around it with a single connection; pip install pysqlite3 for a newer library",
        )
    return ok("sqlite", f"{library}, without known bugs that matter here")


def store(path: Path, holder: str | None) -> Iterator[Finding]:
    """Judge the database file and who has it."""
    if not path.exists():
        yield warn("store", f"there is none at {path} yet", "tocsin run makes it")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield warn("store", f"others on this machine may write {path} ({mode:o})", f"chmod 600 {path}")
    else:
        yield ok("store", f"{path}, {path.stat().st_size / 1e6:,.0f} MB")
    yield daemon(holder)


def daemon(holder: str | None) -> Finding:
    """Say who has the store."""
    return ok("daemon", f"runs: {holder}") if holder else warn("daemon", "does not run", "tocsin run")


def disk(free: int, floor: int, ballast: int, database: Path) -> Finding:
    """Judge the space that is left."""
    said = f"{free / 1e6:,.0f} MB free at {database.parent}"
    if free < floor:
        way_out = "make space; until then nothing is collected. `retention:` can be made shorter"
        return fail("disk", f"{said}, and disk.stop_below is {floor / 1e6:,.0f} MB", way_out)
    if free < 2 * floor + ballast:
        return warn("disk", f"{said}: below {floor / 1e6:,.0f} MB collecting stops", "make space soon")
    return ok("disk", said)


def copies(config: Config, now: datetime) -> Finding:
    """Judge the backups: that there is a recent one, where there is to be one each day."""
    care = config.care.backup
    found = Copies(config.store).existing(care.path)
    if not found:
        way_out = "wait for the first, or `tocsin backup`" if care.at else "set `backup.at`, or `tocsin backup`"
        return warn("backup", f"there is no copy of the store in {care.path}", way_out)
    age = now - made_at(found[-1])
    said = f"{len(found)} in {care.path}, the newest of {made_at(found[-1]):%Y-%m-%d %H:%M} UTC"
    if age > _STALE:
        return warn("backup", said, "the log says why (event backup-failed); `tocsin backup` makes one now")
    return ok("backup", said)


# ---------------------------------------------------------------- the machine


def clock(now: datetime, served: str | None, newest: datetime | None) -> Finding:
    """Judge the clock by the Date header of a server, where there was an answer, and by the newest story."""
    way_out = "let the machine keep its time: timedatectl set-ntp true"
    if newest is not None and now < newest - _SKEW:
        return fail("clock", f"it is {now:%Y-%m-%d %H:%M} UTC, earlier than the newest story was seen", way_out)
    if served is None:
        return warn("clock", "nobody answered by whom it could be checked", "see what is said about dns and slack")
    try:
        date = parsedate_to_datetime(served)
    except ValueError:
        return warn("clock", f"the server's date cannot be read: {served[:60]}", "check it by hand: date -u")
    skew = now - (date if date.tzinfo else date.replace(tzinfo=UTC))
    said = (
        f"{abs(skew.total_seconds()):.0f} s {'ahead of' if skew > timedelta() else 'behind'} the server that was asked"
    )
    if abs(skew) > _WRONG:
        return fail("clock", said, way_out)
    return warn("clock", said, way_out) if abs(skew) > _SKEW else ok("clock", said)


async def dns(hosts: Iterable[str], lookup: Lookup) -> Finding:
    """Judge whether names are found: some of the sources', and Slack's."""
    asked = list(dict.fromkeys(hosts))[: _HOSTS + 1]

    async def ask(host: str) -> str:
        try:
            async with asyncio.timeout(_DNS):
                await asyncio.to_thread(lookup, host)
        except TimeoutError:
            return f"{host}: no answer within {_DNS:g} s"
        except (OSError, UnicodeError) as error:
            return f"{host}: {getattr(error, 'strerror', None) or error}"
        return ""

    failed = list(filter(None, await asyncio.gather(*(ask(host) for host in asked))))
    if not failed:
        return ok("dns", f"{len(asked)} names were found")
    judge = fail if len(failed) == len(asked) else warn
    return judge("dns", "; ".join(failed), "look at /etc/resolv.conf; behind a proxy only the proxy needs names")


def files(concurrency: int, limit: int) -> Finding:
    """Judge how many files may be open at once."""
    needed = 2 * concurrency + _SPARE_FILES
    if limit < needed:
        return warn("files", f"{limit} may be open at once, {needed} may be needed", "ulimit -n 65536, or LimitNOFILE=")
    return ok("files", f"{limit} may be open at once")


def open_limit() -> int:
    """Return how many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft


def names(host: str) -> object:
    """Look a name up, as the crawl does."""
    return socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)


# ---------------------------------------------------------------- what is installed and configured


def packages(requires: Callable[[str], list[str] | None], version: Callable[[str], str]) -> Finding:
    """Judge whether what is installed fits what it asks for, all the way down from Tocsin."""
    wrong, seen, todo = list[str](), set[str](), [_DIST]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for written in requires(name) or []:
            try:
                one = Requirement(written)
            except InvalidRequirement:
                continue
            if one.marker is not None and not one.marker.evaluate({"extra": ""}):
                continue
            try:
                found = version(one.name)
            except metadata.PackageNotFoundError:
                wrong.append(f"{name} needs {one.name}, which is not installed")
                continue
            if not one.specifier.contains(found, prereleases=True):
                wrong.append(f"{name} needs {one.name}{one.specifier}, and {found} is installed")
            todo.append(one.name)
    if wrong:
        return fail("packages", "; ".join(wrong), "install Tocsin into an environment of its own: pipx install tocsin")
    return ok("packages", f"{len(seen)} packages fit together")


def permissions(config: Path, written: str, secrets: Iterable[Path]) -> Iterator[Finding]:
    """Judge who else on this machine can read secrets, or change what Tocsin does; ``written`` is the file's text."""
    mode = stat.S_IMODE(config.stat().st_mode)
    if mode & stat.S_IWOTH:
        yield fail("config", f"everybody on this machine may change {config} ({mode:o})", f"chmod o-w {config}")
    elif mode & stat.S_IROTH and any(sign in written for sign in ("xoxb-", "xapp-", "hooks.slack.com/services/")):
        way_out = f"chmod 600 {config}, or keep the secret in a `*_file`"
        yield warn("config", f"{config} holds a secret, and everybody on this machine may read it", way_out)
    else:
        yield ok("config", f"{config} ({mode:o})")
    for path in secrets:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP:
            yield fail("secrets", f"others may read or change {path} ({mode:o})", f"chmod 600 {path}")
        else:
            yield ok("secrets", f"{path} ({mode:o})")


def configuration(errors: int, warnings: int) -> Finding:
    """Judge the configuration as it is written now."""
    if errors:
        return fail("rules and sources", f"the configuration has {errors} mistakes", "tocsin check")
    if warnings:
        return warn("rules and sources", f"the configuration is sound, with {warnings} warnings", "tocsin check")
    return ok("rules and sources", "the configuration is sound")


def secret_files(written: str, folder: Path) -> list[Path]:
    """Return the files that a configuration keeps secrets in, as far as they are there."""
    try:
        root = yaml.load(written, Loader=yaml.CBaseLoader)  # noqa: S506 -- it makes texts, lists and mappings only
    except yaml.YAMLError:
        return []
    return sorted({path for name in _named_files(root) if (path := folder / Path(name).expanduser()).is_file()})


def _named_files(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if str(key).endswith("_file") and isinstance(value, str):
                yield value
            yield from _named_files(value)
    elif isinstance(node, list):
        for one in node:
            yield from _named_files(one)
