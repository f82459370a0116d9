"""The one reader of the environment. It refuses unknown settings, so that a typo is found at start."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import dj_database_url
from environs import Env, validate

from haloweb.addresses import allowed_host, listening_address, origin
from haloweb.object_store import ObjectStore, parse_address
from upscaler.pipeline.core.limits import Limits

BASE_DIR = Path(__file__).resolve().parent.parent
PREFIX = "HALOWEB_"
KNOWN = frozenset(
    PREFIX + name
    for name in (
        "DATA", "HOST", "PORT", "ALLOWED_HOSTS", "ORIGINS", "PROXIES", "DEBUG", "HTTPS", "DISK_FLOOR_GIB",
        "MAX_UPLOAD_GIB", "MAX_SIDE", "MAX_MEGAPIXELS", "MAX_OUTPUT_SIDE", "MAX_HOURS", "MAX_STREAMS",
        "MAX_ATTACHMENTS", "STALL_SECONDS", "SEGMENT_FRAMES", "DATABASE", "SECRET_KEY", "UPLOAD_DAYS", "CPU_WORKERS",
        "RENDERS", "TRASH_DAYS", "MEDIA", "STORAGE", "SCRATCH_GIB", "WATCH", "WATCH_OWNER", "NO_IMPORT_FROM",
        "RUN", "PYTHON", "QUEUE", "BIND_HOST", "BIND_PORT",  # set by haloweb/server.py for supervisord
    )
)  # fmt: skip

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""Host names that are always allowed, since the URL that the server prints has one of them."""
POSITIVE = validate.Range(min=0, min_inclusive=False)
NOT_NEGATIVE = validate.Range(min=0)
DAYS = validate.Range(min=0, min_inclusive=False, max=36_500)
"""Beyond that, dates overflow."""
WORKERS = validate.Range(min=1, max=256)
WEEK_SECONDS = 7 * 24 * 3600


CONNECTION_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    # on the database server: without them, it would hold the row locks of an unreachable machine for two hours
    "options": (
        "-c idle_in_transaction_session_timeout=20s -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 "
        "-c tcp_keepalives_count=3 -c tcp_user_timeout=15s"
    ),
}
"""Options of libpq, in seconds and milliseconds, by which both ends notice a lost network before a lease expires."""


class Misconfigured(Exception):
    """A setting is unknown or invalid; the message says which."""


@dataclass(frozen=True)
class Environment:
    """Every setting, with its default. docs/settings.md says what each is for."""

    data: Path
    media: Path
    storage: ObjectStore | None
    """None for the file system, under ``media``."""
    scratch_bytes: int
    """The size of the local copies of object storage."""
    database: dict[str, Any] | None
    """Django's settings of a PostgreSQL server; None for SQLite in the data folder."""
    secret_key: str
    """Empty for the one in the data folder."""
    host: str
    port: int
    allowed_hosts: tuple[str, ...]
    origins: tuple[str, ...]
    proxies: tuple[str, ...]
    """Networks of trusted proxies, whose X-Forwarded-For is used."""
    debug: bool
    https: bool
    disk_floor_bytes: int
    upload_days: float
    trash_days: float
    cpu_workers: int
    renders: bool
    """Does the server run a GPU worker?"""
    segment_frames: int
    """0 for about 1 minute of work."""
    limits: Limits
    watch: Path | None
    """A folder whose videos are imported; None for none."""
    watch_owner: str
    """The account whose library they go to; empty for the owner of the server."""
    no_import_from: tuple[IPv4Network | IPv6Network, ...]
    """Networks from which no video is imported, besides private ones."""


def read_environment() -> Environment:
    """Read all settings. Raises Misconfigured for an unknown name or an invalid value."""
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in KNOWN)
    if unknown:
        raise Misconfigured(f"Unknown setting: {', '.join(unknown)}. docs/settings.md lists all settings.")
    env = Env(prefix=PREFIX)
    data = _folder(env, "DATA") or BASE_DIR / "data"
    media = _folder(env, "MEDIA") or data / "media"
    if data.is_relative_to(media):
        raise Misconfigured(f"{PREFIX}MEDIA can't be or contain the data folder. Use a separate folder.")
    try:
        return Environment(
            data=data,
            media=media,
            storage=_storage(env),
            scratch_bytes=int(env.float("SCRATCH_GIB", 20.0, validate=NOT_NEGATIVE) * 1024**3),
            database=_database(env),
            secret_key=env.str("SECRET_KEY", ""),
            host=_checked("HOST", listening_address, env.str("HOST", "127.0.0.1")),
            port=env.int("PORT", 8000, validate=validate.Range(1, 65535)),
            allowed_hosts=tuple(dict.fromkeys((*_list(env, "ALLOWED_HOSTS", allowed_host), *LOOPBACK))),
            origins=_list(env, "ORIGINS", origin),
            proxies=_proxies(env),
            debug=env.bool("DEBUG", False),
            https=env.bool("HTTPS", False),
            disk_floor_bytes=int(env.float("DISK_FLOOR_GIB", 1.0, validate=NOT_NEGATIVE) * 1024**3),
            upload_days=env.float("UPLOAD_DAYS", 7.0, validate=DAYS),
            trash_days=env.float("TRASH_DAYS", 30.0, validate=DAYS),
            cpu_workers=env.int("CPU_WORKERS", 2, validate=WORKERS),
            renders=env.bool("RENDERS", True),
            segment_frames=env.int("SEGMENT_FRAMES", 0, validate=NOT_NEGATIVE),
            limits=_limits(env),
            watch=_watch(env, data, media),
            watch_owner=env.str("WATCH_OWNER", ""),
            no_import_from=_networks(env),
        )
    except ValueError as error:
        raise Misconfigured(str(error)) from error


