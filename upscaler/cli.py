"""``script/upscale``: the pipeline with no server and no database."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import FrameType

from tqdm import tqdm

from haloweb.env import debug_from_environment, limits_from_environment
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.presets import PRESETS
from upscaler.pipeline.core.recipe import CHOICES, NUMBER_PATTERNS, PRECISIONS, Filters, Recipe
from upscaler.pipeline.networks.registry import BUILTIN, DEFAULT
from upscaler.pipeline.render import encoders
from upscaler.pipeline.run import upscale_file

OK, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130
LINE_SECONDS = 5.0


class Progress:
    """A progress bar on a terminal, or a line every few seconds elsewhere, always on stderr.

    ``units`` names what a stage counts, where that isn't frames.
    """

    def __init__(self, units: Mapping[str, str] | None = None) -> None:
        self._units = units or {}
        self._bar: tqdm[None] | None = None
        self._is_terminal = sys.stderr.isatty()
        self._stage = ""
        self._began = self._printed_at = time.monotonic()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self.close()
            self._stage = stage
            self._began = time.monotonic()
            if total and self._is_terminal:
                self._bar = tqdm(
                    total=total, desc=stage, unit=self._units.get(stage, "frame"), file=sys.stderr, smoothing=0.1
                )
            else:
                self._print(f"{stage}...")
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
        elif done and time.monotonic() - self._printed_at >= LINE_SECONDS:
            self._print(self._line(stage, done, total))

    def report(self, sentence: str) -> None:
        """Print a line of its own."""
        self.close()
        self._print(sentence)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _line(self, stage: str, done: int, total: int) -> str:
        fps = done / (time.monotonic() - self._began)
        if stage in self._units:
            return f"{stage}: {done} of {total} {self._units[stage]}s, {_time_left((total - done) / fps)}"
        if not total:
            return f"{stage}: {done} frames, {fps:.1f} frames/s"
        return f"{stage}: {done}/{total} frames, {fps:.2f} frames/s, {_time_left((total - done) / fps)}"

    def _print(self, line: str) -> None:
        self._printed_at = time.monotonic()
        print(line, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code: 0, 2 for a refused input, 1 for a failure, 130 if interrupted."""
    argv = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    if "--list-presets" in argv:
        return _list_presets()
    options = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
        signal.signal(signal.SIGHUP, _interrupt)
    progress = Progress()
    try:
        receipt = upscale_file(
            Path(os.path.abspath(options.source)),
            Path(os.path.abspath(options.target)),
            options.model,
            _recipe(options),
            limits_from_environment(),
            progress,
            force=options.force,
            on_message=progress.report,
            tuned=tuned_file(),
        )
    except (Exception, KeyboardInterrupt) as error:
        return _print_error(progress, *_as_pipeline_error(error))
    progress.close()
    if options.json:
        print(json.dumps(receipt, indent=2))
    else:
        result = receipt["result"]
        print(
            f"{_printable(options.target)}: {result['frames_out']} frames, {result['width']}x{result['height']}, "
            f"{receipt['seconds']:.1f} s, {receipt['fps']:.2f} frames/s"
        )
        for warning in receipt["warnings"]:
            print(f"warning: {warning}")
    return OK


def _time_left(seconds: float) -> str:
    return f"{seconds:.0f} s left" if seconds < 600 else f"{seconds / 60:.0f} min left"


def _printable(name: str) -> str:
    """Return a file name as UTF-8, which it need not be."""
    return os.fsencode(name).decode(errors="backslashreplace")


def tuned_file() -> Path:
    """Return the path of this machine's measurements, in the XDG cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache") / "haloweb" / "tuned.json"


def _recipe(options: argparse.Namespace) -> Recipe:
    """Return the recipe of the options. Raises Refused for an unknown filter or value."""
    filters = Filters()
    for setting in options.set:
        filters = filters.with_setting(setting)
    return Recipe(
        preset=options.preset,
        height=options.height,
        scale=options.scale,
        precision=options.precision,
        trim=options.frames,
        filters=filters,
    )


def _list_presets() -> int:
    """Print the presets, and whether this machine supports each."""
    try:
        reasons = encoders.check_all()
    except PipelineError as error:
        return _print_error(Progress(), error, FAILED)
    width = max(map(len, PRESETS))
    for name, preset in PRESETS.items():
        state = reasons[preset.encoder] or "available"
        print(f"{name:{width}}  .{preset.container}  {preset.label}. {preset.description} [{state.rstrip('.')}]")
    return OK


def _as_pipeline_error(error: BaseException) -> tuple[PipelineError, int]:
    """Return the error with a sentence for the person, and the exit code."""
    if isinstance(error, PipelineError):
        return error, REFUSED if isinstance(error, Refused) else FAILED
    if isinstance(error, OSError):
        return PipelineError(f"{error.strerror or error}: {error.filename or ''}".strip(), permanent=True), FAILED
    if isinstance(error, KeyboardInterrupt):
        return PipelineError("Interrupted. Nothing was written.", permanent=True), INTERRUPTED
    message = f"Unexpected error ({type(error).__name__}: {error}). Set HALOWEB_DEBUG=1 to see where."
    return PipelineError(message, permanent=True, detail="".join(traceback.format_exception(error))), FAILED


def _print_error(progress: Progress, error: PipelineError, code: int) -> int:
    progress.close()
    print(f"upscale: {error.message}", file=sys.stderr)
    if error.detail and debug_from_environment():
        print(error.detail, file=sys.stderr)
    return code


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="upscale",
        description="Upscale one video with a Real-ESRGAN model.",
        epilog=_filters_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE")
    parser.add_argument(
        "target", metavar="TARGET", help="an .mp4, .mov or .mkv file, as the preset requires; it appears once checked"
    )
    parser.add_argument("--model", default=DEFAULT, metavar="NAME|FILE", help=f"one of {', '.join(BUILTIN)}, or a file")
    parser.add_argument("--preset", default="h264", metavar="NAME", help=f"one of {', '.join(PRESETS)}")
    parser.add_argument(
        "--list-presets", action="store_true", help="list the presets, and whether each works on this machine"
    )
    parser.add_argument("--height", type=int, metavar="N", help="height of the result (default: the model's scale)")
    parser.add_argument(
        "--scale", type=_fraction, metavar="X", help="size of the result relative to the source, such as 2 or 1.5"
    )
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--frames", type=_range, metavar="A:B", help="only frames A to B, without B itself")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="set a filter; can be repeated"
    )
    parser.add_argument("--json", action="store_true", help="print the receipt")
    parser.add_argument("--force", action="store_true", help="overwrite TARGET if it exists")
    return parser


def _filters_help() -> str:
    """Return every filter with its values, the default first."""
    width = max(map(len, CHOICES))
    lines = ["filters for --set with their values, the default first:"]
    for name, values in CHOICES.items():
        figures = f", or {NUMBER_PATTERNS[name][1]}" if name in NUMBER_PATTERNS else ""
        lines.append(f"  {name:{width}}  {', '.join(values)}{figures}")
    return "\n".join(lines)


def _fraction(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a scale such as 2 or 1.5") from None


def _range(text: str) -> tuple[int, int]:
    start, separator, end = text.partition(":")
    if not separator or not start.isdigit() or not end.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of frames such as 100:200")
    return int(start), int(end)


if __name__ == "__main__":
    sys.exit(main())
