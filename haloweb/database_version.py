"""Refuses a database that a newer version of HaloWeb has migrated: this one would write rows that don't fit it."""

from __future__ import annotations

import logging
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from haloweb.env import BASE_DIR

logger = logging.getLogger(__name__)

MIGRATIONS = BASE_DIR / "upscaler/migrations"
OURS = "SELECT name FROM django_migrations WHERE app = 'upscaler'"
TOO_NEW = 3
"""Exit status of manage.py; script/bootstrap knows it, too."""
LOOK_SECONDS = 10.0
ALLOWED = ("help", "version", "showmigrations", "makemigrations", "dumpdata")
"""Commands of manage.py that write nothing to the database."""
WAIT = ("worker", "reaper")
"""Those that supervisord starts again when they end. They wait by ``wait_while_too_new``."""


def why_too_new() -> str:
    """Return a sentence that says that the database is too new for this version, "" where it isn't.

    A database that isn't there, or doesn't answer, is not too new: who wants something of it sees that. Reads the
    names of the applied migrations, and writes nothing.
    """
    known = sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))
    unknown = (name for name in _applied() if name not in known and _number(name) >= _number(known[-1]))
    newest = max(unknown, key=_number, default="")
    if not newest:
        return ""
    return (
        f"The database belongs to a newer version of HaloWeb: it has the migration {newest}, and this version knows "
        f"none after {known[-1]}. Install the newer version again, or restore a backup of the older database."
    )


def refuse_too_new(arguments: Sequence[str]) -> None:
    """End manage.py before a command that may write to a database that is too new."""
    command = arguments[1] if len(arguments) > 1 else "help"
    if command in (*ALLOWED, *WAIT):
        return
    if reason := why_too_new():
        sys.stderr.write(f"{reason}\n")
        sys.exit(TOO_NEW)


def wait_while_too_new(is_over: Callable[[], bool] = lambda: False) -> None:
    """Say once why nothing is done, and come back when something may be, or when ``is_over``."""
    reported = ""
    while not is_over() and (reason := why_too_new()):
        if reason != reported:
            logger.error("%s", reason)
        reported = reason
        time.sleep(LOOK_SECONDS)


def _number(migration: str) -> str:
    return migration[:4]


def _applied() -> list[str]:
    from django.conf import settings

    if settings.ENVIRONMENT.database is None:
        return _applied_in(Path(str(settings.DATABASES["default"]["NAME"])))
    import django
    from django.db import Error, connection

    django.setup()  # which comes first: Django warns of a connection that is opened before
    try:
        with connection.cursor() as cursor:
            cursor.execute(OURS)
            return [name for (name,) in cursor.fetchall()]
    except Error:
        return []
    finally:
        connection.close()


def _applied_in(file: Path) -> list[str]:
    """Those of a SQLite file, which stays as it is: Django's connection would bring its journal into it."""
    if not file.is_file():
        return []
    # without a journal, even a reader leaves an empty one behind
    has_journal = file.with_name(f"{file.name}-wal").exists()
    address = f"{file.absolute().as_uri()}?mode=ro{'' if has_journal else '&immutable=1'}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            return [name for (name,) in database.execute(OURS)]
    except sqlite3.Error:
        return []
