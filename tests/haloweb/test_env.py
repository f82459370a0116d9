"""The environment is read once, and a typo is found at the start."""

from __future__ import annotations

import os
import re
from fractions import Fraction
from ipaddress import ip_network
from pathlib import Path

import pytest

from haloweb import env
from haloweb.env import Misconfigured, limits_from_environment, read_environment
from haloweb.object_store import ObjectStore, parse_address
from upscaler.pipeline.core.limits import Limits


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(env.PREFIX)]:
        monkeypatch.delenv(name)


def test_without_a_word_the_server_keeps_to_itself() -> None:
    read = read_environment()

    assert (read.host, read.port, read.debug) == ("127.0.0.1", 8000, False)
    assert read.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert read.proxies == ("127.0.0.1/32", "::1/128")
    assert read.data.is_absolute()
    assert read.disk_floor_bytes == 1024**3
    assert read.limits == Limits()
    assert (read.upload_days, read.trash_days) == (7, 30)
    assert (read.storage, read.media, read.scratch_bytes) == (None, read.data / "media", 20 * 1024**3)


def test_what_is_set_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "DATA": "some/where", "HOST": "0.0.0.0", "PORT": "9000", "ALLOWED_HOSTS": "a.example,b.example",
        "ORIGINS": "https://a.example", "HTTPS": "true", "DISK_FLOOR_GIB": "0.5", "MAX_UPLOAD_GIB": "2",
        "MAX_MEGAPIXELS": "2.5", "MAX_HOURS": "0.5", "SEGMENT_FRAMES": "60",
        "PROXIES": "10.0.0.7, 172.18.0.0/16,fd00::/8",
        "MEDIA": "else/where", "SCRATCH_GIB": "0.5", "TRASH_DAYS": "3", "STORAGE": "s3://halo/media",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(env.PREFIX + name, value)

    read = read_environment()

    assert read.data == Path.cwd() / "some/where"
    assert (read.host, read.port, read.https) == ("0.0.0.0", 9000, True)
    assert read.allowed_hosts[:2] == ("a.example", "b.example")
    assert read.origins == ("https://a.example",)
    assert read.proxies == ("10.0.0.7/32", "172.18.0.0/16", "fd00::/8")
    assert (read.disk_floor_bytes, read.limits.max_bytes) == (1024**3 // 2, 2 * 1024**3)
    assert (read.limits.max_pixels, read.limits.max_seconds) == (2_500_000, Fraction(1800))
    assert read.segment_frames == 60
    assert read.trash_days == 3
    assert (read.media, read.scratch_bytes) == (Path.cwd() / "else/where", 1024**3 // 2)
    assert read.storage == ObjectStore("halo", "media")


def test_there_may_be_no_proxy_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALOWEB_PROXIES", "")

    assert read_environment().proxies == ()


@pytest.mark.parametrize("given", ["", "halo.local", "halo.local,localhost"])
def test_this_machine_may_always_call_the_server(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HALOWEB_ALLOWED_HOSTS", given)

    names = read_environment().allowed_hosts

    assert set(names) == {"localhost", "127.0.0.1", "[::1]"} | set(filter(None, given.split(",")))
    assert len(names) == len(set(names))


@pytest.mark.parametrize("given", ["Halo.local", ".example.org", "192.168.1.20", "[2001:db8::1]", "halo-2"])
def test_names_by_which_browsers_call_are_taken(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HALOWEB_ALLOWED_HOSTS", f" {given} ,")

    assert read_environment().allowed_hosts[0] == given


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("https://halo.local", "halo.local"),
        ("https://halo.local/", "halo.local"),
        ("halo.local:8000", "halo.local"),
        ("halo.local/", "halo.local"),
        ("halo.local.", "halo.local"),
        ("me@halo.local", "halo.local"),
        ("*.example.org", ".example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("192.168.1.20:8000", "192.168.1.20"),
        ("::1", "[::1]"),
        ("2001:db8::1", "[2001:db8::1]"),
        ("[2001:DB8:0::1]:8000", "[2001:db8::1]"),
        ("*", "list the host names"),
        ("halo_local", "halo.local or [2001:db8::1]"),
        ("halo local", "halo.local or [2001:db8::1]"),
        ("[::1", "[::1]"),
        ("halo.local:port", "halo.local or [2001:db8::1]"),
        ("https://", "halo.local or [2001:db8::1]"),
    ],
)
def test_a_name_that_matches_no_browser_is_refused_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, given: str, right: str
) -> None:
    monkeypatch.setenv("HALOWEB_ALLOWED_HOSTS", f"good.example,{given}")

    with pytest.raises(Misconfigured, match=f"^HALOWEB_ALLOWED_HOSTS: “{re.escape(given)}” .* {re.escape(right)}\\.$"):
        read_environment()


@pytest.mark.parametrize("given", ["0.0.0.0", "::", "::1", "192.168.1.20", "localhost", "fe80::1%eth0"])
def test_addresses_to_listen_on_are_taken(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HALOWEB_HOST", given)

    assert read_environment().host == given


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("[::1]", "::1"),
        ("[::]:8000", "::"),
        ("0.0.0.0:8000", "0.0.0.0"),
        ("http://0.0.0.0", "0.0.0.0"),
        ("*", "0.0.0.0"),
        (" 192.168.1.20", "192.168.1.20"),
        ("192.168.1.20/24", "192.168.1.20"),
        ("a b", "192.168.1.20, or 0.0.0.0 for all addresses"),
        ("", "remove it to listen on this server only"),
    ],
)
def test_an_address_that_is_none_is_refused_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, given: str, right: str
) -> None:
    monkeypatch.setenv("HALOWEB_HOST", given)

    with pytest.raises(Misconfigured, match=f"^HALOWEB_HOST: .* {re.escape(right)}\\.$"):
        read_environment()


