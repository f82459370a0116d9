"""Folders of pictures as captures, and what is refused as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.recordings import gliding, save_pictures, texture
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.training.captures.picture_files import picture_files
from upscaler.training.captures.picture_reader import PictureReader
from upscaler.training.captures.probe import id_of, probe_capture
from upscaler.training.core.capture import CaptureKind

LIMITS = Limits()


def test_a_folder_has_size_and_number_and_no_rate(tmp_path: Path) -> None:
    capture = probe_capture(save_pictures(tmp_path / "My Stills (1)", gliding(1, 12, 128, 96)), LIMITS)

    assert (capture.id, capture.kind, capture.rate) == ("my-stills-1", CaptureKind.PICTURES, None)
    assert (capture.width, capture.height, capture.frames) == (128, 96, 12)


def test_names_are_in_natural_order_with_folders_and_without_links(tmp_path: Path) -> None:
    names = ["b/frame10.png", "b/frame9.png", "b/Frame2.PNG", "a/x.jpg", ".hidden/x.png", "b/notes.txt"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "b" / "link.png").symlink_to(tmp_path / "a" / "x.jpg")
    (tmp_path / "linked").symlink_to(tmp_path / "a")

    found = [str(path.relative_to(tmp_path)) for path in picture_files(tmp_path)]

    assert found == ["a/x.jpg", "b/Frame2.PNG", "b/frame9.png", "b/frame10.png"]


def test_pictures_of_other_sizes_and_damaged_ones_are_left_out_with_a_sentence(tmp_path: Path) -> None:
    folder = save_pictures(tmp_path / "stills", gliding(1, 8, 128, 96))
    (folder / "frame3.png").write_bytes(b"no picture")
    save_pictures(tmp_path / "other", [texture(1, 64, 64)])
    (tmp_path / "other" / "frame0.png").rename(folder / "frame5.png")

    capture = probe_capture(folder, LIMITS)

    assert (capture.width, capture.height, capture.frames) == (128, 96, 8)
    assert capture.warnings[0] == (
        "2 of its 8 pictures are left out, such as frame3.png: they can't be read, or aren't 128x96 as most are."
    )


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ([(96, 64), (64, 96), (128, 96), (96, 96)], "have 4 sizes, none of them the size of most"),
        ([(32, 32)] * 3, "too small for a truth"),
        ([], "has no pictures"),
    ],
)
def test_folders_that_cannot_serve_are_refused(tmp_path: Path, sizes: list[tuple[int, int]], reason: str) -> None:
    folder = save_pictures(tmp_path / "stills", [texture(seed, *size) for seed, size in enumerate(sizes)])

    with pytest.raises(Refused, match=reason):
        probe_capture(folder, LIMITS)


def test_a_picture_larger_than_the_limits_is_left_out(tmp_path: Path) -> None:
    folder = save_pictures(tmp_path / "stills", [texture(1, 128, 96)] * 3)
    save_pictures(tmp_path / "other", [texture(1, 640, 480)])
    (tmp_path / "other" / "frame0.png").rename(folder / "large.png")
    small = Limits(max_side=512)

    with PictureReader(small) as reader:
        assert reader.facts(folder / "large.png").is_too_large
        assert reader.pixels(folder / "large.png") is None
        assert reader.pixels(folder / "frame0.png") is not None
    assert probe_capture(folder, small).frames == 4


def test_a_file_with_a_misleading_suffix_is_not_opened_as_another_format(tmp_path: Path) -> None:
    path = tmp_path / "frame.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n")

    with PictureReader(LIMITS) as reader:
        assert reader.facts(path).size == (0, 0)
        assert reader.pixels(path) is None


def test_what_is_no_capture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stills.zip").write_bytes(b"x")

    with pytest.raises(Refused, match="Unpack this archive"):
        probe_capture(tmp_path / "stills.zip", LIMITS)
    with pytest.raises(Refused, match="neither a video"):
        probe_capture(tmp_path / "missing", LIMITS)


@pytest.mark.parametrize(("name", "expected"), [("Halo: Blood Gulch!", "halo-blood-gulch"), ("???", "capture")])
def test_identifiers_are_made_of_names(name: str, expected: str) -> None:
    assert id_of(name) == expected
