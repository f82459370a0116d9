"""Frames -> one segment: a fragmented MP4 or MOV whose timestamps continue those of the segment before."""

from __future__ import annotations

from pathlib import Path

import ffmpeg as graph

from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame, flat
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import ENCODER_THREADS, Preset, preset
from upscaler.pipeline.planning.plan import Plan, Size
from upscaler.pipeline.programs import ffmpeg

KEY_FRAME_SECONDS = 2

FRAGMENTED = "+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer+write_colr"
"""frag_discont: without it every fragment's decode time is 0, and segments can't be joined."""

LEAD = 16
"""Frames by which all timestamps are delayed, so that none is negative: decoding begins before the first frame is
shown. The muxer moves negative timestamps, and ffmpeg's demuxer misreads negative offsets: it corrects by the largest
that it has met so far, and jumps by a frame where a later scene has a larger one."""

BT709 = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "color_range": "tv"}
RGB = {"colorspace": "rgb", "color_primaries": "bt709", "color_trc": "bt709", "color_range": "pc"}

PLAYABLE_SIDES = Size(1920, 1440)
"""Largest size of the browser copy."""
Options = dict[str, str | int]

PLAYABLE: Options = {"c:v": "libx264", "preset": "veryfast", "crf": 20, "profile:v": "high"}


class Encoder:
    """Writes the frames of [start, end) to ``target``. Use it as a context manager.

    Takes RGB frames of the network's size; they are scaled to the plan's output size, converted to
    the preset's colours, and tagged. The same frames give the same bytes: no clock, fixed threads.
    A preset that browsers don't play gets an H.264 copy beside it, at ``playable_path(target)``,
    unless ``with_playable`` is false.
    """

    def __init__(
        self, target: Path, plan: Plan, limits: Limits, *, start: int, end: int, with_playable: bool = True
    ) -> None:
        self._expected = end - start
        self._taken = 0
        chosen = preset(plan.preset)
        pictures = graph.input(
            "pipe:",
            format="rawvideo",
            pix_fmt="rgb24",
            s=f"{plan.network.width}x{plan.network.height}",
            framerate=str(plan.rate),
        ).video.filter("fps", str(plan.rate))  # or ffmpeg guesses the rate, and makes 120 of 119.88
        shared = _shared_options(plan, start)
        if chosen.plays or not with_playable:
            output = _result_node(pictures, plan, chosen, target, shared)
        else:
            both = pictures.filter_multi_output("split")
            output = ffmpeg.merge_outputs(
                _result_node(both[0], plan, chosen, target, shared),
                _playable_node(both[1], plan, playable_path(target), shared),
            )
        command = ffmpeg.arguments(output.global_args(*device_arguments(chosen)))
        self._process = ffmpeg.start(command, limits=limits, label="The encoder", takes_input=True)

    @property
    def taken(self) -> int:
        """Number of frames written so far."""
        return self._taken

    def __enter__(self) -> Encoder:
        return self

    def __exit__(self, *details: object) -> None:
        self._process.end()

    def write(self, frame: Frame) -> None:
        """Write the next frame, (height, width, 3) RGB."""
        self._process.write(flat(frame))
        self._taken += 1

    def finish(self) -> None:
        """Close the file. Raises PipelineError unless every planned frame was written."""
        if self._taken != self._expected:
            raise PipelineError(f"A segment received {self._taken} of its {self._expected} frames.", permanent=False)
        self._process.finish()


def playable_path(target: Path) -> Path:
    """Return the path of a segment's H.264 copy, in the same folder."""
    return target.with_name(f"{target.stem}.playable.mp4")


def playable_size(plan: Plan) -> Size:
    """Return the size of the browser copy: even, within PLAYABLE_SIDES, with the result's aspect ratio."""
    return bounded(plan.output)


def bounded(size: Size) -> Size:
    """Return ``size``, or the largest even size of its aspect ratio within PLAYABLE_SIDES."""
    width, height = size.width, size.height
    if width <= PLAYABLE_SIDES.width and height <= PLAYABLE_SIDES.height:
        return size
    bound_by_width = width * PLAYABLE_SIDES.height > height * PLAYABLE_SIDES.width
    if bound_by_width:
        return Size(PLAYABLE_SIDES.width, max(2, 2 * round(PLAYABLE_SIDES.width * height / (2 * width))))
    return Size(max(2, 2 * round(PLAYABLE_SIDES.height * width / (2 * height))), PLAYABLE_SIDES.height)