def limits_from_environment() -> Limits:
    """Return the limits on sources, for the command line."""
    return _for_command_line().limits


def debug_from_environment() -> bool:
    """Return whether the command line prints the details of a failure."""
    return _for_command_line().debug


def _for_command_line() -> Environment:
    try:
        return read_environment()
    except Misconfigured as error:
        raise SystemExit(f"upscale: {error}") from error


def _folder(env: Env, name: str) -> Path | None:
    """Read a folder; None if it is not set or empty."""
    text = env.str(name, "").strip()
    if not text:
        return None
    if text.startswith("~"):
        raise Misconfigured(f"{PREFIX}{name} starts with ~, which only a shell expands. Write {_home(text)}.")
    folder = Path(text).absolute()
    if folder.exists() and not folder.is_dir():
        raise Misconfigured(f"{PREFIX}{name} is {folder}, which is not a folder.")
    return folder


def _home(text: str) -> str:
    return os.path.expanduser(text)  # noqa: PTH111  Path refuses unknown users


def _list(env: Env, name: str, check: Callable[[str], str]) -> tuple[str, ...]:
    values: list[str] = env.list(name, [])
    return tuple(_checked(name, check, value.strip()) for value in values if value.strip())


def _checked(name: str, check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise Misconfigured(f"{PREFIX}{name}: {error}.") from error


def _proxies(env: Env) -> tuple[str, ...]:
    values = [value.strip() for value in env.list("PROXIES", ["127.0.0.1", "::1"])]
    try:
        return tuple(str(ip_network(value)) for value in values if value)
    except ValueError as error:
        raise Misconfigured(
            f"{PREFIX}PROXIES must be addresses or networks, such as 10.0.0.7,172.18.0.0/16: {error}."
        ) from error


def _storage(env: Env) -> ObjectStore | None:
    address = env.str("STORAGE", "").strip()
    try:
        return parse_address(address) if address else None
    except ValueError as error:
        raise ValueError(f"{PREFIX}STORAGE is invalid: {error}") from error


def _watch(env: Env, data: Path, media: Path) -> Path | None:
    watch = _folder(env, "WATCH")
    if watch is None:
        return None
    for folder in (data, media):
        if watch.is_relative_to(folder) or folder.is_relative_to(watch):
            raise Misconfigured(
                f"{PREFIX}WATCH can't be inside {folder} or contain it, since results are stored there."
            )
    return watch


def _networks(env: Env) -> tuple[IPv4Network | IPv6Network, ...]:
    values = env.str("NO_IMPORT_FROM", "").split(",")
    try:
        return tuple(ip_network(value.strip(), strict=False) for value in values if value.strip())
    except ValueError as error:
        raise ValueError(f"{PREFIX}NO_IMPORT_FROM must be addresses and networks: {error}") from error


def _database(env: Env) -> dict[str, Any] | None:
    address = env.str("DATABASE", "")
    if not address:
        return None
    if not address.startswith(("postgres://", "postgresql://")):
        raise Misconfigured(f"{PREFIX}DATABASE must be a URL such as postgresql://name:password@host:5432/haloweb.")
    try:
        parsed: dict[str, Any] = {**dj_database_url.parse(address, conn_max_age=60, conn_health_checks=True)}
    except ValueError as error:
        raise Misconfigured(f"{PREFIX}DATABASE is invalid: {error}.") from error
    if not parsed.get("NAME"):
        raise Misconfigured(f"{PREFIX}DATABASE has no database name. Add one at the end, such as /haloweb.")
    return parsed | {"OPTIONS": CONNECTION_OPTIONS | parsed.get("OPTIONS", {})}


def _limits(env: Env) -> Limits:
    defaults = Limits()
    return Limits(
        max_bytes=int(env.float("MAX_UPLOAD_GIB", defaults.max_bytes / 1024**3, validate=POSITIVE) * 1024**3),
        max_side=env.int("MAX_SIDE", defaults.max_side, validate=POSITIVE),
        max_pixels=int(env.float("MAX_MEGAPIXELS", defaults.max_pixels / 1e6, validate=POSITIVE) * 1e6),
        max_output_side=env.int("MAX_OUTPUT_SIDE", defaults.max_output_side, validate=POSITIVE),
        max_seconds=Fraction(env.float("MAX_HOURS", float(defaults.max_seconds / 3600), validate=POSITIVE)) * 3600,
        max_streams=env.int("MAX_STREAMS", defaults.max_streams, validate=POSITIVE),
        max_attachments=env.int("MAX_ATTACHMENTS", defaults.max_attachments, validate=POSITIVE),
        stall_seconds=env.float(
            "STALL_SECONDS",
            defaults.stall_seconds,
            validate=validate.Range(min=0, min_inclusive=False, max=WEEK_SECONDS),
        ),
    )
