"""The URL of object storage in HALOWEB_STORAGE, and Django's settings for it."""

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
    """A bucket and its server. boto3 reads the credentials itself."""

    bucket: str
    prefix: str = ""
    """The prefix of all keys, without slashes around it."""
    endpoint: str = ""
    """The URL of the server; empty for Amazon's."""
    region: str = ""

    def backend(self) -> dict[str, Any]:
        """Return the entry of Django's STORAGES."""
        options: dict[str, Any] = {"bucket_name": self.bucket, "location": self.prefix}
        if self.endpoint:
            options["endpoint_url"] = self.endpoint
        if self.region:
            options["region_name"] = self.region
        return {"BACKEND": "upscaler.media.s3.ObjectStorage", "OPTIONS": options}


def parse_address(address: str) -> ObjectStore:
    """Read a URL. Raises ValueError, with a sentence, for one that is invalid or can't be used here."""
    parts = urlsplit(address)
    if parts.scheme != "s3" or parts.fragment:
        raise ValueError(f"write {FORM}, or leave it empty to use the file system.")
    if "@" in parts.netloc:
        raise ValueError("put credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    if not BUCKET.fullmatch(parts.netloc):
        raise ValueError(f"“{parts.netloc}” is not a bucket name.")
    prefix = parts.path.strip("/")
    if prefix and (not PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
        raise ValueError(f"“{prefix}” is not a valid prefix; use letters, digits, -, _ and single slashes.")
    options = parse_qs(parts.query, keep_blank_values=True)
    if unknown := sorted(options.keys() - {"endpoint", "region"}):
        raise ValueError(f"“{unknown[0]}” is not an option; there are only endpoint and region.")
    if any(len(values) > 1 for values in options.values()):
        raise ValueError("endpoint and region can be given only once.")
    endpoint, region = (options.get(name, [""])[0] for name in ("endpoint", "region"))
    if endpoint and not _is_endpoint(endpoint):
        raise ValueError(f"“{endpoint}” is not an endpoint such as http://host:9000.")
    if not REGION.fullmatch(region):
        raise ValueError(f"“{region}” is not a region such as us-east-1.")
    if any(importlib.util.find_spec(name) is None for name in PACKAGES):
        raise ValueError("object storage needs more packages; run .venv/bin/pip install -r requirements-s3.txt")
    return ObjectStore(parts.netloc, prefix, endpoint.rstrip("/"), region)


def _is_endpoint(text: str) -> bool:
    parts = urlsplit(text)
    is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    return is_whole and parts.port != 0 and parts.path in ("", "/") and not (parts.query or parts.fragment)
