"""Frames -> frames: what stands between the decoder and the encoder."""

from __future__ import annotations

from .decode import Frame
from .errors import PipelineError
from .networks.backend import Backend
from .plan import Plan


def upscale(frame: Frame, backend: Backend, plan: Plan) -> Frame:
    """One picture, (h, w, 3), enlarged to the plan's network size.

    Raises PipelineError if the network gives a picture of another size: better no frame than a
    wrong one.
    """
    enlarged: Frame = backend.upscale(frame[None])[0]
    expected = (plan.network.height, plan.network.width, 3)
    if enlarged.shape != expected:
        raise PipelineError(
            f"The network gave a picture of {enlarged.shape[1]} by {enlarged.shape[0]} "
            f"where {expected[1]} by {expected[0]} was planned."
        )
    return enlarged