def device_arguments(chosen: Preset) -> tuple[str, ...]:
    """Return ffmpeg's global options for hardware encoders; NVIDIA's need none."""
    if chosen.device not in ("vaapi", "qsv"):
        return ()
    return ("-init_hw_device", f"{chosen.device}=hw", "-filter_hw_device", "hw")


def tags(chosen: Preset) -> dict[str, str]:
    """Return the options that tag streams and containers with the preset's colours."""
    return RGB if chosen.is_lossless else BT709


def _shared_options(plan: Plan, start: int) -> Options:
    return {
        "threads": ENCODER_THREADS,
        "flags": "+cgop+bitexact",
        "fflags": "+bitexact",
        "map_metadata": -1,
        "video_track_timescale": plan.time_scale,
        "movie_timescale": plan.time_scale,
        "movflags": FRAGMENTED,
        "output_ts_offset": _seconds(start + LEAD, plan),
        "avoid_negative_ts": "make_non_negative",
        "fps_mode": "passthrough",
    }


def _result_node(pictures: ffmpeg.Stream, plan: Plan, chosen: Preset, target: Path, shared: Options) -> ffmpeg.Stream:
    options: Options = {"c:v": chosen.encoder, "g": _key_frames(plan), **dict(chosen.options), **shared}
    fitted = _fit(pictures, plan, chosen)
    return ffmpeg.write(fitted, to=target, format=chosen.segments, **options, **tags(chosen))


def _playable_node(pictures: ffmpeg.Stream, plan: Plan, target: Path, shared: Options) -> ffmpeg.Stream:
    size = playable_size(plan)
    pictures = _padded(pictures, plan)
    pictures = tagged(in_bt709(pictures, size, "bicubic").filter("format", "yuv420p"), BT709).filter("setsar", "1")
    options: Options = PLAYABLE | {"g": _key_frames(plan)} | shared
    return ffmpeg.write(pictures, to=target, format="mp4", **options, **BT709)


def _fit(pictures: ffmpeg.Stream, plan: Plan, chosen: Preset) -> ffmpeg.Stream:
    """Scale to the output size and convert to the preset's colours. A lossless preset keeps the network's pixels."""
    if chosen.is_lossless:
        if _is_padded(plan):
            pictures = _padded(pictures, plan)
        else:
            pictures = pictures.filter("scale", plan.output.width, plan.output.height, flags="lanczos+accurate_rnd")
        return tagged(pictures.filter("format", chosen.pix_fmt), RGB).filter("setsar", "1")
    size = None if _is_padded(plan) else plan.output
    pictures = _padded(pictures, plan) if _is_padded(plan) else pictures
    pictures = tagged(in_bt709(pictures, size, "lanczos").filter("format", chosen.pix_fmt), BT709).filter("setsar", "1")
    return pictures.filter("hwupload", extra_hw_frames=64) if device_arguments(chosen) else pictures


def _is_padded(plan: Plan) -> bool:
    """Tell whether the output is the network's frame, padded by at most a line and a column to be even."""
    return plan.output.width - plan.network.width in (0, 1) and plan.output.height - plan.network.height in (0, 1)


def _padded(pictures: ffmpeg.Stream, plan: Plan) -> ffmpeg.Stream:
    if not _is_padded(plan) or plan.output == plan.network:
        return pictures
    return pictures.filter("pad", plan.output.width, plan.output.height)


def in_bt709(pictures: ffmpeg.Stream, size: Size | None, method: str) -> ffmpeg.Stream:
    """Convert to BT.709 in TV range, and to a size. The matrix is explicit, since ffmpeg would guess BT.601."""
    colour = {"out_color_matrix": "bt709", "out_range": "limited", "flags": f"{method}+accurate_rnd+full_chroma_int"}
    if size is None:
        return pictures.filter("scale", **colour)
    return pictures.filter("scale", size.width, size.height, **colour)


def tagged(pictures: ffmpeg.Stream, tags: dict[str, str]) -> ffmpeg.Stream:
    """Tag each frame with its colour. Some encoders, and ffmpeg from version 7 on, read the tags of frames only and
    ignore those among the encoder's options."""
    colour = {name: tags[name] for name in ("color_primaries", "color_trc")}
    colour |= {"colorspace": tags["colorspace"].replace("rgb", "gbr"), "range": tags["color_range"]}
    return pictures.filter("setparams", **colour)


def _key_frames(plan: Plan) -> int:
    return max(1, round(plan.rate * KEY_FRAME_SECONDS))


def _seconds(frame: int, plan: Plan) -> str:
    """Return a frame's time with the six decimals that ffmpeg keeps."""
    return f"{float(frame / plan.rate):.6f}"
