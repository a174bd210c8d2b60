"""Homes and stores for the tests of the warehouse."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from loopback.postgresql import PostgresServer


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server on loopback, gone at the end."""
    running = PostgresServer()
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def database(server: PostgresServer) -> str:
    """The address of an empty database of the test's own."""
    return new_database(server)


def new_database(server: PostgresServer, template: str | None = None) -> str:
    """Make a database, empty or as the one at another address; returns its address."""
    name = f"t{secrets.token_hex(6)}"
    source = template.rsplit("/", 1)[1] if template else "template0"
    with psycopg.connect(server.address, autocommit=True) as con:
        con.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    return server.address.rsplit("/", 1)[0] + f"/{name}"
