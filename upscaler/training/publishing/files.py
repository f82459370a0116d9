"""Write a version's files: checked before anything shows them, all at once, and never over another version."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.networks.weights import describe, read, sha256_of
from upscaler.training.core.twin import Pixels
from upscaler.training.evaluation.fingerprint import tensors_sha256
from upscaler.training.evaluation.pictures import write as write_picture
from upscaler.training.networks.base import load_base, spec_of, without_plane
from upscaler.training.networks.build import build
from upscaler.training.networks.compact import PLANE

from .card import Card, PublishedFile
from .versions import Version

CHECKPOINT = "net_g_latest.pth"
"""Name under which BasicSR's training writes a generator, and other tools look for it."""
CARD_JSON, CARD_MARKDOWN = "card.json", "card.md"
FOR_OTHER_TOOLS = "Real-ESRGAN, chaiNNer and other tools"
FOR_HALOWEB = "HaloWeb and tools that read safetensors"
WITH_QUANTISERS = "HaloWeb, where the file tells its quantisers"
SIDE = 32
"""Pixels of the frame on which written weights are tried."""
SMALLEST_STEP = 1 / 255
TOLERANCE = 1e-4
"""Largest difference between the networks with and without quantisers where those are unknown, of 1."""

State = Mapping[str, Tensor]


def publish(state: State, folder: Path, card: Card, pictures: Mapping[str, Pixels] | None = None) -> Path:
    """Write a version and return its folder, named ``card.version`` in ``folder``.

    It holds net_g_latest.pth and VERSION.safetensors, both without quantisers; VERSION-quantisers.safetensors if the
    network has a plane for them; card.md and card.json; and ``pictures`` by file name. Weights are read again and run
    on a frame before the folder gets its name. Raises Refused if the version exists, or for weights that don't enlarge;
    PipelineError if a written file differs or the disk is full. Nothing is left then.
    """
    version = card.version
    target = folder / str(version)
    folder.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise _exists(version)
    draft = Path(tempfile.mkdtemp(prefix=".publishing-", dir=folder))
    try:
        _write_all(state, draft, card, pictures or {})
        draft.chmod(0o755)
        draft.rename(target)  # fails if another process has published this version in the meantime
        _sync(folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise _exists(version) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PipelineError(
                f"The disk is full: {version} wasn't published. Free some space, then try again.", permanent=False
            ) from error
        raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _exists(version: Version) -> Refused:
    return Refused(f"{version} exists already, and versions are never overwritten. Publish a new version.")


def _write_all(state: State, draft: Path, card: Card, pictures: Mapping[str, Pixels]) -> None:
    plain = {key: value.detach().cpu().contiguous().clone() for key, value in without_plane(state).items()}
    version = str(card.version)
    card = replace(card, tensors_sha256=tensors_sha256(plain), parameters=sum(each.numel() for each in plain.values()))
    torch.save({"params_ema": plain}, draft / CHECKPOINT)
    save_file(plain, draft / f"{version}.safetensors", metadata=_metadata(card, "none"))
    purposes = {CHECKPOINT: FOR_OTHER_TOOLS, f"{version}.safetensors": FOR_HALOWEB}
    enlarged = [_try_plain(draft / name, plain, card.scale) for name in purposes]
    if has_plane(state):
        whole = {key: value.detach().cpu().contiguous().clone() for key, value in state.items()}
        name = f"{version}-quantisers.safetensors"
        save_file(whole, draft / name, metadata=_metadata(card, "a fourth input plane of 1 to 31, 0 where unknown"))
        _try_with_plane(draft / name, whole, enlarged[0])
        purposes[name] = WITH_QUANTISERS
    for name, picture in pictures.items():
        write_picture(picture, draft / Path(name).name)
    if missing := [each.file for each in card.pictures if not (draft / each.file).is_file()]:
        raise Refused(f"The card shows {missing[0]}, which isn't among the pictures.")
    files = [
        PublishedFile(name, (draft / name).stat().st_size, sha256_of(draft / name), purpose)
        for name, purpose in purposes.items()
    ]
    card = replace(card, files=tuple(files))
    (draft / CARD_JSON).write_text(json.dumps(card.to_json(), indent=1))
    (draft / CARD_MARKDOWN).write_text(card.to_markdown())
    for path in (*draft.iterdir(), draft):
        _sync(path)


def has_plane(state: State) -> bool:
    """Return whether these weights take a plane of quantisers."""
    return any(key.startswith(PLANE) for key in state)


def read_card(folder: Path) -> Card:
    """Return the card of a published version. Raises Refused if the folder has none."""
    path = folder / CARD_JSON
    if not path.is_file():
        raise Refused(f"{folder.name} has no {CARD_JSON}: it isn't a published version.")
    return Card.from_json(json.loads(path.read_text()))


def _metadata(card: Card, quantisers: str) -> dict[str, str]:
    """Return what the header of a safetensors file says of it."""
    base = card.lineage.base
    return {
        "format": "pt",
        "name": card.version.name,
        "version": str(card.version),
        "author": card.author,
        "licence": card.licence,
        "architecture": card.architecture,
        "scale": str(card.scale),
        "quantisers": quantisers,
        "base": f"{base.name} {base.sha256}" if base else "",
        "dataset": f"{card.lineage.dataset.name} {card.lineage.dataset.sha256}",
        "haloweb": card.lineage.haloweb,
        "tensors_sha256": card.tensors_sha256,
    }


def _try_plain(path: Path, state: State, scale: int) -> Tensor:
    """Read written weights again, as an upload is read, and return what they make of a frame."""
    tensors = _read_equal(path, state)
    network = describe(tensors)
    if network.scale != scale:
        raise Refused(f"These weights enlarge {network.scale} times, but the card says {scale}.")
    return _try(network, scale)


def _try_with_plane(path: Path, state: State, expected: Tensor) -> None:
    tensors = _read_equal(path, state)
    network = build(spec_of(tensors))
    load_base(network, tensors)
    difference = (_try(network.eval(), 4) - expected).abs().max().item()
    if not difference <= TOLERANCE:
        raise PipelineError(
            "The network without quantisers differs from the one that has them. Publish another snapshot.",
            permanent=True,
            detail=f"by {difference}",
        )


def _read_equal(path: Path, state: State) -> dict[str, Tensor]:
    tensors = read(path)
    if tensors_sha256(tensors) != tensors_sha256(state):
        raise PipelineError(
            f"{path.name} differs from what was written. Check the disk, then try again.", permanent=False
        )
    return tensors


def _try(network: Callable[[Tensor], Tensor], scale: int) -> Tensor:
    """Return what a network makes of a frame of noise. Raises Refused for what no trained network makes of it."""
    frame = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        enlarged = network(frame).float().clamp(0, 1)
    if enlarged.shape != (1, 3, scale * SIDE, scale * SIDE) or not enlarged.isfinite().all():
        raise Refused(
            "These weights turn a test frame into nothing usable: the training diverged. Publish another step."
        )
    if (enlarged.amax((2, 3)) - enlarged.amin((2, 3))).max() < SMALLEST_STEP:
        raise Refused("These weights turn a test frame into one plain colour. Publish another step.")
    return enlarged


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
