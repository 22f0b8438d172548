from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from alerts.errors import CaptureError
from crawler.capture import warc
from crawler.capture.pack import MANIFEST, Missing, check, manifest, packed
from tests.crawler.capture.makers import exchange, page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def files() -> dict[str, bytes]:
    out = io.BytesIO()
    warc.write(out, exchange(page=page(b"the treaty was signed")))
    parts = {"story.json": b"{}", "versions/1.txt": "条約".encode(), "fetches.warc.gz": out.getvalue()}
    return parts | {MANIFEST: manifest(parts, {"story": "X"}, [Missing(what="a", why="b")])}


def written(tmp_path: Path, parts: Mapping[str, bytes], *more: tuple[str, bytes]) -> Path:
    path = tmp_path / "case.zip"
    path.write_bytes(packed(parts))
    with zipfile.ZipFile(path, "a") as pack:
        for name, data in more:
            pack.writestr(name, data)
    return path


def test_a_pack_as_it_was_made_is_fine(tmp_path: Path) -> None:
    found = check(written(tmp_path, files()))
    assert (found.faults, found.files, found.answers) == ((), 3, 1)


def test_the_same_files_make_the_same_bytes() -> None:
    parts = files()
    assert packed(parts) == packed(dict(reversed(parts.items())))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"versions/1.txt": b"forged"}, "versions/1.txt: it was changed"),
        ({"extra.txt": b""}, "extra.txt: the manifest does not name it"),
        ({"story.json": None}, "story.json: it is missing"),
    ],
)
def test_every_change_is_named(tmp_path: Path, change: dict[str, bytes | None], fault: str) -> None:
    parts = {name: data for name, data in (files() | change).items() if data is not None}
    (found,) = check(written(tmp_path, parts)).faults
    assert found.startswith(fault)


def test_a_file_that_is_there_twice_is_named(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = written(tmp_path, files(), ("story.json", b"{}"))
    assert check(path).faults == ("story.json: it is there more than once",)


def test_an_answer_that_was_forged_with_its_manifest_is_found_by_its_own_digest(tmp_path: Path) -> None:
    parts = files()
    out = io.BytesIO()
    warc.write(out, exchange(page=page(b"the treaty was denied")))
    honest = warc.digest_of(b"the treaty was denied").encode()
    forged = _members(out.getvalue()).replace(honest, warc.digest_of(b"the treaty was signed").encode())
    parts["fetches.warc.gz"] = forged
    parts[MANIFEST] = manifest({name: data for name, data in parts.items() if name != MANIFEST}, {}, [])
    (fault,) = check(written(tmp_path, parts)).faults
    assert "is not what was captured" in fault


@pytest.mark.parametrize(
    "data", [b"", b"no zip", packed({"a": b""}), packed({MANIFEST: b"[]"}), packed({MANIFEST: b"{"})]
)
def test_what_is_no_pack_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "case.zip"
    path.write_bytes(data)
    with pytest.raises(CaptureError):
        check(path)


def _members(data: bytes) -> bytes:
    import gzip

    return gzip.decompress(data)
