"""Readers of what is published. They open one generation and keep it, whatever is published meanwhile.

* :func:`connect`: the pipeline and the reports; catalogues ``vault`` and ``warehouse``, read-only.
* :func:`connect_analyst`: analysts; the warehouse file alone, no way to other files, the network or settings.
* :func:`postgres`: the PostgreSQL store, whose roles do what a file can't.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from schemas.columns import ZONE, Tier
from schemas.errors import NothingPublished, StoreError
from schemas.extras import require_extra
from warehouse import places
from warehouse.structure import literal, seal


def is_published(home: Path) -> bool:
    """Whether a generation has been published in this home."""
    return places.current_generation(home) is not None


def connect(home: Path, *, files: bool = False) -> duckdb.DuckDBPyConnection:
    """Open the published generation read-only, with no way to other files unless ``files`` is asked (the audit reads
    landing).

    Raises NothingPublished when there is none, StoreError when it can't be read.
    """
    con = _attached(_folder(home), tuple(Tier))
    if files:
        return con
    return seal(con)


def connect_generation(home: Path, generation: int) -> duckdb.DuckDBPyConnection:
    """Open the warehouse tier of one of the generations kept, published or not, as :func:`connect` opens the published
    one."""
    return seal(_attached(places.generation_folder(home, generation), (Tier.WAREHOUSE,)))


def connect_analyst(home: Path) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse tier alone, read-only, external access off and configuration locked.

    Tables answer to ``fact_entry`` and ``warehouse.fact_entry``. Raises as :func:`connect` does.
    """
    con = _attached(_folder(home), (Tier.WAREHOUSE,))
    con.execute("USE warehouse")
    con.execute("DETACH memory")  # nowhere is left to write to
    return seal(con)


def fetch(con: duckdb.DuckDBPyConnection, text: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names and the first ``limit`` rows of a query, times in their zone.

    Through Arrow, because the engine's own ``fetchall`` needs pytz for a time with zone. Raises ``duckdb.Error``.
    """
    batches = con.execute(text).to_arrow_reader(limit)
    names: list[str] = list(batches.schema.names)
    found: list[tuple[Any, ...]] = []
    for batch in batches:
        found += zip(*(column.to_pylist() for column in batch.columns), strict=True)
        if len(found) >= limit:
            break
    return names, found[:limit]


def read_survey(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """What a survey of the bureau's own counted, by name (``high_use``, ``platforms``, ``communities``)."""
    rows = con.execute(
        "SELECT name, value FROM warehouse.ctl_setting WHERE starts_with(name, 'survey_') AND value <> ''"
    ).fetchall()
    return {name.removeprefix("survey_"): int(value) for name, value in rows}


def postgres(url: str) -> Any:
    """Open the PostgreSQL store read-only: a psycopg connection whose unqualified names are the warehouse tier's.

    Each statement sees one generation; a transaction of several statements may see a newer one from one to the next.
    Raises StoreError when it can't be reached, MissingExtra where its driver is not installed.
    """
    require_extra("postgresql", "LIANDAO_WAREHOUSE")
    import psycopg

    try:
        con = psycopg.connect(url, options=f"-c search_path={Tier.WAREHOUSE.value} -c timezone={ZONE}")
    except psycopg.Error as error:
        raise StoreError(
            "the PostgreSQL store can't be reached",
            where="LIANDAO_WAREHOUSE",
            found=type(error).__name__,
            next_step="check the server and the address",
        ) from None
    con.read_only = True
    return con


def _attached(folder: Path, tiers: tuple[Tier, ...]) -> duckdb.DuckDBPyConnection:
    """An engine of its own with the files of some tiers attached.

    One opened on a file instead would be shared by all its readers within a process, settings and all.
    """
    settings: dict[str, Any] = {"threads": 2, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    con = duckdb.connect(":memory:", config=settings)
    con.execute(f"SET TimeZone = '{ZONE}'")
    con.execute("SET enable_progress_bar = false")  # it would be drawn into what a command prints
    try:
        for tier in tiers:
            con.execute(f"ATTACH {literal(str(folder / places.FILES[tier]))} AS {tier.value} (READ_ONLY)")
    except duckdb.Error as error:
        con.close()
        raise _unreadable(folder, error) from error
    return con


def _folder(home: Path) -> Path:
    folder = places.current_folder(home)
    if folder is None:
        raise nothing_published(home)
    return folder


def nothing_published(home: Path) -> NothingPublished:
    """What is raised where a generation is asked for and none was published."""
    return NothingPublished(
        "nothing has been published in this home",
        where=str(home),
        next_step="liandao run, in a project (liandao init DIR makes one)",
    )


def _unreadable(folder: Path, error: duckdb.Error) -> StoreError:
    return StoreError(
        "the published generation can't be read",
        where=folder.name,
        found=type(error).__name__,
        next_step="point published/current at an older generation, or rebuild from landing",
    )
