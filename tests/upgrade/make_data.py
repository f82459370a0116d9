"""Make a data folder with an older version: by its own server, workers and services, killed in the middle.

    python -m tests.upgrade.make_data FOLDER [--commit 1cbf013]

FOLDER gets two copies of the data folder, each from a moment at which everything was killed: ``joining`` (a film is
being joined, a clip to post is being made, a job is being rendered, and tasks are queued that no worker has) and
``assembling`` (a job is being assembled, a result made elsewhere is being matched to its original, another job is
being rendered). ``made.json`` beside each says what is in it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.clips import ffmpeg, make_clip
from tests.e2e import tuned
from tests.upgrade import database
from tests.upgrade.browser import Browser
from tests.upgrade.database import hexed, with_hyphens
from tests.upgrade.installed import Installed, wait_for
from tests.upgrade.older import check_out

COMMIT = "1cbf013f9dcbef964ca159d0a65a0abfc64afdeb"
"""The version whose data folders have to come up with this one."""
MOMENTS = ("joining", "assembling")
VIDEOS = 20
PASSWORD = "warthog-run-2004"
SHARE_PASSWORD = "blood gulch"
LOCKED_NAME = "johnson"
"""A name at which passwords are tried until no more are looked at."""
MOST_TRIES = 10
LONG_FRAMES = 450
SEGMENT_FRAMES = 30


@dataclass
class Made:
    """What is in a data folder, by ids and addresses. Ids are as pages have them, with hyphens."""

    port: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    videos: list[str] = field(default_factory=list)
    """Of Miranda's, the ones that are measured and ready."""
    original: str = ""
    """Of them, the one with results made elsewhere."""
    aside: str = ""
    """Of them, the one whose file isn't where it should be; ``put_back`` has it."""
    put_back: str = ""
    trashed: str = ""
    fetched: str = ""
    wanted: str = ""
    """Asked for by its address, and not fetched."""
    watched: str = ""
    film: str = ""
    jobs: dict[str, str] = field(default_factory=dict)
    """By what they are: "done", "rendering", "paused", ..."""
    shares: dict[str, str] = field(default_factory=dict)
    """Tokens, by what they are."""
    posts: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    """Half sent ones by name: the address, how many bytes were sent, and the file."""
    sessions: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    """Cookies of browsers: name, value and path."""
    model: str = ""
    pairing: str = ""
    """The video that is being matched to its original."""

    def write(self, folder: Path) -> None:
        (folder / "made.json").write_text(json.dumps(asdict(self), indent=2))

    @classmethod
    def read(cls, folder: Path) -> Made:
        return cls(**json.loads((folder / "made.json").read_text()))


