"""The one reader of the environment. Refuses what it does not know, so that a typo is found at start."""

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
"""Names by which this machine calls the server, whatever others call it: the address that it prints is one of them."""
POSITIVE = validate.Range(min=0, min_inclusive=False)
NOT_NEGATIVE = validate.Range(min=0)
DAYS = validate.Range(min=0, min_inclusive=False, max=36_500)
"""With more there is no date so long ago."""
WORKERS = validate.Range(min=1, max=256)
WEEK_SECONDS = 7 * 24 * 3600


PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    # what the server does for this session: it would hold the row locks of a machine that is cut off for two hours
    "options": (
        "-c idle_in_transaction_session_timeout=20s -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 "
        "-c tcp_keepalives_count=3 -c tcp_user_timeout=15s"
    ),
}
"""Of libpq, in seconds and milliseconds: both ends notice before a lease is over that the network is gone."""


class Misconfigured(Exception):
    """The environment holds something that we can't use; the message says what."""


@dataclass(frozen=True)
class Environment:
    """Every setting, with its default. docs/settings.md says what each is for."""

    data: Path
    media: Path
    storage: ObjectStore | None
    """None for the file system, under ``media``."""
    scratch_bytes: int
    """How much of object storage is kept on this machine."""
    database: dict[str, Any] | None
    """Of a PostgreSQL server, as Django takes it; None for SQLite in the data folder."""
    secret_key: str
    """Empty for the one that is kept in the data folder."""
    host: str
    port: int
    allowed_hosts: tuple[str, ...]
    origins: tuple[str, ...]
    proxies: tuple[str, ...]
    """Networks of those who are believed when they say for whom they ask."""
    debug: bool
    https: bool
    disk_floor_bytes: int
    upload_days: float
    trash_days: float
    cpu_workers: int
    renders: bool
    """Has the server a GPU worker of its own?"""
    segment_frames: int
    """0 for about a minute of work."""
    limits: Limits
    watch: Path | None
    """A folder whose videos are taken in; None for none."""
    watch_owner: str
    """Whose they become; empty for the owner of the server."""
    no_import_from: tuple[IPv4Network | IPv6Network, ...]
    """Networks that no video is fetched from, beside those that this machine is in."""


def read_environment() -> Environment:
    """Read all settings. Raises Misconfigured for a name or a value that is not understood."""
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in KNOWN)
    if unknown:
        raise Misconfigured(f"No such setting: {', '.join(unknown)}. The settings are listed in docs/settings.md.")
    env = Env(prefix=PREFIX)
    data = _folder(env, "DATA") or BASE_DIR / "data"
    media = _folder(env, "MEDIA") or data / "media"
    if data.is_relative_to(media):
        raise Misconfigured(f"{PREFIX}MEDIA can't be the data folder, nor hold it: take a folder of its own.")
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
    """The bounds on a source alone, for the command line."""
    return _for_command_line().limits


def debug_from_environment() -> bool:
    """Whether the command line says all that it knows of a failure."""
    return _for_command_line().debug


def _for_command_line() -> Environment:
    try:
        return read_environment()
    except Misconfigured as error:
        raise SystemExit(f"upscale: {error}") from error


def _folder(env: Env, name: str) -> Path | None:
    """None where it is not set, or empty."""
    text = env.str(name, "").strip()
    if not text:
        return None
    if text.startswith("~"):
        raise Misconfigured(f"{PREFIX}{name} begins with ~, which only a shell understands; write {_home(text)}.")
    folder = Path(text).absolute()
    if folder.exists() and not folder.is_dir():
        raise Misconfigured(f"{PREFIX}{name} is {folder}, which is not a folder.")
    return folder


def _home(text: str) -> str:
    return os.path.expanduser(text)  # noqa: PTH111  Path refuses users that there are not


def _list(env: Env, name: str, check: Callable[[str], str]) -> tuple[str, ...]:
    said: list[str] = env.list(name, [])
    return tuple(_checked(name, check, one.strip()) for one in said if one.strip())


def _checked(name: str, check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise Misconfigured(f"{PREFIX}{name}: {error}.") from error


def _proxies(env: Env) -> tuple[str, ...]:
    said = [one.strip() for one in env.list("PROXIES", ["127.0.0.1", "::1"])]
    try:
        return tuple(str(ip_network(one)) for one in said if one)
    except ValueError as error:
        raise Misconfigured(
            f"{PREFIX}PROXIES are addresses or networks, such as 10.0.0.7,172.18.0.0/16; but {error}."
        ) from error


def _storage(env: Env) -> ObjectStore | None:
    address = env.str("STORAGE", "").strip()
    try:
        return parse_address(address) if address else None
    except ValueError as error:
        raise ValueError(f"{PREFIX}STORAGE can't be used: {error}") from error


def _watch(env: Env, data: Path, media: Path) -> Path | None:
    watch = _folder(env, "WATCH")
    if watch is None:
        return None
    for ours in (data, media):
        if watch.is_relative_to(ours) or ours.is_relative_to(watch):
            raise Misconfigured(f"HALOWEB_WATCH can't be in {ours}, nor hold it: what is made there is no new video.")
    return watch


def _networks(env: Env) -> tuple[IPv4Network | IPv6Network, ...]:
    said = env.str("NO_IMPORT_FROM", "").split(",")
    try:
        return tuple(ip_network(text.strip(), strict=False) for text in said if text.strip())
    except ValueError as error:
        raise ValueError(f"{PREFIX}NO_IMPORT_FROM is a list of addresses and networks: {error}") from error


def _database(env: Env) -> dict[str, Any] | None:
    address = env.str("DATABASE", "")
    if not address:
        return None
    if not address.startswith(("postgres://", "postgresql://")):
        raise Misconfigured("HALOWEB_DATABASE is an address such as postgresql://name:password@host:5432/haloweb.")
    try:
        parsed: dict[str, Any] = {**dj_database_url.parse(address, conn_max_age=60, conn_health_checks=True)}
    except ValueError as error:
        raise Misconfigured(f"{PREFIX}DATABASE can't be used: {error}.") from error
    if not parsed.get("NAME"):
        raise Misconfigured(f"{PREFIX}DATABASE names no database: write it behind the address, such as /haloweb.")
    return parsed | {"OPTIONS": PATIENCE | parsed.get("OPTIONS", {})}


def _limits(env: Env) -> Limits:
    usual = Limits()
    return Limits(
        max_bytes=int(env.float("MAX_UPLOAD_GIB", usual.max_bytes / 1024**3, validate=POSITIVE) * 1024**3),
        max_side=env.int("MAX_SIDE", usual.max_side, validate=POSITIVE),
        max_pixels=int(env.float("MAX_MEGAPIXELS", usual.max_pixels / 1e6, validate=POSITIVE) * 1e6),
        max_output_side=env.int("MAX_OUTPUT_SIDE", usual.max_output_side, validate=POSITIVE),
        max_seconds=Fraction(env.float("MAX_HOURS", float(usual.max_seconds / 3600), validate=POSITIVE)) * 3600,
        max_streams=env.int("MAX_STREAMS", usual.max_streams, validate=POSITIVE),
        max_attachments=env.int("MAX_ATTACHMENTS", usual.max_attachments, validate=POSITIVE),
        stall_seconds=env.float(
            "STALL_SECONDS", usual.stall_seconds, validate=validate.Range(min=0, min_inclusive=False, max=WEEK_SECONDS)
        ),
    )
