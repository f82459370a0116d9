"""What the server is, and whether this machine may work for it: by its version, its key and its media."""

from __future__ import annotations

import time

from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.crypto import salted_hmac

from haloweb.version import VERSION
from upscaler.media.files import Scratch, scratch_folder, source_path, store_file
from upscaler.media.stored import Gone, StorageTrouble
from upscaler.models import Installation

MARK = "installation"
"""Key in media storage of the server's sign: what has none is not its media, such as a folder that was not mounted."""
SURE_SECONDS = 60.0
"""So long nobody looks again for the mark in object storage, where each look is paid for."""
OTHER_KEY = "This machine's secret key is not the server's: set HALOWEB_SECRET_KEY to what its secret_key file holds."
OTHER_MEDIA = (
    "This machine does not have the server's media: mount the folder that HALOWEB_MEDIA names, or name the same bucket "
    "by HALOWEB_STORAGE; after media was restored from a backup, start the server anew."
)


def install() -> None:
    """Say which version, key and media the server has. Called by the server, never by a machine that only works for it.

    Raises StorageTrouble where object storage is away.
    """
    key = _key_check()
    if not _has_mark(key):
        file = scratch_folder(Scratch.INSTALLATION) / MARK
        file.write_text(key)
        store_file(file, MARK)
    Installation.objects.update_or_create(pk=1, defaults={"version": VERSION, "key_check": key})


def refusal() -> str:
    """Why this machine may take no work whatever; "" if it may."""
    installed = Installation.objects.first()
    if installed is None:
        return ""
    if installed.version != VERSION:
        return (
            f"This is HaloWeb {VERSION}, and the server is {installed.version}: "
            "bring the older one up to date and start it again."
        )
    if installed.key_check != _key_check():
        return OTHER_KEY
    return "" if _media.is_ours(installed.key_check) else OTHER_MEDIA


class _Media:
    """Of this machine, as far as it has been looked at."""

    def __init__(self) -> None:
        self._seen_at = float("-inf")

    def is_ours(self, key: str) -> bool:
        """True as well while object storage is away: that is waited for where it is wanted."""
        is_far = not isinstance(default_storage, FileSystemStorage)
        if is_far and time.monotonic() - self._seen_at < SURE_SECONDS:
            return True
        try:
            is_ours = _has_mark(key)
        except StorageTrouble:
            return True
        if is_ours:
            self._seen_at = time.monotonic()
        return is_ours


_media = _Media()


def _has_mark(key: str) -> bool:
    try:
        with source_path(MARK) as path:
            return path.read_bytes() == key.encode()
    except (Gone, OSError):
        return False


def _key_check() -> str:
    """A digest that tells two keys apart without revealing them: tasks are signed with the key."""
    return salted_hmac("upscaler.installation", "key", algorithm="sha256").hexdigest()
