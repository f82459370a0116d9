"""S3-compatible object storage: django-storages', with what streams, counts and says what went wrong."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from upscaler.media.stored import StorageTrouble, StoredObject, Tell

ABSENT = ("404", "NoSuchKey", "NotFound")


@contextlib.contextmanager
def trouble_said() -> Iterator[None]:
    """Whatever the client raises, as StorageTrouble."""
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise StorageTrouble(str(error)) from error


class ObjectStorage(S3Storage):  # type: ignore[misc]  # the package has no types
    """A bucket. What travels does so in pieces, so that memory does not grow with a file."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**(options | {"client_config": _client_config(options.get("endpoint_url", ""))}))
        self._lock = threading.Lock()
        self._process = 0

    @property
    def connection(self) -> Any:
        """One for all threads, which clients are made for, and none from before a fork."""
        with self._lock:
            if self._process != os.getpid():
                self._connections, self._bucket = threading.local(), None
                self._shared = super().connection
                self._process = os.getpid()
            return self._shared

    def look(self, key: str) -> StoredObject | None:
        """What lies there; None if nothing does."""
        with trouble_said():
            try:
                found = self._client.head_object(**self._at(key))
            except ClientError as error:
                if error.response["Error"]["Code"] in ABSENT:
                    return None
                raise
        return StoredObject(key, found["ContentLength"], int(found["LastModified"].timestamp()), found["ETag"])

    def exists(self, name: str) -> bool:
        return self.look(name) is not None

    def fetch(self, stored: StoredObject, file: IO[bytes], tell: Tell | None) -> None:
        """Write an object's bytes to a file that is empty, and count them."""
        with trouble_said():
            self._client.download_fileobj(**self._at(stored.key), Fileobj=file, Callback=tell, Config=_transfer(tell))
        file.flush()
        if (size := os.fstat(file.fileno()).st_size) != stored.size:
            raise StorageTrouble(f"{stored.key}: {size} of {stored.size} bytes came")

    def put(self, path: Path, key: str, tell: Tell | None = None) -> None:
        """Store a file's bytes, and see that all are there."""
        size = path.stat().st_size
        with trouble_said():
            self._client.upload_file(str(path), **self._at(key), Callback=tell, Config=_transfer(tell))
        stored = self.look(key)
        if stored is None or stored.size != size:
            raise StorageTrouble(f"{key}: {stored.size if stored else 'none'} of {size} bytes arrived")

    def read(self, stored: StoredObject, start: int, end: int) -> bytes:
        """The bytes [start, end) of this version, all of which it has."""
        with trouble_said():
            asked = self._at(stored.key) | {"Range": f"bytes={start}-{end - 1}", "IfMatch": stored.etag}
            content: bytes = self._client.get_object(**asked)["Body"].read()
        if len(content) != end - start:
            raise StorageTrouble(f"{stored.key}: {len(content)} of the {end - start} bytes from {start} came")
        return content

    def delete(self, name: str) -> None:
        with trouble_said():
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with trouble_said():
            folders, files = super().listdir(path)
        return folders, files

    def delete_folder(self, prefix: str) -> None:
        """Every object under a prefix."""
        with trouble_said():
            pages = self.bucket.objects.filter(Prefix=f"{self._normalize_name(clean_name(prefix))}/").delete()
        if errors := [error for page in pages for error in page.get("Errors", [])]:
            raise StorageTrouble(f"{len(errors)} objects under {prefix} were not deleted: {errors[0]}")

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    def _at(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(clean_name(key))}


def _transfer(tell: Tell | None) -> TransferConfig:
    """In several streams, unless somebody wants to be told: that is for their own thread, with its database."""
    return TransferConfig(use_threads=tell is None, preferred_transfer_client="classic")


def _client_config(endpoint: str) -> Config:
    """Of the trailing checksums that Amazon takes, many other servers know nothing, and of buckets as host names."""
    others = {
        "s3": {"addressing_style": "path"},
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
    }
    return Config(
        connect_timeout=10,
        read_timeout=20,
        tcp_keepalive=True,
        max_pool_connections=50,
        retries={"mode": "standard", "max_attempts": 5},
        **(others if endpoint else {}),
    )
