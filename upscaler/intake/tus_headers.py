"""The headers by which a client announces an upload."""

from __future__ import annotations

import base64
import binascii
import re

from django.http import HttpRequest

from upscaler.intake.upload_policy import Denied

LENGTH = re.compile(r"[0-9]{1,18}")
"""A file's size in bytes, up to the largest that a column of the database holds. `isdigit` accepts "²" as well."""
INVALID_METADATA = "Upload-Metadata is invalid."


def announced(request: HttpRequest) -> tuple[int, dict[str, str]]:
    """Return the size and the metadata of a new upload. Raises Denied for headers that give none."""
    length = request.headers.get("Upload-Length", "")
    if not LENGTH.fullmatch(length):
        raise Denied("Upload-Length must give the file's size.", 400)
    try:
        return int(length), _metadata(request.headers.get("Upload-Metadata", ""))
    except ValueError:
        raise Denied(INVALID_METADATA, 400) from None


def _metadata(header: str) -> dict[str, str]:
    """Read pairs of a key and a base64 value, separated by commas. Raises ValueError."""
    pairs = {}
    for item in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = item.partition(" ")
        try:
            pairs[key] = base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except binascii.Error as error:
            raise ValueError(str(error)) from error
    return pairs
