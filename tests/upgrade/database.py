"""A server's SQLite database, read beside it, by the names of tables and columns that stand in the file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

Rows = dict[Any, dict[str, Any]]
"""By primary key."""


def ask(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows that a SELECT gives; ids are written as in the database, without hyphens."""
    address = f"{(data / 'haloweb.sqlite3').absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=20)) as database:
        return database.execute(query, values).fetchall()


def is_free(data: Path) -> bool:
    """Is nobody in the middle of writing?"""
    with closing(sqlite3.connect(data / "haloweb.sqlite3", timeout=0.5, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        database.execute("ROLLBACK")
        return True


def value(data: Path, query: str, *values: object) -> Any:
    """The first column of the first row; None without a row."""
    rows = ask(data, query, *values)
    return rows[0][0] if rows else None


def tables(data: Path) -> set[str]:
    return {name for (name,) in ask(data, "SELECT name FROM sqlite_master WHERE type = 'table'")}


def columns(data: Path, table: str) -> list[str]:
    return [name for (name,) in ask(data, "SELECT name FROM pragma_table_info(?)", table)]


def rows(data: Path, table: str) -> Rows:
    """All of a table."""
    (key,) = [name for (name,) in ask(data, "SELECT name FROM pragma_table_info(?) WHERE pk = 1", table)]
    names = columns(data, table)
    found = [dict(zip(names, row, strict=True)) for row in ask(data, f'SELECT * FROM "{table}"')]
    return {row[key]: row for row in found}


def hexed(id: str) -> str:
    """A UUID as SQLite has it."""
    return id.replace("-", "")


def with_hyphens(id: str) -> str:
    """A UUID as pages have it."""
    return str(UUID(id))
