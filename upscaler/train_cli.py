"""``script/train``: from captures to a model, with no server and no database."""

from __future__ import annotations

import os

os.environ.setdefault("GOMP_SPINCOUNT", "0")  # threads that spin at a barrier take the core that others need

import argparse
import re
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from haloweb.env import limits_from_environment
from haloweb.version import VERSION
from upscaler.cli import FAILED, INTERRUPTED, OK, REFUSED, Progress
from upscaler.pipeline.core.errors import PipelineError, Refused, Stopped
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.networks.builtin import DEFAULT
from upscaler.pipeline.networks.registry import find
from upscaler.pipeline.networks.weights import read
from upscaler.training import project as steps
from upscaler.training.dataset.coverage import coverage
from upscaler.training.dataset.harvest_options import HarvestOptions
from upscaler.training.degradation.eras import RECIPES, recipe_named
from upscaler.training.networks.base import State, cut_down, spec_of
from upscaler.training.networks.spec import Architecture, NetworkSpec
from upscaler.training.project import Project, ProjectRecipe
from upscaler.training.publishing.versions import Version
from upscaler.training.results import Publication, evaluate_run, publish_run
from upscaler.training.samples.prepare import PreparationRecipe
from upscaler.training.trainer.launched import first_process_first, is_first_process
from upscaler.training.trainer.loop import Outcome, Trainer
from upscaler.training.trainer.recipe import CrispRecipe, TrainingRecipe
from upscaler.training.trainer.snapshots import Point, read_snapshot

UNITS = {"Analysing captures": "capture", "Preparing samples": "shard", "Evaluating": "clip"}
"""What the stages of progress count, where that isn't frames."""
SCRATCH_NETWORK = "64x16"
TEACHER_SHARE = 0.5
TILE_MARGIN = 16
"""Pixels by which samples are larger than patches, so that each epoch cuts other patches out of them."""
TIME = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code: 0, 2 for a refused input, 1 for a failure, 130 if interrupted."""
    options = _parser().parse_args(arguments)
    progress = Progress(UNITS)
    stop = _Stop()
    try:
        _run(options, progress, stop)
    except Refused as error:
        return _print_error(progress, error, REFUSED)
    except Stopped:
        progress.close()
        print("Stopped. Start the same command to continue.", file=sys.stderr)
        return INTERRUPTED
    except PipelineError as error:
        return _print_error(progress, error, FAILED)
    progress.close()
    return OK


class _Stop:
    """Whether Ctrl-C was pressed: the first time the step ends at its next safe point, the second time at once."""

    def __init__(self) -> None:
        self.is_requested = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._request)

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.is_requested:
            signal.default_int_handler(number, frame)
        self.is_requested = True

    def check(self) -> None:
        """Raise Stopped after a request."""
        if self.is_requested:
            raise Stopped


def _run(options: argparse.Namespace, progress: Progress, stop: _Stop) -> None:
    limits = limits_from_environment()
    project = Project(Path(os.path.abspath(options.project)))
    Version(options.name, 1)  # refuses a name that can't be published, before the hours of work

    def on_progress(stage: str, done: int, total: int) -> None:
        stop.check()
        progress(stage, done, total)

    with tempfile.TemporaryDirectory(prefix="train-") as scratch:
        base = _base(options, Path(scratch))
        with first_process_first():
            recipe = project.keep_recipe(_recipe(options, base))
            _prepare(options, project, recipe, limits, on_progress, progress)
        teacher = _weights_of(options.teacher, Path(scratch)) if options.teacher else None
        outcome = _train(project, recipe, base, teacher, progress, stop)
        if is_first_process():
            _publish(options, project, recipe, outcome, base, teacher, limits, Path(scratch), on_progress)


def _prepare(
    options: argparse.Namespace,
    project: Project,
    recipe: ProjectRecipe,
    limits: Limits,
    on_progress: steps.Progress,
    progress: Progress,
) -> None:
    """Make the dataset and the samples."""
    dataset = project.dataset(options.name, game=options.game, licence=options.licence)
    steps.add_captures(
        dataset, options.captures, limits, on_progress,
        on_message=progress.report, held_out=options.held_out, maps=dict(options.map), licence=options.licence,
    )  # fmt: skip
    for capture in dataset.captures:
        for warning in capture.warnings:
            progress.report(f"{capture.id}: {warning}")
    steps.harvest_captures(dataset, HarvestOptions(), limits, on_progress)
    for sentence in coverage(dataset).missing:
        progress.report(sentence)
    if not (project.samples / "training").is_dir():
        steps.check_leaks(dataset, on_progress)
    steps.prepare_samples(project, dataset, recipe, limits, on_progress)


def _train(
    project: Project, recipe: ProjectRecipe, base: _Base, teacher: State | None, progress: Progress, stop: _Stop
) -> Outcome:
    trainer = Trainer(recipe.training, project.samples, project.run, base=base.state, teacher=teacher)
    began, first = time.monotonic(), trainer.step

    def on_point(point: Point) -> None:
        speed = (time.monotonic() - began) / max(1, point.step - first)
        left = f", {(trainer.total - point.step) * speed / 60:.0f} min left" if trainer.total else ""
        score = f", held-out PSNR {point.score:.3f} dB" if point.score is not None else ""
        note = f" {point.note}" if point.note else ""
        total = f" of {trainer.total:,}" if trainer.total else ""
        progress.report(f"step {point.step:,}{total}, loss {point.loss:.5f}{score}{left}.{note}")

    outcome = trainer.run(on_point, stops=lambda: stop.is_requested)
    if not outcome.is_complete:
        raise Stopped
    return outcome


def _publish(
    options: argparse.Namespace,
    project: Project,
    recipe: ProjectRecipe,
    outcome: Outcome,
    base: _Base,
    teacher: State | None,
    limits: Limits,
    scratch: Path,
    on_progress: steps.Progress,
) -> None:
    """Evaluate the run's weights, and publish them as the next version."""
    dataset = project.dataset(options.name)
    evaluation, drawn = evaluate_run(
        project, dataset, recipe, outcome.weights, scratch, limits,
        lambda done, total: on_progress("Evaluating", done, total),
    )  # fmt: skip
    publication = Publication(
        options.name, options.model_licence, options.author, options.game, options.notes, outcome.step
    )
    folder, version = publish_run(
        project, dataset, recipe, read_snapshot(outcome.weights), publication, evaluation, drawn,
        version=VERSION, seconds=outcome.seconds, base=base.state,
        teacher=(options.teacher, teacher) if teacher is not None else None,
    )  # fmt: skip
    print(
        f"{version}: {outcome.step:,} steps in {outcome.seconds / 60:.0f} minutes. Its card and files are in {folder}"
    )


class _Base:
    """The weights that a run starts from."""

    def __init__(self, name: str, spec: NetworkSpec, state: State | None) -> None:
        self.name, self.spec = name, spec
        self.state = state


def _base(options: argparse.Namespace, scratch: Path) -> _Base:
    """Read the base weights, cut down to the network that is wanted."""
    wanted = _network(options.network) if options.network else None
    if options.base == "none":
        return _Base("", wanted or _network(SCRATCH_NETWORK), None)
    state = _weights_of(options.base, scratch)
    own = spec_of(state)
    if wanted is not None and (wanted.features, wanted.blocks) != (own.features, own.blocks):
        state = cut_down(state, wanted.features, wanted.blocks)
        own = spec_of(state)
    return _Base(options.base, own, state)


def _weights_of(name_or_file: str, scratch: Path) -> State:
    """Read the weights of a model or a file. Raises Refused if there are none."""
    weights = find(name_or_file, scratch)
    if weights.path is None:
        raise Refused(f"{name_or_file} has no weights. Choose another model or a file.")
    return read(weights.path)


def _network(words: str) -> NetworkSpec:
    match = re.fullmatch(r"(rrdb-)?(\d+)x(\d+)", words)
    if not match:
        raise Refused(f"{words!r} is no network: write features x blocks, such as 64x16, or rrdb-64x6 for an RRDBNet.")
    return NetworkSpec(Architecture.RRDB if match[1] else Architecture.COMPACT, int(match[2]), int(match[3]))


def _recipe(options: argparse.Namespace, base: _Base) -> ProjectRecipe:
    preparation = PreparationRecipe(
        recipe_named(options.era),
        twins=options.twins,
        samples=options.samples,
        tile=options.patch + TILE_MARGIN,
        seed=options.seed,
    )
    training = TrainingRecipe(
        base.spec,
        CrispRecipe() if options.stage == "crisp" else None,
        teacher_share=TEACHER_SHARE if options.teacher else 0.0,
        patch=options.patch,
        steps=options.steps,
        seconds=0.0 if options.steps else options.time,
        rate=options.rate or (2e-4 if options.base != "none" and not options.network else 5e-4),
        seed=options.seed,
        threads=options.threads,
    )
    return ProjectRecipe(preparation, training, base.name)


def _seconds(words: str) -> float:
    match = TIME.fullmatch(words)
    if not match or not words:
        raise argparse.ArgumentTypeError(f"{words!r} is no time: write 20m, 2h or 1h30m")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def _pair(words: str) -> tuple[str, str]:
    name, separator, value = words.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{words!r} has no '=': write CAPTURE=MAP")
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="script/train",
        description="Train a model on captures: analyse, harvest, degrade, train, evaluate, publish. "
        "Start the same command again to continue after an interruption.",
    )
    parser.add_argument(
        "captures", nargs="+", type=Path, help="videos, folders of videos or of pictures, archives of pictures"
    )
    parser.add_argument("--project", required=True, help="the folder for everything that is made")
    parser.add_argument("--name", default="model", help="the model's name, such as h1")
    parser.add_argument(
        "--time", type=_seconds, default=1200.0, help="how long to train, such as 20m or 2h (default 20m)"
    )
    parser.add_argument("--steps", type=int, default=0, help="steps to train, instead of a time")
    parser.add_argument(
        "--held-out", nargs="*", default=[], metavar="CAPTURE", help="captures that are only evaluated on"
    )
    parser.add_argument(
        "--map", action="append", type=_pair, default=[], metavar="CAPTURE=MAP", help="the map of a capture"
    )
    parser.add_argument("--game", default="")
    parser.add_argument("--licence", default="", help="of the captures: an SPDX identifier or a sentence")
    parser.add_argument("--base", default=DEFAULT, help="a model's name or a file of weights to start from, or none")
    parser.add_argument("--network", default="", help="features x blocks, such as 48x8: cut out of the base")
    parser.add_argument("--teacher", default="", help="a trained model that a smaller network learns from, too")
    parser.add_argument("--era", default="2001-2008", choices=sorted(RECIPES), help="how captures are degraded")
    parser.add_argument("--twins", type=int, default=12, help="degradations of each clip")
    parser.add_argument("--samples", type=int, default=160, help="crops of each degradation")
    parser.add_argument(
        "--stage", default="pixel", choices=("pixel", "crisp"), help="crisp starts from a pixel stage's weights"
    )
    parser.add_argument("--patch", type=int, default=48, help="side of a training patch in low-resolution pixels")
    parser.add_argument("--model-licence", default="", help="of the model: an SPDX identifier")
    parser.add_argument("--author", default="")
    parser.add_argument("--notes", default="", help="shown on the model's card")
    parser.add_argument("--rate", type=float, default=0.0, help="learning rate (default by the kind of run)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="of the CPU (default all cores)")
    return parser


def _print_error(progress: Progress, error: PipelineError, code: int) -> int:
    progress.close()
    print(f"error: {error.message}", file=sys.stderr)
    if error.detail:
        print(error.detail, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
