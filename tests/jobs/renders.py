"""Segments that the render process has made once, for tests of what happens to them afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from upscaler.jobs.worker.render_process import RenderChild
from upscaler.pipeline.networks.builtin import NEAREST
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.render.encode import playable_path
from upscaler.pipeline.render.render_child import Request

OF_ONE_TEST = ("source", "target", "pairs", "tuned", "max_pixels", "stall_seconds")
"""Fields of a request that change no byte of a segment."""
PAIR = ("before", "after")
"""Fields of an answer with a pair of pictures that name their files."""


@dataclass
class _Rendered:
    """What was answered to a request, and the files behind it."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    segment: bytes = b""
    playable: bytes | None = None
    pictures: dict[str, bytes] = field(default_factory=dict)
    """Of its pairs, by the paths in the answers."""

    def heard(self, answer: dict[str, Any], target: Path) -> None:
        """Keep an answer, before the caller takes the files away."""
        self.answers.append(answer)
        if answer["kind"] == "pair":
            self.pictures |= {answer[side]: Path(answer[side]).read_bytes() for side in PAIR}
        elif answer["kind"] == "done":
            copy = playable_path(target)
            self.segment, self.playable = target.read_bytes(), copy.read_bytes() if copy.exists() else None

    def again(self, request: Request) -> Iterator[dict[str, Any]]:
        """Give the same answers, and put the same files where this request wants them."""
        target, pairs = Path(request.target), Path(request.pairs)
        target.write_bytes(self.segment)
        if self.playable is not None:
            playable_path(target).write_bytes(self.playable)
        for answer in self.answers:
            if answer["kind"] == "pair":
                pairs.mkdir(parents=True, exist_ok=True)
                places = {side: pairs / Path(answer[side]).name for side in PAIR}
                for side, place in places.items():
                    place.write_bytes(self.pictures[answer[side]])
                yield answer | {side: str(place) for side, place in places.items()}
            else:
                yield answer


@dataclass
class Renders:
    """Answers a request that was answered before with the same words and files, and without a process."""

    _known: dict[tuple[str, str], _Rendered] = field(default_factory=dict)

    def render(self, child: RenderChild, request: Request) -> Iterator[dict[str, Any] | None]:
        """Stand in for the child's ``render``."""
        wanted = {name: value for name, value in asdict(request).items() if name not in OF_ONE_TEST}
        if wanted["weights"]["architecture"] == NEAREST:  # its engine is always the same
            wanted |= {"precision": "", "backend": ""}
        key = sha256_of(Path(request.source)), json.dumps(wanted, sort_keys=True)
        if key in self._known:
            yield from self._known[key].again(request)
            return
        rendered = _Rendered()
        for answer in RenderChild.render(child, request):
            if answer is not None:
                rendered.heard(answer, Path(request.target))
                if answer["kind"] == "done":
                    self._known[key] = rendered
            yield answer
