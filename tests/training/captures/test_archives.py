"""Archives of pictures: what is unpacked, and what is refused."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from tests.training.recordings import gliding, save_pictures
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.training.captures.archive import BOUNDS, unpack_pictures
from upscaler.training.captures.archive_child import Bounds
from upscaler.training.captures.probe import probe_capture

SMALL = Bounds(entries=20, pictures=10, picture_bytes=100_000, total_bytes=300_000, ratio=200)


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tar_of(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    modes: dict[str, Literal["w", "w:gz", "w:xz"]] = {".tar": "w", ".gz": "w:gz", ".xz": "w:xz"}
    with tarfile.open(path, modes[path.suffix]) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize("name", ["stills.zip", "stills.tar", "stills.tar.gz", "stills.tar.xz"])
def test_pictures_are_unpacked_and_other_files_left_out(tmp_path: Path, name: str) -> None:
    source = save_pictures(tmp_path / "source", gliding(1, 12, 96, 64))
    files = {f"h1v1/{path.name}": path.read_bytes() for path in source.iterdir()}
    files |= {"h1v1/readme.txt": b"text", "__MACOSX/h1v1/._frame0.png": b"x", "__MACOSX/frame0.png": b"x"}
    if name.endswith(".zip"):
        archive = zip_of(tmp_path / name, files)
    else:
        archive = tar_of(tmp_path / name, [(tarfile.TarInfo(inner), data) for inner, data in files.items()])

    count = unpack_pictures(archive, tmp_path / "unpacked")
    capture = probe_capture(tmp_path / "unpacked", Limits())

    assert count == capture.frames == 12
    assert {path.name for path in (tmp_path / "unpacked" / "h1v1").iterdir()} == {f"frame{n}.png" for n in range(12)}


@pytest.mark.parametrize(
    "name", ["../outside.png", "/tmp/outside.png", "a/../../outside.png", "..\\outside.png", "C:\\x.png"]
)
def test_a_path_that_leads_out_is_refused_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    archive = zip_of(tmp_path / "a.zip", {"good.png": b"x", name: b"x"})

    with pytest.raises(Refused, match="leads out of its folder"):
        unpack_pictures(archive, tmp_path / "unpacked")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_of_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    link = tarfile.TarInfo("frame1.png")
    link.type, link.linkname = kind, "/etc/passwd"
    archive = tar_of(tmp_path / "a.tar", [(tarfile.TarInfo("frame0.png"), b"x"), (link, b"")])

    with pytest.raises(Refused, match="a link or a device"):
        unpack_pictures(archive, tmp_path / "unpacked")


def test_links_of_a_zip_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("frame0.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(Refused, match="a link or a device"):
        unpack_pictures(tmp_path / "a.zip", tmp_path / "unpacked")


def test_a_bomb_is_refused_by_the_bytes_that_come_out(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "bomb.zip", {f"frame{number}.bmp": bytes(40_000_000) for number in range(3)})

    assert archive.stat().st_size < 200_000
    with pytest.raises(Refused, match="far more than its size"):
        unpack_pictures(archive, tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({f"{number}.png": b"x" for number in range(11)}, "more than 10 pictures"),
        ({f"{number}.txt": b"x" for number in range(21)}, "more than 20 files"),
        ({"a.png": bytes(range(256)) * 400}, "a picture in it is too large"),
        ({"readme.txt": b"x"}, "has no pictures"),
        ({"/".join("abcdefghijklmnopqrst") + ".png": b"x"}, "a path that is too long"),
    ],
)  # fmt: skip
def test_limits_have_their_sentences(tmp_path: Path, files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        unpack_pictures(zip_of(tmp_path / "a.zip", files), tmp_path / "unpacked", bounds=SMALL)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("frame.png", b"one")
        archive.writestr("frame.png", b"two")

    with pytest.raises(Refused, match=r"two files named frame\.png"):
        unpack_pictures(tmp_path / "a.zip", tmp_path / "unpacked")


def test_damage_passwords_and_other_formats_are_told(tmp_path: Path) -> None:
    whole = zip_of(tmp_path / "whole.zip", {"frame.png": bytes(range(256)) * 99}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "locked.zip").write_bytes(whole.replace(b"\x14\x00\x00\x00\x08", b"\x14\x00\x01\x00\x08"))
    (tmp_path / "other.7z").write_bytes(b"7z")

    for name, reason in {"cut": "damaged", "locked": "password"}.items():
        with pytest.raises(Refused, match=reason):
            unpack_pictures(tmp_path / f"{name}.zip", tmp_path / "unpacked")
    with pytest.raises(Refused, match="Unpack this one yourself"):
        unpack_pictures(tmp_path / "other.7z", tmp_path / "unpacked")


def test_an_exception_in_the_callback_cancels_and_leaves_nothing(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "a.zip", {f"{number}.png": b"x" for number in range(200)})

    def cancel(count: int) -> None:
        raise KeyboardInterrupt(count)

    with pytest.raises(KeyboardInterrupt):
        unpack_pictures(archive, tmp_path / "unpacked", bounds=BOUNDS, on_progress=cancel)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