@pytest.mark.parametrize("given", ["https://halo.example.org", "http://10.0.0.7:8000", "https://*.example.org"])
def test_origins_are_taken(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HALOWEB_ORIGINS", f"{given}, ")

    assert read_environment().origins == (given,)


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("halo.example.org", "https://halo.example.org"),
        ("https://halo.example.org/", "https://halo.example.org"),
        ("https://Halo.example.org/x", "https://halo.example.org"),
        ("https://halo.example.org:443", "https://halo.example.org"),
        ("HTTP://10.0.0.7:8000/", "http://10.0.0.7:8000"),
        ("*.example.org", "https://*.example.org"),
    ],
)
def test_an_origin_that_no_browser_says_is_refused_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, given: str, right: str
) -> None:
    monkeypatch.setenv("HALOWEB_ORIGINS", given)

    with pytest.raises(
        Misconfigured, match=f"^HALOWEB_ORIGINS: “{re.escape(given)}” is not an origin; write {re.escape(right)}\\.$"
    ):
        read_environment()


@pytest.mark.parametrize("given", ["ftp://halo.example.org", "https://2001:db8::1", "*", "https://"])
def test_what_is_nowhere_near_an_origin_is_refused_with_an_example(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HALOWEB_ORIGINS", given)

    with pytest.raises(Misconfigured, match=r"is not an origin, such as https://halo\.example\.org\.$"):
        read_environment()


@pytest.mark.parametrize("name", ["DATA", "MEDIA"])
def test_an_empty_folder_is_the_usual_one(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    usual = read_environment()
    monkeypatch.setenv(env.PREFIX + name, "")

    assert (read_environment().data, read_environment().media) == (usual.data, usual.media)


@pytest.mark.parametrize("name", ["DATA", "MEDIA", "WATCH"])
def test_a_folder_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", "/home/miranda")
    for given, said in (("~/halo", "Write /home/miranda/halo"), (str(tmp_path / "file"), "which is not a folder")):
        monkeypatch.setenv(env.PREFIX + name, given)
        with pytest.raises(Misconfigured, match=f"^HALOWEB_{name} .*{said}"):
            read_environment()


def test_media_do_not_hold_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HALOWEB_DATA", str(tmp_path / "data"))
    for media in (tmp_path / "data", tmp_path):
        monkeypatch.setenv("HALOWEB_MEDIA", str(media))
        with pytest.raises(Misconfigured, match=r"^HALOWEB_MEDIA can't be or contain the data folder"):
            read_environment()


def test_a_watched_folder_is_none_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (read_environment().watch, read_environment().watch_owner) == (None, "")
    monkeypatch.setenv("HALOWEB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HALOWEB_MEDIA", str(tmp_path / "media"))
    monkeypatch.setenv("HALOWEB_WATCH", str(tmp_path / "incoming"))
    monkeypatch.setenv("HALOWEB_WATCH_OWNER", "miranda")
    assert (read_environment().watch, read_environment().watch_owner) == (tmp_path / "incoming", "miranda")
    for folder in (tmp_path, tmp_path / "data", tmp_path / "data" / "in", tmp_path / "media" / "videos"):
        monkeypatch.setenv("HALOWEB_WATCH", str(folder))
        with pytest.raises(Misconfigured, match="HALOWEB_WATCH can't be inside"):
            read_environment()


def test_networks_to_leave_alone_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_environment().no_import_from == ()
    monkeypatch.setenv("HALOWEB_NO_IMPORT_FROM", "198.51.100.7, 2001:db8:1::5/48,")

    assert read_environment().no_import_from == (ip_network("198.51.100.7/32"), ip_network("2001:db8:1::/48"))


def test_names_that_nobody_knows_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALOWEB_PROT", "9000")
    monkeypatch.setenv("HALOWEB_DEBUGG", "1")

    with pytest.raises(Misconfigured, match=r"^Unknown setting: HALOWEB_DEBUGG, HALOWEB_PROT\. docs/settings\.md"):
        read_environment()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "99999"),
        ("PORT", "0"),
        ("DEBUG", "perhaps"),
        ("DISK_FLOOR_GIB", "much"),
        ("DISK_FLOOR_GIB", "-1"),
        ("DISK_FLOOR_GIB", "nan"),
        ("MAX_UPLOAD_GIB", "inf"),
        ("MAX_HOURS", "1:30"),
        ("MAX_HOURS", "nan"),
        ("MAX_SIDE", "4k"),
        ("SEGMENT_FRAMES", "-1"),
        ("STALL_SECONDS", "-5"),
        ("SCRATCH_GIB", "-1"),
        ("UPLOAD_DAYS", "1000000"),
        ("TRASH_DAYS", "1e300"),
        ("CPU_WORKERS", "0"),
        ("CPU_WORKERS", "100000"),
        ("STALL_SECONDS", "1e300"),
        ("DATABASE", "postgresql://db.example:99999/haloweb"),
        ("DATABASE", "postgresql://[db.example/haloweb"),
        ("DATABASE", "postgresql://db.example"),
        ("STORAGE", "halo"),
        ("PROXIES", "caddy"),
        ("PROXIES", "*"),
        ("PROXIES", "127.0.0.1,172.18.0.1/16"),
        ("PROXIES", "127.0.0.1 ::1"),
        ("NO_IMPORT_FROM", "router.example"),
        ("NO_IMPORT_FROM", "1.2.3.4/40"),
    ],
)
def test_values_that_mean_nothing_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(env.PREFIX + name, value)

    with pytest.raises(Misconfigured, match=env.PREFIX + name):
        read_environment()


