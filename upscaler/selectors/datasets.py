"""Datasets and their captures, selected by their owner: other users' datasets don't exist."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from upscaler.models import Capture, CaptureSplit, Dataset, User
from upscaler.selectors.rows import found_or_404
from upscaler.training.core.capture import Capture as MeasuredCapture
from upscaler.training.core.capture import CaptureKind, Split


def datasets_of(user: User) -> QuerySet[Dataset]:
    """Return a user's datasets, newest first, each with the number of its captures and of its used frames."""
    return Dataset.objects.filter(owner=user).annotate(
        capture_count=Count("captures"),
        frame_count=Sum("captures__frames_kept", default=0),
        held_out_count=Count("captures", filter=Q(captures__split=CaptureSplit.HELD_OUT)),
    )


def dataset_get(*, user: User, id: UUID) -> Dataset:
    """Return a dataset. Raises Http404 if it doesn't exist or is another user's."""
    return found_or_404(Dataset.objects.filter(owner=user, pk=id).first())


def capture_get(*, user: User, id: UUID) -> Capture:
    """Return a capture, with its dataset. Raises Http404 if it doesn't exist or is another user's."""
    return found_or_404(Capture.objects.select_related("dataset").filter(dataset__owner=user, pk=id).first())


def facts_of(measured: MeasuredCapture) -> dict[str, Any]:
    """Return what was measured of a capture, as its row stores it."""
    return {
        "kind": measured.kind.value,
        "width": measured.width,
        "height": measured.height,
        "rate": str(measured.rate) if measured.rate is not None else None,
        "frames": measured.frames,
        "warnings": list(measured.warnings),
    }


def measured_capture(capture: Capture, path: Path) -> MeasuredCapture:
    """Return a capture that was measured, with its file or its folder of pictures at ``path``."""
    facts = capture.facts_json
    assert facts is not None  # it is measured
    return MeasuredCapture(
        id=str(capture.pk),
        path=path,
        kind=CaptureKind(facts["kind"]),
        width=facts["width"],
        height=facts["height"],
        rate=Fraction(facts["rate"]) if facts["rate"] is not None else None,
        frames=facts["frames"],
        game=capture.dataset.game,
        map=capture.map,
        licence=capture.licence or capture.dataset.licence,
        split=Split(capture.split),
        warnings=tuple(facts["warnings"]),
    )
