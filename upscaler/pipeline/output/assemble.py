"""Assemble segments and the source's other tracks into one file, without encoding the video again.

The video took hours and the other tracks take seconds: a track that fails is left out, and nothing else is lost.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import ffmpeg as graph

from upscaler.pipeline.containers.mp4 import concatenate_segments
from upscaler.pipeline.core.errors import Interrupted, PipelineError, Stopped
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import Container, preset
from upscaler.pipeline.core.stream_facts import Chapter, Font
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.programs import ffmpeg
from upscaler.pipeline.render.encode import tags
from upscaler.pipeline.tracks import track_plan
from upscaler.pipeline.tracks.sound_timeline import write_sound_timeline
from upscaler.pipeline.tracks.subtitle_timeline import write_subtitle_timeline
from upscaler.pipeline.tracks.track_plan import Options, Track

MOVE_SECONDS = 3600.0
"""Time limit for +faststart, which copies the whole file without reporting progress."""
QUEUE = 10000
"""Packets that the muxer may queue for a stream that starts late."""
MIN_FREE_BYTES = 16 * 1024**2
"""Bytes. With less free space, a failure is attributed to the disk, not to a track."""
FULL = ("No space left on device", "Disk quota exceeded")
"""ffmpeg's messages for a full disk."""
MUXERS: dict[Container, str] = {"mp4": "mp4", "mov": "mov", "mkv": "matroska"}


@dataclass(frozen=True)
class ExtraStreams:
    """The tracks, chapters and fonts of a result besides its video, in order."""

    sound: tuple[Track, ...]
    subtitles: tuple[Track, ...]
    chapters: tuple[Chapter, ...]
    fonts: tuple[Font, ...]
    failures: tuple[str, ...] = ()
    """A sentence for each planned part that failed."""

    @property
    def bare(self) -> ExtraStreams:
        """A copy of this without any track."""
        return ExtraStreams((), (), (), (), self.failures)


def planned_extras(facts: Facts, plan: Plan, container: Container) -> ExtraStreams:
    """Return all planned tracks, chapters and fonts besides the video."""
    return ExtraStreams(
        sound=track_plan.kept_tracks(track_plan.audio_tracks(facts, plan, container)),
        subtitles=track_plan.kept_tracks(track_plan.subtitle_tracks(facts, container)),
        chapters=track_plan.chapters(facts, plan),
        fonts=track_plan.fonts(facts, container),
    )


def assemble(
    source: Path, facts: Facts, plan: Plan, segments: list[Path], target: Path, limits: Limits
) -> ExtraStreams:
    """Join ``segments`` in order and add the source's sound, subtitles and chapters, into ``target``.

    Returns what was added to the video. Raises PipelineError when a segment is damaged, or when ffmpeg fails with
    the video alone.
    """
    chosen = preset(plan.preset)
    work = _Assembly(source, facts, plan, segments, target, limits, chosen.segments, chosen.container, tags(chosen))
    return work.run()


def assemble_playable(
    source: Path, facts: Facts, plan: Plan, copies: list[Path], target: Path, limits: Limits
) -> ExtraStreams:
    """Assemble the H.264 copies of the segments into an MP4 that browsers play; like ``assemble``."""
    extras = _Assembly(source, facts, plan, copies, target, limits, "mp4", "mp4", {}).run()
    return replace(extras, failures=tuple(f"In the browser copy: {sentence}" for sentence in extras.failures))


