"""The image and its services: what can be seen to fit without a container being run."""

from __future__ import annotations

import fnmatch
import re
import shlex
import subprocess
from typing import Any

import pytest
import yaml

from haloweb import env
from haloweb.env import BASE_DIR, PREFIX

FIXED = {"DATA", "HOST", "PORT"}
"""Of the image: the paths and the port that volumes and ports lead to."""
INTERNAL = {"RUN", "PYTHON", "QUEUE", "BIND_HOST", "BIND_PORT"}
NEEDED = ["haloweb", "upscaler", "templates", "static", "manage.py", "LICENSE", "NOTICE", "package-lock.json"]
NEEDED += ["script/bootstrap", "script/server", "script/worker", "script/upscale", "script/vendor.txt"]
COMPOSE = yaml.safe_load((BASE_DIR / "compose.yaml").read_text())


def steps(name: str) -> list[str]:
    """What follows each instruction of this name in the Dockerfile."""
    text = re.sub(r"\\\n", " ", (BASE_DIR / "Dockerfile").read_text())
    return [line.split(maxsplit=1)[1] for line in text.splitlines() if line.startswith(f"{name} ")]


def is_left_out(path: str) -> bool:
    """By .dockerignore, which has no exceptions in it."""
    patterns = [line for line in (BASE_DIR / ".dockerignore").read_text().split("\n") if line and line[0] != "#"]
    parts = path.split("/")
    heads = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    return any(
        fnmatch.fnmatchcase(head.rpartition("/")[2] if pattern.startswith("**/") else head, pattern.removeprefix("**/"))
        for pattern in patterns
        for head in heads
    )


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=BASE_DIR, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    return listed.stdout.rstrip("\0").split("\0")


def test_what_the_image_copies_exists_and_is_not_left_out() -> None:
    sources = [source for copy in steps("COPY") for source in shlex.split(copy)[:-1]]
    assert len(sources) > 3
    for source in sources:
        found = [BASE_DIR] if source == "." else list(BASE_DIR.glob(source))
        assert found, source
        if source != ".":
            kept = [path for path in found if not is_left_out(str(path.relative_to(BASE_DIR)))]
            assert kept, source


def test_all_that_the_app_runs_on_is_in_the_image() -> None:
    of_app = [path for path in tracked() if path.startswith(tuple(f"{name}/" for name in NEEDED)) or path in NEEDED]
    assert len(of_app) > 300
    assert [path for path in of_app if is_left_out(path)] == []


@pytest.mark.parametrize(
    "path",
    (
        *(".git/config", "data/secret_key", "node_modules/x/y.js", ".venv/bin/python", ".env", "static/vendor/htmx.js"),
        *("upscaler/jobs/__pycache__/trash.cpython-311.pyc", "tests/conftest.py", "docs/screenshots/job-dark-1440.jpg"),
    ),
)
def test_what_is_private_made_here_or_of_no_use_is_not(path: str) -> None:
    assert is_left_out(path)


def test_packages_are_installed_before_the_source_is_copied() -> None:
    lines = (BASE_DIR / "Dockerfile").read_text().splitlines()
    assert lines.index("COPY . .") > next(n for n, line in enumerate(lines) if "bootstrap --image" in line)
    assert lines.index("USER haloweb") > lines.index("COPY . ."), "who runs it can't write over it"


def test_the_image_sets_only_what_there_is() -> None:
    names = {name for said in steps("ENV") for name in re.findall(rf"{PREFIX}\w+", said)}
    assert names == {PREFIX + name for name in FIXED}


def usual(value: str, **variables: str) -> str:
    """What Compose makes of it with these variables."""
    value = re.sub(r"\$\{(\w+):\+([^}]*)\}", lambda found: found[2] if variables.get(found[1]) else "", value)
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: variables.get(found[1]) or found[2], value)


def services() -> dict[str, Any]:
    return dict(COMPOSE["services"])


def test_the_services_name_every_setting_and_none_that_there_is_not() -> None:
    named = set()
    for name in ("web", "worker"):
        ours = {key for key in services()[name]["environment"] if key.startswith(PREFIX)}
        assert ours <= env.KNOWN, name
        named |= ours
    assert named == env.KNOWN - {PREFIX + name for name in FIXED | INTERNAL}


def test_no_secret_stands_in_the_file() -> None:
    for service in services().values():
        for name, value in service["environment"].items():
            if re.search("SECRET|PASSWORD|KEY|DATABASE", name):
                assert value is None or value.startswith("${"), name


def test_one_service_starts_by_itself_and_all_are_given_time_to_stop() -> None:
    assert [name for name, service in services().items() if "profiles" not in service] == ["web"]
    for name in ("web", "worker"):
        assert int(services()[name]["stop_grace_period"].removesuffix("s")) > 20
        assert services()[name]["init"] is True


def test_every_volume_and_every_service_that_is_named_is_there() -> None:
    for service in services().values():
        named = {usual(volume).partition(":")[0] for volume in service["volumes"]}
        assert named <= COMPOSE["volumes"].keys()
        assert service.get("depends_on", {}).keys() <= services().keys()
    with_gpu = yaml.safe_load((BASE_DIR / "compose.gpu.yaml").read_text())["services"]
    assert with_gpu.keys() <= services().keys()


def test_a_watched_folder_takes_one_variable_and_no_file_of_one_s_own() -> None:
    web = services()["web"]
    mounts = [volume for volume in web["volumes"] if volume.endswith(":/watch")]

    assert usual(web["environment"]["HALOWEB_WATCH"]) == ""
    assert usual(web["environment"]["HALOWEB_WATCH"], WATCH_FOLDER="/srv/clips") == "/watch"
    assert [usual(mount, WATCH_FOLDER="/srv/clips") for mount in mounts] == ["/srv/clips:/watch"]


def test_other_machines_can_be_let_to_the_database_and_the_media() -> None:
    (port,) = services()["database"]["ports"]

    assert usual(port) == "127.0.0.1::5432"
    assert usual(port, PUBLISH_DATABASE="192.168.1.10:5432") == "192.168.1.10:5432:5432"
    for name in ("web", "worker"):
        assert "/srv/media:/media" in [
            usual(volume, MEDIA_FOLDER="/srv/media") for volume in services()[name]["volumes"]
        ]


def test_the_volumes_are_called_the_same_wherever_the_checkout_lies() -> None:
    assert COMPOSE["name"] == "haloweb"


def test_docker_takes_the_files() -> None:
    command = ["docker", "compose", "-f", "compose.yaml", "-f", "compose.gpu.yaml", "--profile", "several", "config"]
    try:
        subprocess.run(["docker", "compose", "version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no docker compose here")
    done = subprocess.run([*command, "--quiet"], cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
