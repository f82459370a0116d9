"""The output presets, in one table. To add one: a row.

encoders.py checks whether this server can run an encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .errors import Refused

Container = Literal["mp4", "mov", "mkv"]
Colour = Literal["bt709", "rgb"]

ENCODER_THREADS = 4
"""A fixed number, since x264's output depends on it."""

Options = tuple[tuple[str, str | int], ...]


@dataclass(frozen=True)
class Preset:
    """Encoder, container and options of the result."""

    name: str
    label: str
    description: str
    encoder: str
    """ffmpeg's name of the encoder."""
    options: Options
    """Options of the encoder, by ffmpeg's names."""
    pix_fmt: str = "yuv420p"
    container: Container = "mp4"
    colour: Colour = "bt709"
    """BT.709 in TV range with all its tags, or the network's RGB."""
    plays: bool = True
    """Whether browsers play it. If not, the same pass writes an H.264 copy too."""
    height: int | None = None
    """Height of the result where the recipe has none."""
    group: str = "For the web"
    smallest_side: int = 2
    """The encoder's minimum width and height in pixels."""
    device: str = ""
    """Hardware that the encoder runs on, such as "cuda" or "vaapi"; empty for a processor."""

    @property
    def is_lossless(self) -> bool:
        return self.colour == "rgb"

    @property
    def segments(self) -> Literal["mp4", "mov"]:
        """The container of a segment. QuickTime has a tag for every codec here, MP4 has none for editing codecs."""
        return "mp4" if self.container == "mp4" else "mov"


