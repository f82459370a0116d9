"""Measure contestants on clips whose truth is known."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from upscaler.pipeline.core.errors import Refused

from .blocking import blocking
from .clips import SCALE, Case, CaseFrame, Sampling
from .contestants import Contestant
from .flicker import flicker
from .metrics import Luma, luma, measure
from .rows import ClipRow, FrameRow, Key, Row, RowFile
from .vmaf import SequenceMeter


def evaluate(
    cases: Sequence[Case],
    contestants: Sequence[Contestant],
    rows: Path,
    sampling: Sampling,
    *,
    with_sequences: bool = True,
    on_row: Callable[[Row], None] = lambda _row: None,
) -> list[Row]:
    """Enlarge the sampled frames of each case by each contestant and return the rows of all of them.

    Every row is appended to the file ``rows`` as soon as it is measured, and rows that are there are not measured
    again: to go on after a kill, call it with the same arguments. ``with_sequences`` measures VMAF-NEG and XPSNR too,
    which take the pinned FFmpeg. ``on_row`` is called for each new row, and may raise to cancel.
    Raises Refused if ``rows`` holds an evaluation of other frames, or if two contestants or cases have one name.
    """
    _check_names([case.name for case in cases], "clips")
    _check_names([one.name for one in contestants], "models")
    with RowFile(rows, sampling) as file:

        def add(row: Row) -> None:
            file.add(row)
            on_row(row)

        for case in cases:
            unfinished = [one for one in contestants if not _is_finished(file, key_of(case, one), with_sequences)]
            if unfinished:
                _evaluate_case(case, unfinished, file, sampling, with_sequences, add)
        return file.of(key_of(case, contestant) for contestant in contestants for case in cases)


def key_of(case: Case, contestant: Contestant) -> Key:
    return Key(case.name, contestant.name, contestant.fingerprint)


def _check_names(names: Sequence[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise Refused(f"Two {what} are called {name}. Rename one of them.")


def _is_finished(file: RowFile, key: Key, with_sequences: bool) -> bool:
    row = file.clips.get(key)
    return row is not None and (not with_sequences or row.vmaf_neg is not None)


def _evaluate_case(
    case: Case,
    contestants: Sequence[Contestant],
    file: RowFile,
    sampling: Sampling,
    with_sequences: bool,
    add: Callable[[Row], None],
) -> None:
    with contextlib.ExitStack() as stack:
        meters = [
            _ClipMeter(case, one, sampling, stack.enter_context(SequenceMeter()) if with_sequences else None)
            for one in contestants
        ]
        for frame in case.frames(sampling):
            truth = luma(frame.pair.truth)
            for meter in meters:
                if row := meter.take(frame, truth, is_measured=(meter.key, frame.number) in file.frames):
                    add(row)
        for meter in meters:
            add(meter.finish())


class _ClipMeter:
    """One contestant on one clip: keeps its last picture, for flicker."""

    def __init__(self, case: Case, contestant: Contestant, sampling: Sampling, sequence: SequenceMeter | None) -> None:
        self.key = key_of(case, contestant)
        self._case, self._contestant = case, contestant
        self._sampling, self._sequence = sampling, sequence
        self._last: tuple[Luma, Luma] | None = None
        """Luma of the last picture and of its truth."""
        self._frames = 0

    def take(self, frame: CaseFrame, truth: Luma, *, is_measured: bool) -> FrameRow | None:
        """Enlarge a frame and return its row; None if it has one, and the frame is only taken into the sequence."""
        clock, processor = time.monotonic(), time.process_time()
        picture = self._contestant.enlarge(frame.pair.low, frame.pair.quantisers)
        seconds, cpu_seconds = time.monotonic() - clock, time.process_time() - processor
        if self._sequence is not None:
            self._sequence.add(picture, frame.pair.truth)
        last, self._last = self._last, (luma(picture), truth)
        self._frames += 1
        if is_measured:
            return None
        follows = last is not None and self._sampling.follows(frame.number)
        return FrameRow(
            key=self.key,
            codec=self._case.codec,
            map=self._case.map,
            number=frame.number,
            motion=frame.motion,
            **asdict(measure(picture, frame.pair.truth)),
            blocking=blocking(self._last[0], truth, SCALE, self._case.grid),
            flicker=flicker(last[0], self._last[0], last[1], truth) if last and follows else None,
            cpu_seconds=cpu_seconds,
            seconds=seconds,
        )

    def finish(self) -> ClipRow:
        scores = self._sequence.finish() if self._sequence is not None and self._frames else None
        return ClipRow(
            self.key,
            self._frames,
            vmaf_neg=scores.vmaf_neg if scores else None,
            xpsnr_y=scores.xpsnr_y if scores else None,
        )
