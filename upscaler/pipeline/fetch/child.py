"""The process that fetches: ``python -s -m upscaler.pipeline.fetch.child``, told what by one line of JSON.

Says how far it is in lines of JSON, each with a "kind": "progress", then "done" or "failed".
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
MOST_OF_A_PAGE = 8 * 1024**2
"""Bytes of a page, or of a list of parts, unpacked. A video is read in blocks and has a bound of its own."""
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
SEVERAL = "There are several videos at this address; give the address of one."
LIVE = "This is a live broadcast, which has no end; wait until it is a video."
APART = "This site has picture and sound only as separate files; download it yourself, and drop it here."
NOTHING = "There is no video at this address, or none that can be fetched."
FORBIDDEN = "The site does not give this video to us: it wants a login, or is not for everybody."
AWAY = "The site can't be reached, or broke off. Try again later."
TOO_LARGE = "What this site answers is too large for a page with a video; give the address of the video itself."
UNKNOWN = "The video could not be fetched; the server's log says what the site answered."
WORDS = (
    (r"Requested format is not available", APART),
    (r"File too large|Errno 27", "{large}"),
    (r"Unsupported URL|No video|not a valid URL|HTTP Error 40[04]|HTTP Error 410|nsafe", NOTHING),
    (r"HTTP Error 40[13]|HTTP Error 451|[Ll]ogin|log in|[Ss]ign in|[Pp]rivate video|cookies", FORBIDDEN),
    (
        r"HTTP Error (429|5\d\d)|[Tt]imed out|[Rr]efused|[Rr]eset|[Uu]nreachable|resol|Incomplete|SSL|bytes missing",
        AWAY,
    ),
)
"""What is said for which of yt-dlp's own words."""


class Ended(Exception):
    """Not to be fetched; its text is the reason, for a person."""


def main(allows: Allows = is_public) -> None:
    """Read the request, fetch, answer."""
    for name in [name for name in os.environ if name not in KEPT]:
        del os.environ[name]
    os.environ["YTDLP_NO_PLUGINS"] = "1"
    sys.dont_write_bytecode = True
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else is printed is no answer
    request = json.loads(sys.stdin.readline())
    most: int = request["most_bytes"]
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    def say(**answer: Any) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    large = f"The video is larger than this server takes ({most / 1024**3:.1f} GiB)."
    folder = Path(request["folder"])
    guard = Guard(folder, allows, [ip_network(network) for network in request["barred"]])
    sys.modules["curl_cffi"] = None  # type: ignore[assignment]  # libcurl's connections would not be seen
    import yt_dlp

    guard.stand()
    try:
        say(kind="done", **_fetch(yt_dlp, request["address"], folder, most, large, say))
    except Exception as error:
        said = str(error)
        sys.stderr.write(f"{said}\n")
        say(kind="failed", error=PRIVATE if guard.refused else _in_words(error, said, large), detail=said[:2000])


def _fetch(yt_dlp: Any, address: str, folder: Path, most: int, large: str, say: Any) -> dict[str, str]:
    def progress(state: dict[str, Any]) -> None:
        done, total = state.get("downloaded_bytes") or 0, state.get("total_bytes") or state.get("total_bytes_estimate")
        if max(done, state.get("total_bytes") or 0) > most:
            raise Ended(large)
        say(kind="progress", bytes=int(done), total=int(total) if total else None)

    def wanted(info: dict[str, Any], **_state: bool) -> None:
        if (info.get("n_entries") or info.get("playlist_count") or 1) > 1:
            raise Ended(SEVERAL)
        if info.get("is_live"):
            raise Ended(LIVE)

    options = {
        "format": "b",
        "noplaylist": True,
        "playlist_items": "1",
        "outtmpl": {"default": NAME},
        "paths": {"home": str(folder)},
        "match_filter": wanted,
        "progress_hooks": [progress],
        "logger": _Mute(),
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
        raise Ended(NOTHING)
    entry = next(iter(info["entries"])) if info.get("entries") else info
    return {"file": files[0].name, "title": str(entry.get("title") or "")}


def _bounded(urlopen: Callable[[Any], Any], request: Any) -> Any:
    """An answer that is not read whole where that is more than a page holds."""
    answer = urlopen(request)
    read = answer.read

    def bounded(amount: int | None = None) -> bytes:
        if amount is not None:
            return bytes(read(amount))
        parts, length = [], 0
        while part := read(BLOCK):
            parts.append(part)
            length += len(part)
            if length > MOST_OF_A_PAGE:
                raise Ended(TOO_LARGE)
        return b"".join(parts)

    answer.read = bounded
    return answer


def _in_words(error: Exception, said: str, large: str) -> str:
    if isinstance(error, Ended):
        return said
    if _ran_out_of_memory(error):
        return TOO_LARGE
    found = next((words for pattern, words in WORDS if re.search(pattern, said)), UNKNOWN)
    return found.format(large=large)


def _ran_out_of_memory(error: BaseException | None) -> bool:
    """Also where another error came of it, or yt-dlp lists it among those of the ways that it tried."""
    if error is None or isinstance(error, MemoryError):
        return error is not None
    tried = getattr(error, "unexpected_errors", ())
    return any(_ran_out_of_memory(one) for one in (error.__cause__ or error.__context__, *tried))


class _Mute:
    """What yt-dlp would print; what matters of it comes as an exception."""

    def debug(self, message: str) -> None: ...

    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...

    def error(self, message: str) -> None: ...


if __name__ == "__main__":
    main()
