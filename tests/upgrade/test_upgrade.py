"""A data folder of the version before comes up with this one: every job ends, every share opens, every upload resumes.

What an older version left is made by tests/upgrade/make_data.py, which runs that version for real and kills it at two
moments. With UPGRADE_DATA naming a folder, what was made there before is taken, and what is made stays there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.upgrade import database
from tests.upgrade.browser import Browser
from tests.upgrade.database import Rows, hexed, with_hyphens
from tests.upgrade.installed import Installed, wait_for
from tests.upgrade.make_data import LOCKED_NAME, MOMENTS, PASSWORD, SHARE_PASSWORD, Made, make
from tests.upgrade.older import ROOT, NoHistory

pytestmark = pytest.mark.upgrade

PATIENCE = 300.0
"""Seconds for each thing that the server has to do by itself; on a quiet machine all of it takes less than a minute."""

TABLES = {"upscaler_knock": "upscaler_loginattempt"}
"""What tables of the older version are called now."""
COLUMNS = {
    ("upscaler_knock", "door"): "scope",
    ("upscaler_job", "brought_json"): "import_json",
    ("upscaler_job", "comparison"): "comparison_version",
    ("upscaler_sitesettings", "imports"): "allows_url_import",
    ("upscaler_user", "starts_jobs"): "auto_upscale",
    ("upscaler_worker", "busy_with"): "activity",
    ("upscaler_upscalemodel", "shipped"): "builtin_name",
    ("upscaler_job", "extras_error"): "derived_files_error",
    ("upscaler_video", "extras_error"): "derived_files_error",
}
CHANGED = {
    ("upscaler_video", "state"),  # what is measured today is measured again
    ("upscaler_video", "starts_job"),
    ("upscaler_collection", "name"),  # in Unicode's normal form C
}
"""What migrations change, beside names."""
OF_DJANGO = {"django_migrations", "django_content_type", "auth_permission"}
"""Tables that say which tables there are."""
LASTING = ("original", "result", "playable", "receipt", "post")
"""Kinds of files that are never made a second time."""
UNTOUCHED = (
    *("upscaler_share", "upscaler_collection", "upscaler_collection_videos", "upscaler_savedview", "upscaler_tag"),
    *("upscaler_video_tags", "upscaler_upscalemodel", "upscaler_watchedfile", "upscaler_part", "upscaler_sitesettings"),
)
"""Tables whose rows the server has no reason to change by itself."""
COUNTERS = {"views"}


@dataclass
class Upgraded:
    """A data folder of the older version with this version's server on it."""

    made: Made
    server: Installed
    before: dict[str, Rows]
    """The older version's tables."""
    migrated: dict[str, Rows]
    """The same after the migrations, by the names of then."""

    @property
    def data(self) -> Path:
        return self.server.data

    def browser(self, whose: str) -> Browser:
        """That of before the upgrade: the person is logged in still."""
        return Browser(self.server.port).take(self.made.sessions[whose])

    def job(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.browser("person").json(f"/jobs/{self.made.jobs[name]}/status.json")
        return found

    def wait_for_job(self, name: str, state: str = "done") -> None:
        wait_for(
            lambda: self.job(name)["state"] in (state, "failed"), f"the end of the job {name!r}", PATIENCE, every=0.3
        )
        assert (self.job(name)["state"], self.job(name)["error"]) == (state, "")

    def wait_for_video(self, id: str) -> None:
        path = f"/videos/{id}/status.json"
        person = self.browser("person")
        wait_for(lambda: person.json(path)["state"] in ("ready", "refused"), f"the video {id}", PATIENCE, every=0.3)
        assert person.json(path)["state"] == "ready"

    def wait_for_model(self, id: str) -> None:
        owner = self.browser("owner")
        path = f"/models/{id}/status.json"
        wait_for(lambda: owner.json(path)["state"] == "ready", f"the check of the model {id}", PATIENCE, every=0.3)

    def wait_until_quiet(self) -> None:
        """Everything that was begun or queued is done."""
        for table, states in (
            ("upscaler_job", ("queued", "rendering", "assembling", "verifying")),
            ("upscaler_post", ("wanted",)),
            ("upscaler_video", ("joining", "fetching", "uploading", "probing", "analysing", "pairing")),
        ):
            self._wait_until_none(table, states)

    def _wait_until_none(self, table: str, states: tuple[str, ...]) -> None:
        query = f"SELECT COUNT(*) FROM {table} WHERE state IN ({', '.join('?' * len(states))})"
        wait_for(lambda: not database.value(self.data, query, *states), f"the last of {table}", PATIENCE, every=0.2)


@pytest.fixture(scope="session")
def moments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the data folders of the older version."""
    folder = Path(os.environ.get("UPGRADE_DATA") or tmp_path_factory.mktemp("upgrade"))
    if not all((folder / moment / "made.json").is_file() for moment in MOMENTS):
        try:
            make(folder)
        except NoHistory as error:
            pytest.skip(str(error))
    return folder


@pytest.fixture(scope="module", params=MOMENTS)
def upgraded(
    request: pytest.FixtureRequest, moments: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    made = Made.read(moments / request.param)
    data = tmp_path_factory.mktemp(request.param) / "data"
    shutil.copytree(moments / request.param / "data", data)
    (data / "output").unlink()
    with closing(sqlite3.connect(data / "haloweb.sqlite3")) as older, older:  # making all this may take a while
        older.execute("UPDATE upscaler_knock SET since = datetime('now')")
    server = Installed(ROOT, data, made.settings)
    before = {name: database.rows(data, name) for name in database.tables(data) - OF_DJANGO if "sqlite" not in name}
    if request.param == "assembling":
        _kill_in_the_middle_of_migrations(server)
    server.manage("migrate", "--verbosity", "0")
    after = {name: database.rows(data, TABLES.get(name, name)) for name in before}
    _collect_static(server)
    try:
        server.start()
        yield Upgraded(made, server, before, after)
        server.stop()
    finally:
        server.kill()


def _collect_static(server: Installed) -> None:
    """The files of this version, which script/test has collected already."""
    of_this_run = Path(os.environ.get("HALOWEB_DATA", "")) / "static"
    if "HALOWEB_DATA" in os.environ and of_this_run.is_dir():
        shutil.copytree(of_this_run, server.data / "static")
    else:
        server.manage("collectstatic", "--no-input", "--verbosity", "0")


def _kill_in_the_middle_of_migrations(server: Installed) -> None:
    """As soon as one of the new ones is applied."""
    count = "SELECT COUNT(*) FROM django_migrations"
    old = database.value(server.data, count)
    migrating = server.begun("manage.py", "migrate", "--verbosity", "0")
    wait_for(
        lambda: database.value(server.data, count) > old or migrating.poll() is not None, "a migration", every=0.002
    )
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(migrating.pid).kill()
    migrating.wait()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_migrations_keep_every_row_with_all_that_it_says(upgraded: Upgraded) -> None:
    for table, rows in upgraded.before.items():
        after = upgraded.migrated[table]
        assert after.keys() == rows.keys(), f"rows of {table}"
        for key, row in rows.items():
            for column, value in row.items():
                if (table, column) not in CHANGED:
                    assert after[key][COLUMNS.get((table, column), column)] == value, f"{table} {key} {column}"


def test_every_job_comes_to_its_end(upgraded: Upgraded) -> None:
    for name in upgraded.made.jobs.keys() - {"failed", "cancelled", "paused"}:
        upgraded.wait_for_job(name)
    assert upgraded.job("paused")["state"] == "paused"
    assert upgraded.job("cancelled")["state"] == "cancelled"
    failed = upgraded.before["upscaler_job"][hexed(upgraded.made.jobs["failed"])]
    assert upgraded.job("failed")["state"] == "failed"
    assert upgraded.job("failed")["error"] == failed["error"]


def test_what_was_rendered_is_not_rendered_again(upgraded: Upgraded) -> None:
    upgraded.wait_until_quiet()

    now = database.rows(upgraded.data, "upscaler_segment")
    done = [row for row in upgraded.before["upscaler_segment"].values() if row["state"] == "done"]
    assert done
    for row in done:
        after = now[row["id"]]
        assert [after[name] for name in ("state", "fence", "sha256")] == [
            row[name] for name in ("state", "fence", "sha256")
        ]


def test_a_paused_job_and_a_failed_one_go_on_when_they_are_asked_to(upgraded: Upgraded) -> None:
    made, person = upgraded.made, upgraded.browser("person")
    shutil.copy(made.put_back, upgraded.data / f"media/videos/{made.aside}/original")

    for name, act in (("paused", "resume"), ("failed", "retry")):
        assert person.post(f"/jobs/{made.jobs[name]}/{act}/").status_code == 302

    for name in ("paused", "failed"):
        upgraded.wait_for_job(name)


def test_every_share_opens_as_it_did(upgraded: Upgraded) -> None:
    shares, stranger = upgraded.made.shares, Browser(upgraded.server.port)
    upgraded.wait_for_job("rendering")
    for name in ("plain", "imported", "of ProRes", "in progress"):
        assert stranger.get(f"/s/{shares[name]}/").status_code == 200, name
        assert stranger.get(f"/s/{shares[name]}/embed/").status_code == 200, name
        job = upgraded.made.jobs[
            {"plain": "done", "imported": "imported", "of ProRes": "done as ProRes"}.get(name, "rendering")
        ]
        for artifact in _files(upgraded.data, job, "still-before", "still-after", "playable", "stacked"):
            assert stranger.get(f"/s/{shares[name]}/media/{with_hyphens(artifact['id'])}").status_code == 200, artifact[
                "key"
            ]
    for name in ("revoked", "over"):
        assert stranger.get(f"/s/{shares[name]}/").status_code == 404, name
    assert shares["plain"] in stranger.get("/gallery/").text


def test_a_share_s_password_is_asked_for_as_before(upgraded: Upgraded) -> None:
    address, stranger = f"/s/{upgraded.made.shares['with a password']}/", Browser(upgraded.server.port)

    assert upgraded.browser("visitor").get(f"{address}embed/").status_code == 200, "who gave it before the upgrade"
    assert stranger.get(f"{address}embed/").status_code == 404
    assert stranger.post(address, password="wrong").status_code == 403
    assert stranger.post(address, password=SHARE_PASSWORD).status_code == 302
    assert stranger.get(f"{address}embed/").status_code == 200


def test_uploads_resume_where_they_were_and_arrive(upgraded: Upgraded) -> None:
    for name, (address, sent, file) in upgraded.made.uploads.items():
        browser, content = upgraded.browser("owner" if name == "weights" else "person"), Path(file).read_bytes()
        assert browser.upload_offset(address) == sent, name

        answer = browser.upload_send(address, content[sent:], sent)

        assert answer.headers["Upload-Offset"] == str(len(content))
        if name == "weights":
            upgraded.wait_for_model(answer.headers["X-Result-Id"])
        else:
            upgraded.wait_for_video(answer.headers["X-Result-Id"])
            assert digest(upgraded.data / f"media/videos/{answer.headers['X-Result-Id']}/original") == digest(
                Path(file)
            )


def test_work_on_videos_that_was_cut_off_is_done(upgraded: Upgraded) -> None:
    """A film is joined, a clip is made, a file is matched to its original, and what can't be fetched says why."""
    made, person = upgraded.made, upgraded.browser("person")
    upgraded.wait_until_quiet()

    assert person.json(f"/videos/{made.film}/status.json")["state"] == "ready"
    assert person.json(f"/videos/{made.wanted}/status.json")["state"] == "refused"
    assert set(database.ask(upgraded.data, "SELECT state FROM upscaler_post")) == {("done",)}
    assert person.get(f"/videos/{made.pairing}/").status_code == 404, "it is a result of its original now"
    imported = "SELECT COUNT(*) FROM upscaler_job WHERE video_id = ? AND import_json IS NOT NULL AND state = 'done'"
    expected = 2 if "rendering, the second" not in made.jobs else 3
    assert database.value(upgraded.data, imported, hexed(made.original)) == expected


def test_tasks_that_the_older_version_queued_are_done(upgraded: Upgraded) -> None:
    """Such as the one that removes the files of a job that was deleted, which no row asks for a second time."""
    jobs = {f"{row['id']}" for row in database.rows(upgraded.data, "upscaler_job").values()}
    media = upgraded.data / "media/jobs"

    def strangers() -> list[str]:
        return [folder.name for folder in media.iterdir() if hexed(folder.name) not in jobs]

    wait_for(lambda: not strangers(), "the removal of what a deleted job left", PATIENCE)
    assert "Traceback" not in upgraded.server.output


def test_every_page_opens_for_a_person_who_was_logged_in(upgraded: Upgraded) -> None:
    made, person, owner = upgraded.made, upgraded.browser("person"), upgraded.browser("owner")
    upgraded.wait_until_quiet()
    collections = database.rows(upgraded.data, "upscaler_collection").values()
    queries = [row["query"] for row in database.rows(upgraded.data, "upscaler_savedview").values()]
    videos = [f"/videos/{id}/" for id in (*made.videos, made.film, made.fetched, made.wanted)]
    jobs = [f"/jobs/{id}/" for id in made.jobs.values()]
    compared = [f"/jobs/{id}/compare/" for name, id in made.jobs.items() if upgraded.job(name)["state"] == "done"]
    found = [f"/?{query}" for query in [*queries, *(f"collection={row['id']}" for row in collections), "q=gulch"]]
    own = ["/", "/queue/", "/trash/", "/collections/", "/upload/", "/preferences/", "/models/", "/notifications.json"]
    for path in (*own, *videos, *jobs, *compared, *found):
        assert person.get(path).status_code == 200, path
    for path in ("/workers/", "/models/", "/preferences/", f"/videos/{made.watched}/"):
        assert owner.get(path).status_code == 200, path
    assert "Blood Gulch 5" in person.get("/?tag=montage").text
    assert "Blood Gulch 7" not in person.get("/?tag=montage").text


def test_what_is_in_the_trash_can_be_restored(upgraded: Upgraded) -> None:
    made, person = upgraded.made, upgraded.browser("person")
    assert person.get(f"/videos/{made.trashed}/").status_code == 404

    person.post(f"/trash/{made.trashed}/restore/")

    assert person.get(f"/videos/{made.trashed}/").status_code == 200


def test_people_log_in_and_who_was_locked_out_still_is(upgraded: Upgraded) -> None:
    port = upgraded.server.port

    assert Browser(port).log_in(LOCKED_NAME, "wrong").status_code == 429
    assert Browser(port).log_in("miranda", PASSWORD).status_code == 302


def test_no_file_is_lost_or_changed(upgraded: Upgraded) -> None:
    upgraded.wait_until_quiet()

    now = {row["key"]: row for row in database.rows(upgraded.data, "upscaler_artifact").values()}
    for row in upgraded.before["upscaler_artifact"].values():
        is_matched = row["video_id"] == hexed(upgraded.made.pairing)
        if row["kind"] in LASTING and not is_matched:
            assert now[row["key"]]["sha256"] == row["sha256"], row["key"]
    for key, row in now.items():
        if key != f"videos/{upgraded.made.aside}/original":
            assert digest(upgraded.data / "media" / key) == row["sha256"], key


def test_what_the_server_has_no_reason_to_change_is_as_it_was(upgraded: Upgraded) -> None:
    for table in UNTOUCHED:
        now = database.rows(upgraded.data, TABLES.get(table, table))
        for key, row in upgraded.migrated[table].items():
            for column in row.keys() - COUNTERS:
                assert now[key][column] == row[column], f"{table} {key} {column}"


def _files(data: Path, job: str, *kinds: str) -> list[dict[str, Any]]:
    rows = database.rows(data, "upscaler_artifact").values()
    return [row for row in rows if row["job_id"] == hexed(job) and row["kind"] in kinds]
