"""The manual workflow that HaloWeb replaces, written out, step for step, as people type it.

    python benchmarks/manual.py SOURCE TARGET CHECKPOINT

Every frame to PNG, RealESRGANer over the folder (as inference_realesrgan.py calls it, fp32), PNGs back
to a video, sound copied out and muxed in. CHECKPOINT holds the weights as training tools write them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
from networks import reference

from upscaler.pipeline.networks import compat
from upscaler.pipeline.networks.weights import read


def ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *arguments], check=True)


def frame_rate(source: Path) -> str:
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=r_frame_rate"]
    return subprocess.check_output([*command, "-of", "csv=p=0", str(source)], text=True).strip()


def upscale_folder(frames: Path, enlarged: Path, checkpoint: Path) -> None:
    """inference_realesrgan.py's loop, with its defaults and --fp32."""
    upsampler = compat.realesrgan().RealESRGANer(
        scale=4, model_path=str(checkpoint), model=reference(read(checkpoint)), tile=0, pre_pad=0, half=False
    )
    for path in sorted(frames.glob("*.png")):
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        output, _ = upsampler.enhance(picture, outscale=4)
        cv2.imwrite(str(enlarged / path.name), output)


def main(source: Path, target: Path, checkpoint: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="manual-") as folder:
        frames, enlarged = Path(folder, "in"), Path(folder, "out")
        frames.mkdir()
        enlarged.mkdir()
        ffmpeg("-i", str(source), "-q:v", "1", "-qmin", "1", "-qmax", "1", str(frames / "%05d.png"))
        upscale_folder(frames, enlarged, checkpoint)
        video, sound = Path(folder, "up.mp4"), Path(folder, "audio.mka")
        ffmpeg(
            "-framerate", frame_rate(source), "-pattern_type", "glob", "-i", str(enlarged / "*.png"),
            "-vf", "format=yuv420p", "-preset", "veryfast", "-crf", "18", "-movflags", "+faststart", str(video),
        )  # fmt: skip
        ffmpeg("-i", str(source), "-c", "copy", "-vn", str(sound))
        ffmpeg("-i", str(sound), "-i", str(video), "-c:v", "copy", "-c:a", "aac", str(target))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
