"""The processes that ``accelerate launch`` starts: what one does for all of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import timedelta

import torch
from accelerate import PartialState

from .device import is_cpu_only

PATIENCE = timedelta(days=2)
"""How long the other processes wait for the first one's preparation."""


@contextlib.contextmanager
def first_process_first() -> Iterator[None]:
    """Run the block in the first process, then in the others, which find everything made. Alone, it just runs."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    if not is_cpu_only():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))  # CUDA only: each process has its own GPU
    state = PartialState(cpu=is_cpu_only(), timeout=PATIENCE)
    with state.main_process_first():
        yield


def is_first_process() -> bool:
    """Return whether this process is the first one, or alone."""
    return int(os.environ.get("RANK", "0")) == 0
