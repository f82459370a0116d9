"""A contact sheet: the thumbnails of a page of frames in one JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from .frame_files import FrameFiles, Page
from .measures import THUMBNAIL_WIDTH

COLUMNS = 10
GAP = 4
"""Pixels between thumbnails."""
BACKGROUND = 24
QUALITY = 85
LEFT_OUT_SHARE = 0.3
"""Brightness at which frames that are left out are drawn."""


def contact_sheet(files: FrameFiles, page: Page, columns: int = COLUMNS) -> bytes:
    """Return the thumbnails of a page as a JPEG, row by row. Frames that are left out are dark.

    Each has THUMBNAIL_WIDTH pixels of width, and the height of the tallest. An empty page is one empty cell.
    """
    pictures = [
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
        for data in files.thumbnails([row.frame.number for row in page.rows])
    ]
    height = max((picture.shape[0] for picture in pictures if picture is not None), default=THUMBNAIL_WIDTH * 3 // 4)
    columns = max(1, min(columns, len(pictures)))
    lines = max(1, -(-len(pictures) // columns))
    size = (lines * (height + GAP) + GAP, columns * (THUMBNAIL_WIDTH + GAP) + GAP, 3)
    sheet = np.full(size, BACKGROUND, np.uint8)
    for at, (row, picture) in enumerate(zip(page.rows, pictures, strict=True)):
        if picture is None:
            continue
        top, left = GAP + (at // columns) * (height + GAP), GAP + (at % columns) * (THUMBNAIL_WIDTH + GAP)
        shown = picture if row.is_kept else np.asarray(picture * LEFT_OUT_SHARE, np.uint8)
        sheet[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
