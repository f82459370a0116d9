"""S3-compatible object storage: django-storages' backend with streaming, byte counts and errors of ours."""

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

from upscaler.media.stored import ProgressCallback, StorageTrouble, StoredObject

ABSENT = ("404", "NoSuchKey", "NotFound")


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """Turn the client's exceptions into StorageTrouble."""
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise StorageTrouble(str(error)) from error


class ObjectStorage(S3Storage):  # type: ignore[misc]  # the package has no types
    """A bucket. Transfers are in pieces, so that memory doesn't grow with a file."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**(options | {"client_config": _client_config(options.get("endpoint_url", ""))}))
        self._lock = threading.Lock()
        self._process = 0

    @property
    def connection(self) -> Any:
        """The connection of this process, shared by its threads; a forked process makes its own."""
        with self._lock:
            if self._process != os.getpid():
                self._connections, self._bucket = threading.local(), None
                self._shared = super().connection
                self._process = os.getpid()
            return self._shared

    def head(self, key: str) -> StoredObject | None:
        """Return the object of a key; None if there is none."""
        with storage_errors():
            try:
                head = self._client.head_object(**self._at(key))
            except ClientError as error:
                if error.response["Error"]["Code"] in ABSENT:
                    return None
                raise
        return StoredObject(key, head["ContentLength"], int(head["LastModified"].timestamp()), head["ETag"])

    def exists(self, name: str) -> bool:
        return self.head(name) is not None

    def download(self, stored: StoredObject, file: IO[bytes], on_progress: ProgressCallback | None) -> None:
        """Download an object into an empty file, and check the number of bytes."""
        with storage_errors():
            self._client.download_fileobj(
                **self._at(stored.key), Fileobj=file, Callback=on_progress, Config=_transfer(on_progress)
            )
        file.flush()
        if (size := os.fstat(file.fileno()).st_size) != stored.size:
            raise StorageTrouble(f"{stored.key}: got {size} of {stored.size} bytes")

    def upload(self, path: Path, key: str, on_progress: ProgressCallback | None = None) -> None:
        """Upload a file, and check the number of stored bytes."""
        size = path.stat().st_size
        with storage_errors():
            self._client.upload_file(str(path), **self._at(key), Callback=on_progress, Config=_transfer(on_progress))
        stored = self.head(key)
        if stored is None or stored.size != size:
            raise StorageTrouble(f"{key}: {stored.size if stored else 0} of {size} bytes were stored")

    def read(self, stored: StoredObject, start: int, end: int) -> bytes:
        """Return the bytes [start, end) of this version of an object."""
        with storage_errors():
            request = self._at(stored.key) | {"Range": f"bytes={start}-{end - 1}", "IfMatch": stored.etag}
            content: bytes = self._client.get_object(**request)["Body"].read()
        if len(content) != end - start:
            raise StorageTrouble(f"{stored.key}: got {len(content)} of the {end - start} bytes from {start} on")
        return content

    def delete(self, name: str) -> None:
        with storage_errors():
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with storage_errors():
            folders, files = super().listdir(path)
        return folders, files

    def delete_folder(self, prefix: str) -> None:
        """Delete every object under a prefix."""
        with storage_errors():
            pages = self.bucket.objects.filter(Prefix=f"{self._normalize_name(clean_name(prefix))}/").delete()
        if errors := [error for page in pages for error in page.get("Errors", [])]:
            raise StorageTrouble(f"Can't delete {len(errors)} objects under {prefix}: {errors[0]}")

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    def _at(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(clean_name(key))}


def _transfer(on_progress: ProgressCallback | None) -> TransferConfig:
    """Transfer in several threads, unless there is a callback, which has to run in the caller's thread."""
    return TransferConfig(use_threads=on_progress is None, preferred_transfer_client="classic")


def _client_config(endpoint: str) -> Config:
    """Configure the client. Many servers other than Amazon's lack trailing checksums and buckets as host names."""
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