@pytest.mark.parametrize(
    ("address", "store"),
    [
        ("s3://halo", ObjectStore("halo")),
        ("s3://halo/", ObjectStore("halo")),
        ("s3://halo/a/b/?region=eu-central-1", ObjectStore("halo", "a/b", "", "eu-central-1")),
        ("s3://halo?endpoint=http://10.0.0.1:9000/", ObjectStore("halo", "", "http://10.0.0.1:9000")),
        ("s3://halo?endpoint=https%3A%2F%2Fs3.example", ObjectStore("halo", "", "https://s3.example")),
    ],
)
def test_an_address_of_object_storage_is_taken_apart(address: str, store: ObjectStore) -> None:
    assert parse_address(address) == store


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("gs://halo", "write s3://"),
        ("s3:halo", "is not a bucket name"),
        ("s3://", "is not a bucket name"),
        ("s3://Halo_2004", "is not a bucket name"),
        ("s3://key:secret@halo", "AWS_SECRET_ACCESS_KEY"),
        ("s3://halo/a//b", "is not a valid prefix"),
        ("s3://halo/../other", "is not a valid prefix"),
        ("s3://halo/a b", "is not a valid prefix"),
        ("s3://halo#x", "write s3://"),
        ("s3://halo?endpiont=http://x", "“endpiont” is not an option"),
        ("s3://halo?region=a&region=b", "only once"),
        ("s3://halo?endpoint=storage:9000", "is not an endpoint"),
        ("s3://halo?endpoint=http://x:port", "[Pp]ort"),
        ("s3://halo?endpoint=http://x/path", "is not an endpoint"),
        ("s3://halo?endpoint=http://me:secret@x", "is not an endpoint"),
        ("s3://halo?region=Mars!", "is not a region"),
    ],
)
def test_an_address_that_is_not_understood_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, address: str, reason: str
) -> None:
    monkeypatch.setenv("HALOWEB_STORAGE", address)

    with pytest.raises(Misconfigured, match=f"^HALOWEB_STORAGE is invalid: .*{reason}"):
        read_environment()


