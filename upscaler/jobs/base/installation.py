"""Checks whether this machine can work for the server, by the server's version, secret key and media."""

from __future__ import annotations

import time

from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.crypto import salted_hmac

from haloweb.version import VERSION
from upscaler.media.files import Scratch, scratch_folder, source_path, store_file
from upscaler.media.stored import Gone, StorageTrouble
from upscaler.models import Installation

MARKER = "installation"
"""The key of the marker file in media storage. Media without it isn't the server's, such as an unmounted folder."""
RECHECK_SECONDS = 60.0
"""How long the marker in object storage isn't checked again, since each request costs money."""
OTHER_KEY = "This machine's secret key is not the server's: set HALOWEB_SECRET_KEY to what its secret_key file holds."
OTHER_MEDIA = (
    "This machine does not have the server's media: mount the folder that HALOWEB_MEDIA names, or name the same bucket "
    "by HALOWEB_STORAGE. After media was restored from a backup, restart the server."
)


def install() -> None:
    """Record the server's version, key and media. The server calls this, never a machine that only works for it.

    Raises StorageTrouble if object storage can't be reached.
    """
    key = _key_check()
    if not _has_marker(key):
        file = scratch_folder(Scratch.INSTALLATION) / MARKER
        file.write_text(key)
        store_file(file, MARKER)
    Installation.objects.update_or_create(pk=1, defaults={"version": VERSION, "key_check": key})


def refusal() -> str:
    """Return why this machine can't accept work, or ""."""
    installed = Installation.objects.first()
    if installed is None:
        return ""
    if installed.version != VERSION:
        return (
            f"This machine runs HaloWeb {VERSION}, and the server {installed.version}. "
            "Update the older one and restart it."
        )
    if installed.key_check != _key_check():
        return OTHER_KEY
    return "" if _media.is_ours(installed.key_check) else OTHER_MEDIA


class _Media:
    """Whether this machine has the server's media, as of the last check."""

    def __init__(self) -> None:
        self._checked_at = float("-inf")

    def is_ours(self, key: str) -> bool:
        """Is the media the server's? True, too, while object storage can't be reached, since jobs wait for it."""
        is_remote = not isinstance(default_storage, FileSystemStorage)
        if is_remote and time.monotonic() - self._checked_at < RECHECK_SECONDS:
            return True
        try:
            is_ours = _has_marker(key)
        except StorageTrouble:
            return True
        if is_ours:
            self._checked_at = time.monotonic()
        return is_ours


_media = _Media()


def _has_marker(key: str) -> bool:
    try:
        with source_path(MARKER) as path:
            return path.read_bytes() == key.encode()
    except (Gone, OSError):
        return False


def _key_check() -> str:
    """Return a digest that differs between keys and doesn't reveal them. Tasks are signed with the key."""
    return salted_hmac("upscaler.installation", "key", algorithm="sha256").hexdigest()
