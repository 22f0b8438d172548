"""An evidence pack: a zip that is the same for the same contents, with the hash of each file, and its check."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from alerts.errors import CaptureError
from crawler.capture import warc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

MANIFEST = "manifest.json"
FORMAT = "tocsin-case/1"
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say
_LARGEST = 4 * 1024**3  # bytes of a file in a pack that is checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a pack does not hold, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of a pack found."""

    files: int
    answers: int  # payloads in it that were held against their digests
    faults: Sequence[str]


def manifest(files: Mapping[str, bytes], facts: Mapping[str, object], missing: Sequence[Missing]) -> bytes:
    """Write the manifest of some files."""
    listed = {name: {"sha256": sha256(data).hexdigest(), "bytes": len(data)} for name, data in sorted(files.items())}
    lacks = [{"what": one.what, "why": one.why} for one in missing]
    return as_json({"format": FORMAT, **facts, "files": listed, "missing": lacks})


def as_json(facts: object) -> bytes:
    """Write facts as JSON that people can read."""
    return (json.dumps(facts, ensure_ascii=False, indent=2) + "\n").encode()


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files: in the order of their names, without times of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for name, data in sorted(files.items()):
            about = zipfile.ZipInfo(name, _MOMENT)
            about.create_system = 3  # Unix, wherever it is made
            about.external_attr = 0o100644 << 16
            about.compress_type = zipfile.ZIP_STORED if name.endswith(".gz") else zipfile.ZIP_DEFLATED
            pack.writestr(about, data, compresslevel=9)
    return out.getvalue()


def check(path: Path) -> Checked:
    """Hold every file of a pack against its manifest, and every captured answer against its digest.

    Raises CaptureError for what is no pack, and OSError.
    """
    try:
        with zipfile.ZipFile(path) as pack:
            return _checked(pack)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise CaptureError(f"{path} is no whole zip: {error}") from error


def _checked(pack: zipfile.ZipFile) -> Checked:
    names = pack.namelist()
    listed = _listed(pack)
    faults = [f"{name}: it is there more than once" for name in sorted({one for one in names if names.count(one) > 1})]
    faults += [f"{name}: the manifest does not name it" for name in names if name not in listed and name != MANIFEST]
    answers = 0
    for name, facts in listed.items():
        if name not in names:
            faults.append(f"{name}: it is missing")
        elif (found := _hash(pack, name)) != facts.get("sha256"):
            faults.append(f"{name}: it was changed: its SHA-256 is {found}")
        elif name.endswith(".warc.gz"):
            with pack.open(name) as file:
                for one in warc.checked(io.BytesIO(file.read())):
                    answers += 1
                    if not one.sound:
                        faults.append(f"{name}: the answer of {one.url} is not what was captured")
    return Checked(files=len(listed), answers=answers, faults=tuple(faults))


def _listed(pack: zipfile.ZipFile) -> Mapping[str, Mapping[str, Any]]:
    try:
        facts = json.loads(pack.read(MANIFEST))
        listed = facts["files"]
        known = facts["format"] == FORMAT and all(isinstance(one, dict) for one in listed.values())
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CaptureError(f"it has no {MANIFEST} that can be read") from error
    if not known:
        raise CaptureError(f"its {MANIFEST} is of another format")
    return dict(listed)


def _hash(pack: zipfile.ZipFile, name: str) -> str:
    if pack.getinfo(name).file_size > _LARGEST:
        return "not computed, for it is larger than any file of a pack"
    made = sha256()
    with pack.open(name) as file:
        for piece in _pieces(file):
            made.update(piece)
    return made.hexdigest()


def _pieces(file: Any) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece
