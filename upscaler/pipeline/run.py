"""The whole pipeline: a file goes in, an upscaled file comes out."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import preset
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.output.assemble import assemble
from upscaler.pipeline.output.receipt import make_receipt
from upscaler.pipeline.output.verify import verify
from upscaler.pipeline.planning.plan import make_plan, segment_frames
from upscaler.pipeline.render.segments import Renderer
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe
from upscaler.pipeline.tracks.track_plan import CONTAINER_NAMES

from .networks.registry import find
from .networks.tune import open_tuned
from .render import encoders

OnProgress = Callable[[str, int, int], None]
"""Called with the stage's name, the number of its finished frames, and their total (0 where it is unknown)."""
OnMessage = Callable[[str], None]
"""Called with a sentence for the person who waits."""


def upscale_file(
    source: Path,
    target: Path,
    model: str,
    recipe: Recipe,
    limits: Limits,
    on_progress: OnProgress,
    *,
    force: bool,
    on_message: OnMessage = lambda _sentence: None,
    tuned: Path | None = None,
) -> dict[str, Any]:
    """Upscale ``source`` into ``target`` and return the receipt.

    ``target`` appears only when it is complete and verified; an existing one is replaced only with ``force``.
    ``tuned`` is the file of this machine's speed measurements (networks/tune.py). Raises Refused for input
    that isn't supported, PipelineError for a failure.
    """
    started = time.monotonic()
    _check_target(source, target, force)
    _check_preset(recipe.preset, target)
    with tempfile.TemporaryDirectory(prefix=".haloweb-", dir=target.parent) as folder:
        scratch = Path(folder)
        on_progress("analyse", 0, 0)
        probed = probe(source, limits)
        facts = analyse(source, probed, limits, lambda frames: on_progress("analyse", frames, 0))
        weights = find(model, scratch)
        plan = make_plan(facts, recipe, weights.scale, limits)

        size = plan.source.width, plan.source.height
        backend, speed = open_tuned(weights, recipe.precision, size, tuned)
        if speed:
            plan = plan.cut(segment_frames(speed.seconds(plan) / plan.frame_count))
            on_message(speed.in_words(plan))
        on_progress("render", 0, plan.frame_count)
        render_started = time.monotonic()
        segments = [scratch / f"{number:06}.mp4" for number in range(len(plan.segments))]

        def on_frame(number: int, _before: Frame, _after: Frame) -> None:
            on_progress("render", number + 1, plan.frame_count)

        with Renderer(source, plan, backend, limits, with_playable=False) as renderer:
            rendered = [
                renderer.render(start, end, path, on_frame)
                for (start, end), path in zip(plan.segments, segments, strict=True)
            ]
        render_seconds = time.monotonic() - render_started
        engine = backend.engine
        backend.close()

        on_progress("assemble", 0, 0)
        finished = scratch / f"result{target.suffix}"
        extras = assemble(source, facts, plan, segments, finished, limits)
        on_progress("verify", 0, 0)
        frames = sum(segment.frames for segment in rendered)
        verified = verify(source, facts, plan, finished, limits, rendered=frames, extras=extras)
        _publish(finished, target, force)
    return make_receipt(
        facts=facts,
        recipe=recipe,
        plan=plan,
        weights=weights,
        engine=engine,
        extras=extras,
        verified=verified,
        changes_nothing=all(segment.changes_nothing for segment in rendered),
        render_seconds=render_seconds,
        seconds=time.monotonic() - started,
    )


def _check_target(source: Path, target: Path, force: bool) -> None:
    if not target.parent.is_dir():
        raise Refused(f"The target's folder, {target.parent}, doesn't exist.")
    if target.is_dir():
        raise Refused(f"The target, {target}, is a folder; name a file, such as {target / 'result.mp4'}.")
    if target.exists():
        if source.exists() and target.samefile(source):
            raise Refused("The target is the source itself. Choose another name.")
        if not force:
            raise Refused(f"{target} already exists. Use --force to replace it.")
    if not os.access(target.parent, os.W_OK):
        raise Refused(f"The target's folder, {target.parent}, isn't writable.")


def _check_preset(name: str, target: Path) -> None:
    """Raise Refused unless the target's suffix fits the preset's container and its encoder works."""
    container = preset(name).container
    if target.suffix.lower() != f".{container}":
        raise Refused(
            f"The preset {name} writes {CONTAINER_NAMES[container]} files; "
            f"name the target {target.with_suffix(f'.{container}').name}."
        )
    encoders.require(name)


def _publish(finished: Path, target: Path, force: bool) -> None:
    """Rename the finished file to its final name atomically."""
    if force:
        finished.replace(target)
        return
    try:
        os.link(finished, target)
    except FileExistsError:
        raise Refused(f"{target} was created in the meantime. Use --force to replace it.") from None
    except OSError:  # a file system without hard links
        finished.rename(target)
