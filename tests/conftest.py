"""What all tests share: folders of their own, people and their browsers, tasks that are enqueued."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.test import Client
from pytest_django import Settings

from haloweb.object_store import ObjectStore
from tests import clips, data_folder, factories, objects, quick
from tests.fakes import EnqueuedTasks
from upscaler.jobs import queues
from upscaler.models import Job, User, Video


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--playback", type=int, help="seconds for which tests/e2e/test_comparison.py plays; few without it"
    )
    parser.addoption(
        "--faults", type=int, help="how many faults of each kind tests/faults causes, and races; few without it"
    )
    parser.addoption("--quick", action="store_true", help="only tests without browsers, networks and whole servers")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist use the folder of the process that starts them
        shared = data_folder.share()
        config.add_cleanup(lambda: data_folder.unshare(shared))
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # or servers of the tests would outlive them
    if config.getoption("quick"):
        quick.check_lists()
    config.addinivalue_line("markers", "expects_errors: this test makes something fail that is logged as an ERROR")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if config.getoption("quick") and quick.is_slow(collection_path) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("quick"):
        quick.leave_out_marked(config, items)
    # first, by its name alone: it is one of the longest files, at whose end the other workers would have nothing to do
    items.sort(key=lambda item: item.path.name != "test_upgrade.py")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("quick") and not session.config.option.collectonly and reporter is not None:
        quick.fail_if_few(session, sum(len(reporter.stats.get(outcome, [])) for outcome in ("passed", "skipped")))


@pytest.fixture(autouse=True, scope="session")
def clip_cache() -> None:
    """All processes of a run share the clips that they make."""
    clips.clip_cache = Path(os.environ[data_folder.SHARED]) / "clips"
    clips.clip_cache.mkdir(exist_ok=True)


@pytest.fixture(autouse=True, scope="session")
def bare_after_flush() -> Iterator[None]:
    """A test with transactions leaves no content types and permissions behind: nothing here asks for them, and
    writing all of them took longer than the rest of the clearing."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(flush, "emit_post_migrate_signal", lambda *_: ContentType.objects.clear_cache())
        yield


@pytest.fixture(autouse=True, scope="session")
def no_power_cut() -> Iterator[None]:
    """No test waits until the disk of this machine has what it writes: on a busy one that takes longer than the rest
    of many tests. What can fail in it is caused by the tests of that."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(autouse=True)
def surroundings(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the files of another, and none waits for what it does not test."""
    ContentType.objects.clear_cache()  # it may name rows that the last test created and rolled back
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SCRATCH = tmp_path / "scratch"
    settings.TUNED = tmp_path / "tuned.json"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings.SETUP_TOKEN_FILE = tmp_path / "setup_token"
    # it reads the whole of the static files again for every test client
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "servestatic" not in name]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def no_unexpected_errors(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A line logged as an ERROR fails the test that caused it."""
    yield
    if "expects_errors" not in request.keywords:
        errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
        assert not errors, [record.getMessage() for record in errors]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server for object storage."""
    with objects.server() as endpoint:
        yield endpoint


@pytest.fixture
def object_storage(s3_server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """Media lies in a bucket of this test."""
    for name, value in objects.CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    store = ObjectStore(objects.make_bucket(s3_server), "halo/media", s3_server, "us-east-1")
    settings.STORAGES = settings.STORAGES | {"default": store.backend()}
    return store


@pytest.fixture
def away(object_storage: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Object storage does not answer."""
    monkeypatch.setattr("upscaler.media.s3.ObjectStorage.connection", property(objects.unreachable))


@pytest.fixture(params=["file system", "object storage"])
def each_storage(request: pytest.FixtureRequest) -> str:
    """Media on the file system, and then in object storage."""
    if request.param == "object storage":
        request.getfixturevalue("object_storage")
    return str(request.param)


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> EnqueuedTasks:
    """Every enqueued task, in order; none reaches a queue."""
    tasks = EnqueuedTasks()
    monkeypatch.setattr(queues, "async_task", tasks.enqueue)
    return tasks


@pytest.fixture
def person(db: None) -> User:
    """Who has a library."""
    return factories.make_user("miranda")


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody else with an account."""
    return factories.make_user("stacker")


@pytest.fixture
def owner(db: None) -> User:
    """Who set the server up."""
    return factories.make_user("avery", is_superuser=True, is_staff=True)


@pytest.fixture
def video(person: User) -> Video:
    """A measured video of the person's."""
    return factories.make_video(person)


@pytest.fixture
def job(video: Video) -> Job:
    """A queued job on it, of two segments."""
    return factories.make_job(video)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def person_client(person: User) -> Client:
    return browser_of(person)


@pytest.fixture
def stranger_client(stranger: User) -> Client:
    return browser_of(stranger)


@pytest.fixture
def owner_client(owner: User) -> Client:
    return browser_of(owner)