class Maker:
    """Makes one data folder, step by step."""

    def __init__(self, code: Path, folder: Path) -> None:
        self.folder = folder
        self.clips = folder / "clips"
        self.watch = folder / "watch"
        for each in (self.clips, self.watch):
            each.mkdir(parents=True)
        self.made = Made()
        self.made.settings = {
            "HALOWEB_SEGMENT_FRAMES": str(SEGMENT_FRAMES),
            "HALOWEB_DISK_FLOOR_GIB": "0.1",
            "HALOWEB_CPU_WORKERS": "2",
            "HALOWEB_WATCH": str(self.watch),
        }
        self.server = Installed(code, folder / "data", self.made.settings)
        self.data = self.server.data
        self.made.port = self.server.port
        self.owner = Browser(self.server.port)
        self.person = Browser(self.server.port)
        self.visitor = Browser(self.server.port)
        self._began = time.monotonic()

    def make(self) -> None:
        """Both moments."""
        self.data.mkdir()
        tuned.bring(self.data)
        self.server.manage("migrate", "--verbosity", "0")
        self.server.manage("collectstatic", "--no-input", "--verbosity", "0")
        try:
            self.server.start()
            self._say("the server is up")
            self._people()
            self._library()
            self._results()
            self._half_sent()
            self._joining()
            self._keep("joining")
            self.server.start()
            self._say("the server is up again")
            self._assembling()
            self._keep("assembling")
        finally:
            self.server.kill()

    # --- what there is ---------------------------------------------------------------------------

    def _people(self) -> None:
        self.server.inside("people", password=PASSWORD)
        for browser, name in ((self.owner, "avery"), (self.person, "miranda")):
            assert browser.log_in(name, PASSWORD).status_code == 302
        for _ in range(MOST_TRIES):
            answer = Browser(self.server.port).log_in(LOCKED_NAME, "wrong")
        assert answer.status_code == 200

    def _library(self) -> None:
        """Videos that are uploaded, fetched, watched and in the trash; a model; tags, collections and views."""
        make_clip(self.watch / "watched.avi", frames=24)
        short = make_clip(self.clips / "short.avi", frames=30).read_bytes()
        for number in range(VIDEOS):
            content = short if number else make_clip(self.clips / "long.avi", frames=LONG_FRAMES).read_bytes()
            id = self.person.upload(f"gulch_{number:02}.avi", content, title=f"Blood Gulch {number}", starts_job="0")
            self.made.videos.append(id)
        fetched = self.server.inside(
            "fetched", path=str(self.clips / "short.avi"), address="https://example.org/a.avi", owner="miranda"
        )
        self.made.fetched = fetched["id"]
        weights = Path(self.server.code, "upscaler/pipeline/weights/realesr-animevideov3.safetensors").read_bytes()
        self.made.model = self.owner.upload("halo_net.safetensors", weights, purpose="weights")
        self._say("everything is sent")
        of_state = "SELECT COUNT(*) FROM upscaler_video WHERE state = ?"
        wait_for(lambda: database.value(self.data, of_state, "ready") >= VIDEOS + 1, "the measuring", 180)
        model = "SELECT state FROM upscaler_upscalemodel WHERE id = ?"
        wait_for(lambda: database.value(self.data, model, hexed(self.made.model)) == "ready", "the check of the model")
        self.server.inside("library", videos=self.made.videos[:6])
        self.made.trashed = self.made.videos.pop()
        self.server.inside("put_into_trash", videos=[self.made.trashed])
        self._say("the library is there")

    def _results(self) -> None:
        """Jobs of every kind that are not under work, with their shares and posts; a result made elsewhere."""
        videos = self.made.videos
        long, failing, self.made.original = videos[0], videos[1], videos[2]
        self.made.aside, self.made.put_back = failing, str(self.folder / "put-back.avi")
        shutil.move(self.data / f"media/videos/{failing}/original", self.made.put_back)
        self._job("failed", failing)
        self._job("paused", long)
        wait_for(lambda: self._segments("paused", "done") >= 2, "segments of a job that is paused")
        assert self.server.inside("act", job=self.made.jobs["paused"], name="pause")["done"]
        self._job("cancelled", videos[3])
        self.server.inside("act", job=self.made.jobs["cancelled"], name="cancel")
        self._job("done", self.made.original)
        self._job("done as ProRes", videos[4], preset="prores", deinterlace="off", denoise="light")
        self._job("done, a part", videos[5], height=480, trim=[6, 24])
        self._job("done by the network", videos[6], model=self.made.model, trim=[0, 24])
        self._say("jobs are started")
        result = self.clips / "elsewhere.mp4"
        enlarged = "scale=256:192:flags=lanczos:out_color_matrix=bt709:out_range=limited"
        tags = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")
        codec = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-pix_fmt", "yuv420p", "-c:a", "aac")
        ffmpeg("-i", self.clips / "short.avi", "-vf", enlarged, *codec, *tags, result)
        self._elsewhere("Topaz, 2024")
        for name in ("done", "done as ProRes", "done, a part", "done by the network"):
            self._wait_for_job(name, "done")
        self._wait_for_job("failed", "failed")
        imported = "SELECT id FROM upscaler_job WHERE brought_json IS NOT NULL AND state = 'done'"
        self.made.jobs["imported"] = with_hyphens(wait_for(lambda: database.value(self.data, imported), "the match"))
        self._say("results are there")
        waits = "SELECT COUNT(*) FROM upscaler_job WHERE state = 'done' AND comparison = 0"
        wait_for(lambda: database.value(self.data, waits) == 0, "the comparisons")
        self.made.posts["done"] = self.server.inside("post", job=self.made.jobs["done"])["id"]
        self._shares()
        done = "SELECT COUNT(*) FROM upscaler_post WHERE state = 'done'"
        wait_for(lambda: database.value(self.data, done) == 1, "a clip to post")
        taken = "SELECT video_id FROM upscaler_watchedfile"
        self.made.watched = with_hyphens(wait_for(lambda: database.value(self.data, taken), "the watched file"))
        left = "SELECT COUNT(*) FROM upscaler_video WHERE state NOT IN ('ready', 'refused')"
        wait_for(lambda: database.value(self.data, left) == 0, "the measuring of the watched file")
        self._say("comparisons are there")

    def _shares(self) -> None:
        done = self.made.jobs["done"]
        for name, job, terms in (
            ("plain", done, {"title": "One flag", "in_gallery": True}),
            ("with a password", done, {"password": SHARE_PASSWORD}),
            ("imported", self.made.jobs["imported"], {}),
            ("of ProRes", self.made.jobs["done as ProRes"], {"allows_download": True}),
            ("revoked", done, {"revoked": True}),
            ("over", done, {"expires_at": "2020-01-01T00:00:00+00:00"}),
        ):
            self.made.shares[name] = self.server.inside("share", job=job, **terms)["token"]
        locked = f"/s/{self.made.shares['with a password']}/"
        assert self.visitor.post(locked, password="wrong").status_code == 403
        assert self.visitor.post(locked, password=SHARE_PASSWORD).status_code == 302
        assert self.visitor.get(locked).status_code == 200

    def _half_sent(self) -> None:
        weights = Path(self.server.code, "upscaler/pipeline/weights/realesr-animevideov3.safetensors")
        for name, path, browser, metadata in (
            ("video", self.clips / "short.avi", self.person, {"title": "Sidewinder", "kind": "halo-ce"}),
            ("nothing of it", self.clips / "short.avi", self.person, {}),
            ("weights", weights, self.owner, {"purpose": "weights"}),
        ):
            content = path.read_bytes()
            sent = 0 if name == "nothing of it" else len(content) // 3
            address = browser.upload_begin(path.name, len(content), **metadata)
            if sent:
                browser.upload_send(address, content[:sent])
            kept = self.folder / f"half-{path.name}"
            shutil.copy(path, kept)
            self.made.uploads[name] = (address, sent, str(kept))

    # --- moments ---------------------------------------------------------------------------------

    def _joining(self) -> None:
        """A film is being joined, a clip is being made, a job is being rendered, and much waits."""
        videos = self.made.videos
        self._job("rendering", videos[0])
        self.made.shares["in progress"] = self.server.inside(
            "share", job=self.made.jobs["rendering"], shows_progress=True
        )["token"]
        self._job("queued", videos[7], height=720)
        self._job("queued for the network", videos[8], model=self.made.model, trim=[0, 24])
        self._freeze_rendering("rendering", after=3)
        self.made.film = self.server.inside("film", parts=[videos[0], videos[9]], title="Both halves")["id"]
        self._freeze("upscaler_video", self.made.film, "joining")
        self.made.posts["being made"] = self.server.inside(
            "post", job=self.made.jobs["done"], first=3, frames=24, form="wipe", format="webp"
        )["id"]
        self._freeze("upscaler_post", self.made.posts["being made"], "wanted")
        # nobody is left who could do any of these
        self._job("deleted", videos[10])
        self.server.inside("act", job=self.made.jobs.pop("deleted"), name="delete")
        self.made.wanted = self.server.inside("wanted_from", address="http://127.0.0.1:9/never.avi", owner="miranda")[
            "id"
        ]
        self.made.pairing = self._elsewhere("Waifu2x")
        wait_for(lambda: self._segments("rendering", "claimed"), "a segment under work", every=0.01)
        assert self._state("rendering") == "rendering", "it ended before it could be killed"

    def _assembling(self) -> None:
        """A job is being assembled, a file is being matched to its original, and another job is being rendered."""
        self._freeze("upscaler_job", self.made.jobs["rendering"], "assembling", "verifying")
        self.made.pairing = self._elsewhere("ESRGAN")
        self._freeze("upscaler_video", self.made.pairing, "pairing")
        self._job("rendering, the second", self.made.videos[0])
        self._freeze_rendering("rendering, the second", after=1)

    def _keep(self, moment: str) -> None:
        """Kill everything, and copy what is left."""
        self.server.kill()
        self._say(f"all is killed: {moment}")
        kept = self.folder / moment
        shutil.copytree(self.data, kept / "data", ignore=shutil.ignore_patterns("static"))
        for name, browser in (("owner", self.owner), ("person", self.person), ("visitor", self.visitor)):
            self.made.sessions[name] = browser.cookies()
        self.made.write(kept)

    # --- one thing -------------------------------------------------------------------------------

    def _job(self, name: str, video: str, **values: Any) -> None:
        self.made.jobs[name] = self.server.inside("job", video=video, **values)["id"]

    def _elsewhere(self, name: str) -> str:
        content = (self.clips / "elsewhere.mp4").read_bytes()
        return self.person.upload("made.mp4", content, title=name, upscale_of=self.made.original)

    def _segments(self, job: str, state: str) -> int:
        query = "SELECT COUNT(*) FROM upscaler_segment WHERE job_id = ? AND state = ?"
        return int(database.value(self.data, query, hexed(self.made.jobs[job]), state))

    def _state(self, job: str) -> str:
        found = database.value(self.data, "SELECT state FROM upscaler_job WHERE id = ?", hexed(self.made.jobs[job]))
        return str(found)

    def _wait_for_job(self, name: str, state: str) -> None:
        wait_for(lambda: self._state(name) == state, f"the job {name!r}", 120)

    def _freeze(self, table: str, id: str, *states: str) -> None:
        """Stop the worker that has a row in hand, as soon as the row is in one of these states."""
        marks = ", ".join("?" * len(states))
        query = f"SELECT leased_by FROM {table} WHERE id = ? AND leased_by != '' AND state IN ({marks})"
        worker = wait_for(lambda: database.value(self.data, query, hexed(id), *states), f"{id} {states}", every=0.005)
        self.server.freeze(worker)

    def _freeze_rendering(self, job: str, after: int) -> None:
        """Stop the worker that renders a part of a job, once so many of its segments are done."""
        wait_for(lambda: self._segments(job, "done") >= after, f"the first segments of {job!r}", every=0.01)
        query = "SELECT worker FROM upscaler_segment WHERE job_id = ? AND state = 'claimed'"
        id = hexed(self.made.jobs[job])
        self.server.freeze(wait_for(lambda: database.value(self.data, query, id), "a segment under work", every=0.005))
        assert self._state(job) == "rendering", "it was rendered before it could be killed"

    def _say(self, what: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {what}", flush=True)


def make(folder: Path, commit: str = COMMIT) -> None:
    """Raises NoHistory where the older version can't be had."""
    with tempfile.TemporaryDirectory(prefix="haloweb-older-") as code:
        Maker(check_out(commit, Path(code)), folder).make()


def main() -> None:
    parser = argparse.ArgumentParser(description="A data folder of an older version, killed at two moments.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--commit", default=COMMIT)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    make(options.folder.absolute(), options.commit)


if __name__ == "__main__":
    main()