X264 = (("profile:v", "high"),)
X265 = "log-level=error:pools=4:frame-threads=2:open-gop=0:info=0"
"""info=0 leaves out x265's banner, which names the processor and would make the output differ between servers."""
EDIT, HARDWARE, SMALL = "For editing", "GPU encoders", "Smaller files"

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "h264",
            "H.264 for the web",
            "Plays everywhere. The right choice for sharing.",
            "libx264",
            (("preset", "veryfast"), ("crf", 18), *X264),
        ),
        Preset(
            "h264-high",
            "H.264, high quality",
            "Plays everywhere, about twice the size. For uploads to a video site.",
            "libx264",
            (("preset", "medium"), ("crf", 14), *X264),
        ),
        Preset(
            "h264-960p",
            "H.264, 960p",
            "Plays everywhere. 960 pixels high, whatever the model's scale.",
            "libx264",
            (("preset", "veryfast"), ("crf", 18), *X264),
            height=960,
        ),
        Preset(
            "youtube-1440p",
            "YouTube 1440p",
            "1440 pixels high, where YouTube uses its better codec for every upload.",
            "libx264",
            (("preset", "medium"), ("crf", 15), *X264),
            height=1440,
        ),
        Preset(
            "youtube-2160p",
            "YouTube 2160p",
            "2160 pixels high. The sharpest on YouTube, and the largest upload.",
            "libx264",
            (("preset", "medium"), ("crf", 16), *X264),
            height=2160,
        ),
        Preset(
            "hevc",
            "HEVC",
            "About two thirds the size of H.264. For TVs and media players. Slow to encode.",
            "libx265",
            (("preset", "fast"), ("crf", 20), ("x265-params", X265), ("tag:v", "hvc1")),
            pix_fmt="yuv420p10le",
            plays=False,
            group=SMALL,
        ),
        Preset(
            "av1",
            "AV1",
            "About half the size of H.264. Plays in newer browsers. Slow to encode.",
            "libsvtav1",
            (("preset", 8), ("crf", 28), ("svtav1-params", "lp=4")),
            pix_fmt="yuv420p10le",
            smallest_side=64,
            group=SMALL,
        ),
        Preset(
            "prores",
            "ProRes 422 HQ",
            "The format that editing software handles best. Very large.",
            "prores_ks",
            (("profile:v", 3), ("vendor", "apl0")),
            pix_fmt="yuv422p10le",
            container="mov",
            plays=False,
            group=EDIT,
        ),
        Preset(
            "ffv1",
            "FFV1, lossless",
            "Every pixel exactly as the model produced it, with checksums. For archiving and editing.",
            "ffv1",
            (("level", 3), ("g", 1), ("slices", 16), ("slicecrc", 1), ("coder", 1), ("context", 0)),
            pix_fmt="bgr0",
            container="mkv",
            colour="rgb",
            plays=False,
            group=EDIT,
        ),
        Preset(
            "utvideo",
            "UT Video, lossless",
            "Every pixel exactly as the model produced it, fast to scrub in an editor. Replaces Lagarith.",
            "utvideo",
            (("pred", "median"),),
            pix_fmt="gbrp",
            container="mkv",
            colour="rgb",
            plays=False,
            group=EDIT,
        ),
        Preset(
            "h264-nvenc",
            "H.264, NVIDIA",
            "Encodes on an NVIDIA GPU, which leaves the processor free.",
            "h264_nvenc",
            (("preset", "p5"), ("rc", "vbr"), ("cq", 19), ("b:v", 0), ("profile:v", "high")),
            group=HARDWARE,
            device="cuda",
        ),
        Preset(
            "hevc-nvenc",
            "HEVC, NVIDIA",
            "Encodes on an NVIDIA GPU.",
            "hevc_nvenc",
            (("preset", "p5"), ("rc", "vbr"), ("cq", 22), ("b:v", 0), ("tag:v", "hvc1")),
            plays=False,
            group=HARDWARE,
            device="cuda",
        ),
        Preset(
            "av1-nvenc",
            "AV1, NVIDIA",
            "Encodes on a newer NVIDIA GPU. About half the size of H.264.",
            "av1_nvenc",
            (("preset", "p5"), ("rc", "vbr"), ("cq", 30), ("b:v", 0)),
            smallest_side=160,
            group=HARDWARE,
            device="cuda",
        ),
        Preset(
            "h264-qsv",
            "H.264, Intel Quick Sync",
            "Encodes on an Intel GPU.",
            "h264_qsv",
            (("global_quality", 19), ("preset", "medium")),
            pix_fmt="nv12",
            group=HARDWARE,
            device="qsv",
        ),
        Preset(
            "hevc-qsv",
            "HEVC, Intel Quick Sync",
            "Encodes on an Intel GPU.",
            "hevc_qsv",
            (("global_quality", 22), ("preset", "medium"), ("tag:v", "hvc1")),
            pix_fmt="nv12",
            plays=False,
            group=HARDWARE,
            device="qsv",
        ),
        Preset(
            "av1-qsv",
            "AV1, Intel Quick Sync",
            "Encodes on a newer Intel GPU. About half the size of H.264.",
            "av1_qsv",
            (("global_quality", 28), ("preset", "medium")),
            pix_fmt="nv12",
            smallest_side=128,
            group=HARDWARE,
            device="qsv",
        ),
        Preset(
            "h264-vaapi",
            "H.264, VA-API",
            "Encodes on an AMD or Intel GPU on Linux.",
            "h264_vaapi",
            (("rc_mode", "CQP"), ("qp", 19)),
            pix_fmt="nv12",
            group=HARDWARE,
            device="vaapi",
        ),
        Preset(
            "hevc-vaapi",
            "HEVC, VA-API",
            "Encodes on an AMD or Intel GPU on Linux.",
            "hevc_vaapi",
            (("rc_mode", "CQP"), ("qp", 22), ("tag:v", "hvc1")),
            pix_fmt="nv12",
            plays=False,
            group=HARDWARE,
            device="vaapi",
        ),
        Preset(
            "av1-vaapi",
            "AV1, VA-API",
            "Encodes on a newer AMD or Intel GPU on Linux. About half the size of H.264.",
            "av1_vaapi",
            (("rc_mode", "CQP"), ("qp", 120)),
            pix_fmt="nv12",
            smallest_side=128,
            group=HARDWARE,
            device="vaapi",
        ),
    )
}


def preset(name: str) -> Preset:
    """Return the preset of that name. Raises Refused, naming the valid ones."""
    if name not in PRESETS:
        raise Refused(f"There is no preset called {name!r}. The presets are: {', '.join(PRESETS)}.")
    return PRESETS[name]
