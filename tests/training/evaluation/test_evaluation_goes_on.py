"""An evaluation writes each row as it is measured, and goes on after a kill."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training.evaluation.cases import contestants, lanczos, moving_case, nearest
from upscaler.pipeline.core.errors import Refused, Stopped
from upscaler.training.core.twin import Pixels
from upscaler.training.evaluation.clips import Sampling
from upscaler.training.evaluation.contestants import Function
from upscaler.training.evaluation.evaluate import evaluate
from upscaler.training.evaluation.rows import ClipRow, FrameRow, Row, read_rows

CASES = [moving_case("one"), moving_case("two")]


def measured(rows: list[Row]) -> list[object]:
    """Return rows without their times, in a fixed order."""
    plain = [
        (row.key, row.number, row.psnr_y, row.flicker) if isinstance(row, FrameRow) else (row.key, -1, row.frames, None)
        for row in rows
    ]
    return sorted(plain, key=str)


def test_every_sampled_frame_has_a_row_of_each_contestant(tmp_path: Path) -> None:
    rows = evaluate(CASES, contestants(), tmp_path / "rows.jsonl", Sampling(3), with_sequences=False)
    frames = [row for row in rows if isinstance(row, FrameRow)]
    assert len(frames) == 2 * 3 * 2
    assert {row.number for row in frames} == {0, 3}
    assert {row.frames for row in rows if isinstance(row, ClipRow)} == {2}
    assert measured(read_rows(tmp_path / "rows.jsonl")[1]) == measured(rows)


def test_an_evaluation_that_is_cancelled_anywhere_goes_on_to_the_same_rows(tmp_path: Path) -> None:
    whole = evaluate(CASES, contestants(), tmp_path / "whole.jsonl", Sampling(3, 2), with_sequences=False)

    for stop_after in (1, 4, 9, len(whole) - 1):
        path = tmp_path / f"{stop_after}.jsonl"
        seen: list[Row] = []

        def stop(row: Row, seen: list[Row] = seen, limit: int = stop_after) -> None:
            seen.append(row)
            if len(seen) == limit:
                raise Stopped

        with pytest.raises(Stopped):
            evaluate(CASES, contestants(), path, Sampling(3, 2), with_sequences=False, on_row=stop)
        with path.open("a") as file:
            file.write('{"kind": "frame", "key": {"ca')  # a kill in the middle of a line
        rest: list[Row] = []
        rows = evaluate(CASES, contestants(), path, Sampling(3, 2), with_sequences=False, on_row=rest.append)
        assert measured(rows) == measured(whole)
        assert len(rest) == len(whole) - stop_after
        assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_finished_evaluation_enlarges_nothing_again(tmp_path: Path) -> None:
    enlarged = 0

    def count(low: Pixels, quantisers: Pixels) -> Pixels:
        nonlocal enlarged
        enlarged += 1
        return nearest(low, quantisers)

    def run(fingerprint: str) -> None:
        evaluate(CASES, [Function("mine", fingerprint, count)], tmp_path / "rows", Sampling(3), with_sequences=False)

    run("first weights")
    assert enlarged == 4
    run("first weights")
    assert enlarged == 4
    run("other weights under the same name")
    assert enlarged == 8


def test_rows_of_others_are_kept_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    evaluate(CASES, contestants(), path, Sampling(3), with_sequences=False)
    rows = evaluate(CASES[:1], [lanczos()], path, Sampling(3), with_sequences=False)
    assert {(row.key.case, row.key.contestant) for row in rows} == {("one", "Lanczos")}
    assert len({row.key for row in read_rows(path)[1]}) == 6


def test_rows_of_other_frames_are_refused(tmp_path: Path) -> None:
    evaluate(CASES, [lanczos()], tmp_path / "rows", Sampling(3), with_sequences=False)
    with pytest.raises(Refused, match="other frames"):
        evaluate(CASES, [lanczos()], tmp_path / "rows", Sampling(2), with_sequences=False)


def test_rows_of_another_version_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    evaluate(CASES, [lanczos()], path, Sampling(3), with_sequences=False)
    path.write_text(path.read_text().replace('"format": 1', '"format": 0'))
    with pytest.raises(Refused, match="another version"):
        evaluate(CASES, [lanczos()], path, Sampling(3), with_sequences=False)
    with pytest.raises(Refused, match="another version"):
        read_rows(path)


def test_rows_come_in_the_order_of_the_contestants(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    evaluate(CASES, contestants()[:1], path, Sampling(3), with_sequences=False)
    rows = evaluate(CASES, list(reversed(contestants())), path, Sampling(3), with_sequences=False)
    assert list(dict.fromkeys(row.key.contestant for row in rows)) == ["mine", "stock", "Lanczos"]


def test_one_name_for_two_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    twins = [Function("same", "a", nearest), Function("same", "b", nearest)]
    with pytest.raises(Refused, match="Two models are called same"):
        evaluate(CASES, twins, tmp_path / "rows", Sampling(3))
    with pytest.raises(Refused, match="Two clips are called one"):
        evaluate([*CASES, CASES[0]], [lanczos()], tmp_path / "rows", Sampling(3))


def test_flicker_is_measured_within_bursts(tmp_path: Path) -> None:
    rows = evaluate(CASES, [lanczos()], tmp_path / "rows", Sampling(3, 2), with_sequences=False)
    has_flicker = {(row.number, row.flicker is not None) for row in rows if isinstance(row, FrameRow)}
    assert has_flicker == {(0, False), (1, True), (3, False), (4, True)}


def test_bursts_longer_than_their_distance_are_refused() -> None:
    with pytest.raises(ValueError, match="don't fit"):
        Sampling(2, 3)
