"""Segments and the rest of the original -> one file, without encoding the pictures again."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import ffmpeg as graph

from . import ffmpeg, tracks
from .encode import tags
from .facts import Chapter, Facts
from .limits import Limits
from .mp4 import joined
from .plan import Plan
from .presets import Container, preset
from .tracks import Options, Track

MOVE_SECONDS = 3600.0
"""For +faststart, which moves the whole file once more and says nothing while it does."""
QUEUE = 10000
"""Packets that may wait for a stream that begins late."""
MUXERS: dict[Container, str] = {"mp4": "mp4", "mov": "mov", "mkv": "matroska"}


def assemble(source: Path, facts: Facts, plan: Plan, segments: list[Path], target: Path, limits: Limits) -> None:
    """Join ``segments`` in order and lay the source's sound, subtitles and chapters beside them, into ``target``.

    Raises PipelineError when a segment is damaged or ffmpeg fails.
    """
    chosen = preset(plan.preset)
    _assemble(source, facts, plan, segments, target, limits, (chosen.segments, chosen.container), tags(chosen))


def assemble_playable(source: Path, facts: Facts, plan: Plan, copies: list[Path], target: Path, limits: Limits) -> None:
    """The same of the H.264 copies of the segments, into an MP4 that browsers play."""
    _assemble(source, facts, plan, copies, target, limits, ("mp4", "mp4"), {})


def _assemble(
    source: Path,
    facts: Facts,
    plan: Plan,
    segments: list[Path],
    target: Path,
    limits: Limits,
    containers: tuple[str, Container],
    tagged: dict[str, str],
) -> None:
    comes_in, container = containers
    pictures = graph.input("pipe:", format=comes_in, itsoffset=0 if plan.is_trimmed else _seconds(plan.start))
    original = ffmpeg.source(source, limits)
    nodes = [pictures["v:0"]]
    options: Options = {"c:v": "copy", **tagged, **_metadata(facts)}
    sound = tracks.kept(tracks.audio_tracks(facts, plan, container))
    for number, track in enumerate(sound):
        options |= _described(track, f"a:{number}", len(nodes), container) | tracks.sound_options(track, number)
        nodes.append(_laid(original, track, plan))
    words = tracks.kept(tracks.subtitle_tracks(facts, container))
    spoken = _cut_subtitles(original, words, plan, target, limits) if words and plan.is_trimmed else original
    for number, track in enumerate(words):
        options |= _described(track, f"s:{number}", len(nodes), container)
        nodes.append(spoken[f"s:{number if plan.is_trimmed else track.index}"])
    output = _chaptered(nodes, tracks.chapters(facts, plan), target, container, plan, options)
    with ffmpeg.feeding(output, limits=limits, says="The assembly") as process:
        for part in joined(segments):
            process.write(memoryview(part))
        process.finish(MOVE_SECONDS)


def _chaptered(
    nodes: list[ffmpeg.Stream],
    chapters: tuple[Chapter, ...],
    target: Path,
    container: Container,
    plan: Plan,
    options: Options,
) -> ffmpeg.Stream:
    """The output, with the chapters behind it as an input of their own.

    An input without streams has no place in ffmpeg-python's graph. It is the last one on the command
    line, where ffmpeg counts it behind all others.
    """
    if not chapters:
        return _output(nodes, target, container, plan, options | {"map_chapters": -1})
    described = target.with_name(f"{target.name}.chapters")
    described.write_text(_ffmetadata(chapters), encoding="utf-8")
    inputs = ffmpeg.arguments(_output(nodes, target, container, plan, options)).count("-i")
    output = _output(nodes, target, container, plan, options | {"map_chapters": inputs})
    return output.global_args("-f", "ffmetadata", "-i", f"file:{described.absolute()}")


def _output(
    nodes: list[ffmpeg.Stream], target: Path, container: Container, plan: Plan, options: Options
) -> ffmpeg.Stream:
    if container != "mkv":
        options |= {"movflags": "+faststart+write_colr", "video_track_timescale": plan.time_scale}
    # bitexact: Matroska's files have random numbers in them otherwise
    return ffmpeg.write(
        *nodes, to=target, format=MUXERS[container], fflags="+bitexact", max_muxing_queue_size=QUEUE, **options
    )


def _laid(original: ffmpeg.Stream, track: Track, plan: Plan) -> ffmpeg.Stream:
    node = original[f"a:{track.index}"]
    if track.is_copied:
        return node
    start = _seconds(plan.start)
    node = tracks.believable(node, plan.start + plan.duration)
    if plan.is_trimmed:
        node = node.filter("atrim", start=start, end=_seconds(plan.start + plan.duration))
        node = node.filter("asetpts", f"PTS-{start}/TB")
    # gaps in the timestamps become silence, and silence stands in for a late start
    node = tracks.in_place(node)
    # and for a part in which the track has no sound: a track without a packet would be left out
    return node.filter("apad", whole_dur=_seconds(plan.duration)) if plan.is_trimmed else node


def _cut_subtitles(
    original: ffmpeg.Stream, words: tuple[Track, ...], plan: Plan, target: Path, limits: Limits
) -> ffmpeg.Stream:
    """The subtitles that begin within a trim, at their new times, in a file of their own.

    With a picture at its beginning: ffmpeg takes the first time in a file for its zero, and Matroska
    can't be read without anything in it.
    """
    cut = target.with_name(f"{target.name}.subtitles.mkv")
    start = _seconds(plan.start)
    anchor = graph.input("color=size=16x16:rate=1000:duration=0.01", format="lavfi", itsoffset=start)
    nodes = [anchor["v:0"], *(original[f"s:{track.index}"] for track in words)]
    encoders: Options = {f"c:s:{number}": track.encoder for number, track in enumerate(words)}
    bounds: Options = {"ss": start, "t": _seconds(plan.duration), "map_metadata": -1}
    output = ffmpeg.write(*nodes, to=cut, format="matroska", **{"c:v": "ffv1"}, **bounds, **encoders)
    ffmpeg.transcode(output, limits=limits, says="The cutting of the subtitles")
    return ffmpeg.own_file(cut)


def _metadata(facts: Facts) -> Options:
    """The source's title and nothing else of what it says of itself: places and names are nobody's business."""
    silent: Options = {"map_metadata:g": -1, "map_metadata:s": -1}
    return silent | ({"metadata": f"title={facts.title}"} if facts.title else {})


def _described(track: Track, where: str, position: int, container: Container) -> Options:
    """Codec, language and title of the stream ``where`` among its kind, at ``position`` among all.

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
    """ffmpeg's own text format, in milliseconds."""
    lines = [";FFMETADATA1"]
    for one in chapters:
        start, end = round(one.start * 1000), round(one.end * 1000)
        title = re.sub(r"([=;#\\\n])", r"\\\1", one.title)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={title}"]
    return "\n".join(lines) + "\n"


def _seconds(time: Fraction) -> str:
    """Seconds with the six decimals that ffmpeg keeps."""
    return f"{float(time):.6f}"
