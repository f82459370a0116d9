"""What a file's ending says: only what is certainly no video is left out before it was looked into."""

from __future__ import annotations

import pytest

from upscaler.pipeline.containers.file_extensions import OTHER_EXTENSIONS, VIDEO_EXTENSIONS, extension_of, is_unfinished


@pytest.mark.parametrize("name", ["clip.WMV", "a.b.avi", "x.divx", "odd.xyz", "no ending", "2003.halo"])
def test_what_may_be_a_video_is_let_through(name: str) -> None:
    assert extension_of(name) not in OTHER_EXTENSIONS


@pytest.mark.parametrize("name", ["notes.txt", "COVER.JPG", "song.mp3", "net_g.pth", "Thumbs.db", "clip.wmv.torrent"])
def test_what_is_certainly_none_is_not(name: str) -> None:
    assert extension_of(name) in OTHER_EXTENSIONS


@pytest.mark.parametrize("name", [".hidden.avi", "clip.avi.part", "clip.wmv.crdownload", "~clip.avi", "x.tmp"])
def test_what_is_hidden_or_not_finished_is_left_alone(name: str) -> None:
    assert is_unfinished(name)


def test_no_ending_is_both() -> None:
    assert not VIDEO_EXTENSIONS & OTHER_EXTENSIONS