def test_packages_that_are_missing_are_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haloweb.object_store.PACKAGES", ("boto3", "no_such_package"))
    monkeypatch.setenv("HALOWEB_STORAGE", "s3://halo")

    with pytest.raises(
        Misconfigured, match=r"needs more packages; run \.venv/bin/pip install -r requirements-s3\.txt$"
    ):
        read_environment()


def test_the_command_line_says_it_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALOWEB_MAX_SIDE", "4k")

    with pytest.raises(SystemExit, match=r"^upscale: .*HALOWEB_MAX_SIDE"):
        limits_from_environment()


def test_every_setting_stands_in_the_docs() -> None:
    docs = env.BASE_DIR / "docs"
    written = (docs / "settings.md").read_text() + (docs / "limits.md").read_text()
    internal = {env.PREFIX + name for name in ("RUN", "PYTHON", "QUEUE", "BIND_HOST", "BIND_PORT")}

    assert [name for name in sorted(env.KNOWN - internal) if f"`{name}`" not in written] == []


def test_a_postgresql_database_is_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALOWEB_DATABASE", "postgresql://chief:117@db.example:5433/haloweb?sslmode=require")

    database = read_environment().database

    assert database is not None
    assert (database["ENGINE"], database["HOST"], database["PORT"]) == (
        "django.db.backends.postgresql",
        "db.example",
        5433,
    )
    assert (database["USER"], database["PASSWORD"], database["NAME"]) == ("chief", "117", "haloweb")
    assert database["OPTIONS"] == env.CONNECTION_OPTIONS | {"sslmode": "require"}


@pytest.mark.parametrize("address", ["sqlite:///somewhere", "mysql://chief@db/haloweb", "db.example"])
def test_any_other_database_is_refused_with_an_example(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HALOWEB_DATABASE", address)

    with pytest.raises(Misconfigured, match="HALOWEB_DATABASE must be a URL such as postgresql://"):
        read_environment()


def test_names_that_are_the_app_s_own_are_said_to_be() -> None:
    written = (env.BASE_DIR / "docs" / "settings.md").read_text()
    own = written[: written.index("are the app's own")]

    assert all(f"`{env.PREFIX}{name}`" in own for name in ("RUN", "PYTHON", "QUEUE", "BIND_HOST", "BIND_PORT"))
