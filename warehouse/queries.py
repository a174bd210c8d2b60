"""The room's SQL, read from ``sql/``. Braces take identifiers of declared tables only; values are always bound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from schemas.errors import StoreError
from schemas.refusals import refusal_of

_FOLDER = Path(__file__).parent / "sql"
_TELLING = (duckdb.BinderException, duckdb.CatalogException, duckdb.IOException)
"""Errors whose message names files and columns; those of any other kind may quote a value of a record."""


@cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def query(name: str, /, **identifiers: str) -> str:
    """One statement, its identifiers filled in."""
    return _text(name).format(**identifiers)


@contextmanager
def guarded(where: str, next_step: str = "liandao doctor") -> Iterator[None]:
    """Turn an engine's error into a StoreError that quotes no value of a record, or into what the system refused."""
    try:
        yield
    except duckdb.Error as error:
        if (refused := refusal_of(error)) is not None:
            raise refused from None
        told = str(error).splitlines()[0] if isinstance(error, _TELLING) else type(error).__name__
        raise StoreError("the store refused a statement", where=where, found=told, next_step=next_step) from None
