"""The download process: ``python -s -m upscaler.pipeline.fetch.child``, with a request as one line of JSON.

Answers in lines of JSON, each with a "kind": "progress", then "done" or "failed".
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from collections.abc import Callable
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from .addresses import PRIVATE, Allows, is_public
from .guard import Guard

SOCKET_SECONDS = 30
BLOCK = 1024**2
NAME = "fetched.%(ext)s"
MAX_PAGE_BYTES = 8 * 1024**2
"""Bytes of a page or a playlist, unpacked. A video is read in blocks and has its own limit."""
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
SEVERAL = "There are several videos at this URL. Enter the URL of one of them."
LIVE = "This is a live stream. Import the recording when the stream has ended."
SEPARATE_STREAMS = (
    "This site offers picture and sound only as separate files. Download the video yourself, then upload it here."
)
NOTHING = "No downloadable video at this URL."
FORBIDDEN = "The site requires a login, or this video isn't public."
UNREACHABLE = "The site can't be reached, or it closed the connection. Try again later."
TOO_LARGE = "This site's answer is too large for a page with a video. Enter the URL of the video itself."
UNKNOWN = "The video can't be downloaded. The server's log has the site's answer."
MESSAGES = (
    (r"Requested format is not available", SEPARATE_STREAMS),
    (r"File too large|Errno 27", "{large}"),
    (r"Unsupported URL|No video|not a valid URL|HTTP Error 40[04]|HTTP Error 410|nsafe", NOTHING),
    (r"HTTP Error 40[13]|HTTP Error 451|[Ll]ogin|log in|[Ss]ign in|[Pp]rivate video|cookies", FORBIDDEN),
    (
        r"HTTP Error (429|5\d\d)|[Tt]imed out|[Rr]efused|[Rr]eset|[Uu]nreachable|resol|Incomplete|SSL|bytes missing",
        UNREACHABLE,
    ),
)
"""Messages by patterns of yt-dlp's error messages."""


class NotDownloaded(Exception):
    """Raised for a video that isn't downloaded; its text is the reason, for a person."""


def main(allows: Allows = is_public) -> None:
    """Read the request, download, answer."""
    for name in [name for name in os.environ if name not in KEPT]:
        del os.environ[name]
    os.environ["YTDLP_NO_PLUGINS"] = "1"
    sys.dont_write_bytecode = True
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # anything else that is printed is no answer
    request = json.loads(sys.stdin.readline())
    max_bytes: int = request["max_bytes"]
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))

    def send(**answer: Any) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    large = f"The video is larger than this server's limit of {max_bytes / 1024**3:.1f} GiB."
    folder = Path(request["folder"])
    guard = Guard(folder, allows, [ip_network(network) for network in request["barred"]])
    sys.modules["curl_cffi"] = None  # type: ignore[assignment]  # libcurl's connections would not be seen
    import yt_dlp

    guard.install()
    try:
        send(kind="done", **_fetch(yt_dlp, request["address"], folder, max_bytes, large, send))
    except Exception as error:
        message = str(error)
        sys.stderr.write(f"{message}\n")
        send(kind="failed", error=PRIVATE if guard.refused else _message(error, message, large), detail=message[:2000])


def _fetch(yt_dlp: Any, address: str, folder: Path, max_bytes: int, large: str, send: Any) -> dict[str, str]:
    def progress(state: dict[str, Any]) -> None:
        done, total = state.get("downloaded_bytes") or 0, state.get("total_bytes") or state.get("total_bytes_estimate")
        if max(done, state.get("total_bytes") or 0) > max_bytes:
            raise NotDownloaded(large)
        send(kind="progress", bytes=int(done), total=int(total) if total else None)

    def check_info(info: dict[str, Any], **_state: bool) -> None:
        if (info.get("n_entries") or info.get("playlist_count") or 1) > 1:
            raise NotDownloaded(SEVERAL)
        if info.get("is_live"):
            raise NotDownloaded(LIVE)

    options = {
        "format": "b",
        "noplaylist": True,
        "playlist_items": "1",
        "outtmpl": {"default": NAME},
        "paths": {"home": str(folder)},
        "match_filter": check_info,
        "progress_hooks": [progress],
        "logger": _SilentLogger(),
        "noprogress": True,
        "cachedir": False,
        "continuedl": False,
        "updatetime": False,
        "fixup": "never",
        "proxy": "",
        "socket_timeout": SOCKET_SECONDS,
        "external_downloader": {"default": "native"},
        "hls_prefer_native": True,
    }
    with yt_dlp.YoutubeDL(options) as downloader:
        downloader.urlopen = partial(_bounded, downloader.urlopen)
        info = downloader.extract_info(address)
    files = [path for path in folder.iterdir() if path.is_file() and path.suffix not in (".part", ".ytdl")]
    if info is None or len(files) != 1:
        raise NotDownloaded(NOTHING)
    entry = next(iter(info["entries"])) if info.get("entries") else info
    return {"file": files[0].name, "title": str(entry.get("title") or "")}


def _bounded(urlopen: Callable[[Any], Any], request: Any) -> Any:
    """Open a request whose answer raises when more than MAX_PAGE_BYTES of it are read at once."""
    answer = urlopen(request)
    read = answer.read

    def bounded(amount: int | None = None) -> bytes:
        if amount is not None:
            return bytes(read(amount))
        parts, length = [], 0
        while part := read(BLOCK):
            parts.append(part)
            length += len(part)
            if length > MAX_PAGE_BYTES:
                raise NotDownloaded(TOO_LARGE)
        return b"".join(parts)

    answer.read = bounded
    return answer


def _message(error: Exception, message: str, large: str) -> str:
    if isinstance(error, NotDownloaded):
        return message
    if _ran_out_of_memory(error):
        return TOO_LARGE
    sentence = next((words for pattern, words in MESSAGES if re.search(pattern, message)), UNKNOWN)
    return sentence.format(large=large)


def _ran_out_of_memory(error: BaseException | None) -> bool:
    """Tell whether a MemoryError is the cause, also indirectly, or among the errors of yt-dlp's attempts."""
    if error is None or isinstance(error, MemoryError):
        return error is not None
    attempts = getattr(error, "unexpected_errors", ())
    return any(_ran_out_of_memory(cause) for cause in (error.__cause__ or error.__context__, *attempts))


class _SilentLogger:
    """A logger that drops yt-dlp's messages: errors come as exceptions."""

    def debug(self, message: str) -> None: ...

    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...

    def error(self, message: str) -> None: ...


if __name__ == "__main__":
    main()
