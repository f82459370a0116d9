"""Joining segments by their boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from upscaler.pipeline.containers.mp4 import concatenate_segments, count_frames, init_bytes
from upscaler.pipeline.core.errors import PipelineError


def box(kind: bytes, body: bytes = b"") -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def large_box(kind: bytes, body: bytes) -> bytes:
    """One whose size has 64 bits, as those beyond 4 GiB have."""
    return (1).to_bytes(4, "big") + kind + (16 + len(body)).to_bytes(8, "big") + body


HEAD = box(b"ftyp", b"isom") + box(b"moov", b"tracks")


def write(folder: Path, *contents: bytes) -> list[Path]:
    paths = [folder / f"{number}.mp4" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def test_the_head_is_taken_once_and_every_fragment_in_order(tmp_path: Path) -> None:
    fragments = [box(b"moof", bytes([n])) + box(b"mdat", bytes([n] * 9)) for n in range(3)]
    segments = write(tmp_path, *(HEAD + fragment for fragment in fragments))
    assert b"".join(concatenate_segments(segments)) == HEAD + b"".join(fragments)


def test_boxes_with_long_sizes_are_followed(tmp_path: Path) -> None:
    second = box(b"moof") + large_box(b"mdat", b"x" * 100)
    segments = write(tmp_path, HEAD + box(b"moof"), HEAD + second)
    assert b"".join(concatenate_segments(segments)) == HEAD + box(b"moof") + second


@pytest.mark.parametrize("damaged", [HEAD + box(b"mdat", b"x" * 50)[:-1], HEAD + b"\0\0\0", HEAD + b"\0\0\0\3moof"])
def test_a_damaged_segment_is_an_error_that_may_be_tried_again(tmp_path: Path, damaged: bytes) -> None:
    segments = write(tmp_path, HEAD + box(b"moof"), damaged)
    with pytest.raises(PipelineError, match=r"1\.mp4 (is damaged|is incomplete)") as caught:
        b"".join(concatenate_segments(segments))
    assert not caught.value.permanent


def fragment(*samples: int) -> bytes:
    """One with a run of so many samples for each number."""
    runs = b"".join(box(b"trun", b"\0\0\2\1" + count.to_bytes(4, "big") + b"offset") for count in samples)
    return box(b"moof", box(b"mfhd", b"12345678") + box(b"traf", box(b"tfhd", b"1234") + runs)) + box(
        b"mdat", b"x" * 40
    )


def test_frames_are_counted_over_all_fragments_and_runs(tmp_path: Path) -> None:
    (path,) = write(tmp_path, HEAD + fragment(3) + fragment(2, 4) + large_box(b"free", b"y" * 20) + fragment(1))
    assert count_frames(path) == 10


def test_a_file_that_ends_too_early_has_no_number_of_frames(tmp_path: Path) -> None:
    whole = HEAD + fragment(3) + fragment(5)
    for lost in range(1, len(fragment(5))):
        (path,) = write(tmp_path, whole[:-lost])
        with pytest.raises(PipelineError, match=r"0\.mp4 (is incomplete|is damaged)") as caught:
            count_frames(path)
        assert not caught.value.permanent
    (path,) = write(tmp_path, whole[: -len(fragment(5))])
    assert count_frames(path) == 3


def test_the_head_is_what_lies_before_the_first_fragment() -> None:
    assert init_bytes(HEAD + box(b"moof") + box(b"mdat", b"x" * 100)) == len(HEAD)


@pytest.mark.parametrize(
    "start",
    [b"", b"short", HEAD, HEAD[:-3], box(b"ftyp", b"isom") + box(b"moof"), (4).to_bytes(4, "big") + b"moov" + HEAD],
)
def test_what_holds_no_whole_head_has_none(start: bytes) -> None:
    assert init_bytes(start) == 0