@dataclass(frozen=True)
class _Assembly:
    source: Path
    facts: Facts
    plan: Plan
    segments: list[Path]
    target: Path
    limits: Limits
    segment_format: str
    container: Container
    colour_tags: dict[str, str]

    def run(self) -> ExtraStreams:
        """Write everything; where that fails, retry without subtitles and chapters, then without copied sound, then
        without any sound."""
        extras = planned_extras(self.facts, self.plan, self.container)
        with tempfile.TemporaryDirectory(prefix="beside-", dir=self.target.parent) as folder:
            extras, prepared = self._prepare_tracks(extras, Path(folder))
            for lighter in (_without_subtitles, _without_copies, _without_sound):
                try:
                    self._write(extras, prepared)
                except PipelineError as error:
                    self._raise_unless_of_track(error)
                    extras = lighter(extras, error)
                else:
                    return extras
            self._write(extras, prepared)
            return extras

    def _prepare_tracks(self, extras: ExtraStreams, folder: Path) -> tuple[ExtraStreams, dict[Track, ffmpeg.Stream]]:
        """Prepare the tracks that need files of their own. Returns the remaining ones, and their nodes."""
        prepared: dict[Track, ffmpeg.Stream] = {}
        for track in (*extras.sound, *extras.subtitles):
            target = folder / f"{track.kind}-{track.index}"
            try:
                node = self._prepare(track, target)
            except PipelineError as error:
                self._raise_unless_of_track(error)
                extras = _without(extras, (track,), error)
            else:
                if node is not None:
                    prepared[track] = node
        return extras, prepared

    def _prepare(self, track: Track, target: Path) -> ffmpeg.Stream | None:
        """Return the node of a prepared track, or None for one that is copied from the source."""
        plan, facts = self.plan, self.facts
        if track.kind == "subtitles":
            if track.is_copied and not plan.is_trimmed and not facts.recordings:
                return None
            return write_subtitle_timeline(self.source, facts, track, plan, target.with_suffix(".mkv"), self.limits)
        if track.is_copied:
            return None
        stream = facts.audio[track.index]
        seconds = plan.duration if plan.is_trimmed else None
        form, samples = track_plan.encoder_form(stream, track), track_plan.sample_format(track)
        sound = write_sound_timeline(
            self.source,
            facts,
            stream,
            target,
            self.limits,
            form=form,
            samples=samples,
            start=plan.zero,
            seconds=seconds,
        )
        return sound.node()

    def _write(self, extras: ExtraStreams, prepared: dict[Track, ffmpeg.Stream]) -> None:
        plan, container = self.plan, self.container
        pictures = graph.input("pipe:", format=self.segment_format, itsoffset=_seconds(plan.start - plan.zero))
        late = Fraction(0) if plan.is_trimmed else -plan.zero
        original = ffmpeg.source(self.source, self.limits, self.facts.opening, late=late)
        nodes = [pictures["v:0"]]
        options: Options = {"c:v": "copy", **self.colour_tags, **_metadata(self.facts)}
        for number, track in enumerate(extras.sound):
            options |= _stream_options(track, f"a:{number}", len(nodes), container) | track_plan.sound_options(
                track, number
            )
            nodes.append(prepared.get(track) or original[f"a:{track.index}"])
        for number, track in enumerate(extras.subtitles):
            encoder = "copy" if track in prepared else track.encoder
            options |= _stream_options(replace(track, encoder=encoder), f"s:{number}", len(nodes), container)
            nodes.append(prepared.get(track) or original[f"s:{track.index}"])
        for number, font in enumerate(extras.fonts):
            options[f"metadata:s:t:{number}"] = f"filename={font.name}"
            options[f"metadata:s:{len(nodes)}"] = f"mimetype={font.mimetype}"
            nodes.append(original[f"t:{font.index}"])
        output = _chaptered(nodes, extras.chapters, self.target, container, plan, options)
        with ffmpeg.feeding(output, limits=self.limits, label="The assembly") as process:
            for part in concatenate_segments(self.segments):
                process.write(memoryview(part))
            process.finish(MOVE_SECONDS)

    def _raise_unless_of_track(self, error: PipelineError) -> None:
        """Raise the error again where its cause is no track but a full disk, a missing file or an interruption."""
        is_whole = all(path.is_file() for path in (self.source, *self.segments))
        is_full = any(message in error.detail for message in FULL)
        is_full |= shutil.disk_usage(self.target.parent).free < MIN_FREE_BYTES
        if is_full or not is_whole or isinstance(error, Interrupted | Stopped):
            raise error


def _without(extras: ExtraStreams, failed: Sequence[Track], error: PipelineError) -> ExtraStreams:
    sentences = tuple(f"{track.name} is left out: {_reason(error)}" for track in failed)
    return replace(
        extras,
        sound=tuple(track for track in extras.sound if track not in failed),
        subtitles=tuple(track for track in extras.subtitles if track not in failed),
        failures=extras.failures + sentences,
    )


