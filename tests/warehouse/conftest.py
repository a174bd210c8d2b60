"""Homes and stores for the tests of the warehouse."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from province.databases_server import PostgresServer


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
    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(server.address, autocommit=True) as con:
        con.execute(f'CREATE DATABASE "{name}"')
    return server.address.rsplit("/", 1)[0] + f"/{name}"
