"""One row, or 404."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model
from django.http import Http404

Row = TypeVar("Row", bound=Model)


def found_or_404(row: Row | None) -> Row:
    """Return the row. Raises Http404 for None."""
    if row is None:
        raise Http404
    return row