def _without_subtitles(extras: ExtraStreams, error: PipelineError) -> ExtraStreams:
    if not (extras.subtitles or extras.chapters or extras.fonts):
        return extras
    lighter = _without(extras, extras.subtitles, error)
    if extras.chapters:
        lighter = replace(lighter, failures=(*lighter.failures, f"The chapters are left out: {_reason(error)}"))
    if extras.fonts:
        lighter = replace(lighter, failures=(*lighter.failures, f"The fonts are left out: {_reason(error)}"))
    return replace(lighter, chapters=(), fonts=())


def _without_copies(extras: ExtraStreams, error: PipelineError) -> ExtraStreams:
    return _without(extras, [track for track in extras.sound if track.is_copied], error)


def _without_sound(extras: ExtraStreams, error: PipelineError) -> ExtraStreams:
    return _without(extras, extras.sound, error).bare


def _reason(error: PipelineError) -> str:
    """Return the last line of a program's output, or the error's message without one."""
    lines = [line for line in error.detail.splitlines() if line.strip()]
    return lines[-1].strip() if lines else error.message


def _chaptered(
    nodes: list[ffmpeg.Stream],
    chapters: tuple[Chapter, ...],
    target: Path,
    container: Container,
    plan: Plan,
    options: Options,
) -> ffmpeg.Stream:
    """Return the output node, with the chapters as a further input.

    ffmpeg-python's graph has no inputs without streams, so the chapters' is appended to the command line,
    where ffmpeg numbers it last.
    """
    if not chapters:
        return _output(nodes, target, container, plan, options | {"map_chapters": -1})
    chapters_file = target.with_name(f"{target.name}.chapters")
    chapters_file.write_text(_ffmetadata(chapters), encoding="utf-8")
    inputs = ffmpeg.arguments(_output(nodes, target, container, plan, options)).count("-i")
    output = _output(nodes, target, container, plan, options | {"map_chapters": inputs})
    return output.global_args("-f", "ffmetadata", "-i", f"file:{chapters_file.absolute()}")


def _output(
    nodes: list[ffmpeg.Stream], target: Path, container: Container, plan: Plan, options: Options
) -> ffmpeg.Stream:
    if container != "mkv":
        options |= {"movflags": "+faststart+write_colr", "video_track_timescale": plan.time_scale}
    # bitexact: Matroska's files have random numbers in them otherwise
    return ffmpeg.write(
        *nodes, to=target, format=MUXERS[container], fflags="+bitexact", max_muxing_queue_size=QUEUE, **options
    )


def _metadata(facts: Facts) -> Options:
    """Keep the source's title and drop all its other metadata, such as places and names."""
    silent: Options = {"map_metadata:g": -1, "map_metadata:s": -1}
    return silent | ({"metadata": f"title={facts.title}"} if facts.title else {})


def _stream_options(track: Track, where: str, position: int, container: Container) -> Options:
    """Return codec, language and title of the stream ``where`` among its kind, at ``position`` among all.

    MP4 and QuickTime keep a track's title in the name of its handler. Both names of the stream are
    used, since an option of one name can be given once.
    """
    options: Options = {f"c:{where}": track.encoder}
    if track.language:
        options[f"metadata:s:{where}"] = f"language={track.language}"
    if track.title:
        options[f"metadata:s:{position}"] = f"{'title' if container == 'mkv' else 'handler_name'}={track.title}"
    return options


def _ffmetadata(chapters: tuple[Chapter, ...]) -> str:
    """Return chapters in ffmpeg's metadata format, in milliseconds."""
    lines = [";FFMETADATA1"]
    for chapter in chapters:
        start, end = round(chapter.start * 1000), round(chapter.end * 1000)
        title = re.sub(r"([=;#\\\n])", r"\\\1", chapter.title)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={title}"]
    return "\n".join(lines) + "\n"


def _seconds(time: Fraction) -> str:
    """Format seconds with the six decimals that ffmpeg keeps."""
    return f"{float(time):.6f}"
