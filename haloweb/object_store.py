"""An address of object storage, as HALOWEB_STORAGE has it, and what Django makes of it."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

FORM = "s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1"
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PREFIX = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII)
REGION = re.compile(r"[a-z0-9-]*")
PACKAGES = ("boto3", "storages")


@dataclass(frozen=True)
class ObjectStore:
    """A bucket and where it is. Credentials are boto3's own affair."""

    bucket: str
    prefix: str = ""
    """In front of all keys, without slashes around it."""
    endpoint: str = ""
    """Of a server that is not Amazon's."""
    region: str = ""

    def backend(self) -> dict[str, Any]:
        """The entry of Django's STORAGES."""
        options: dict[str, Any] = {"bucket_name": self.bucket, "location": self.prefix}
        if self.endpoint:
            options["endpoint_url"] = self.endpoint
        if self.region:
            options["region_name"] = self.region
        return {"BACKEND": "upscaler.media.s3.ObjectStorage", "OPTIONS": options}


def parse_address(address: str) -> ObjectStore:
    """Read an address. Raises ValueError, with a sentence, for one that is not understood or can't be used here."""
    parts = urlsplit(address)
    if parts.scheme != "s3" or parts.fragment:
        raise ValueError(f"it is empty for the file system, or of the form {FORM}.")
    if "@" in parts.netloc:
        raise ValueError("credentials do not belong here, but into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    if not BUCKET.fullmatch(parts.netloc):
        raise ValueError(f"“{parts.netloc}” is no name of a bucket.")
    prefix = parts.path.strip("/")
    if prefix and (not PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
        raise ValueError(f"“{prefix}” can't be in front of keys; take letters, digits, -, _ and single slashes.")
    said = parse_qs(parts.query, keep_blank_values=True)
    if unknown := sorted(said.keys() - {"endpoint", "region"}):
        raise ValueError(f"there is no “{unknown[0]}”, only endpoint and region.")
    if any(len(values) > 1 for values in said.values()):
        raise ValueError("endpoint and region can be said once only.")
    endpoint, region = (said.get(name, [""])[0] for name in ("endpoint", "region"))
    if endpoint and not _is_endpoint(endpoint):
        raise ValueError(f"“{endpoint}” is no endpoint, such as http://host:9000.")
    if not REGION.fullmatch(region):
        raise ValueError(f"“{region}” is no region, such as us-east-1.")
    if any(importlib.util.find_spec(name) is None for name in PACKAGES):
        raise ValueError("object storage needs more packages: .venv/bin/pip install -r requirements-s3.txt")
    return ObjectStore(parts.netloc, prefix, endpoint.rstrip("/"), region)


def _is_endpoint(text: str) -> bool:
    parts = urlsplit(text)
    is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    return is_whole and parts.port != 0 and parts.path in ("", "/") and not (parts.query or parts.fragment)
