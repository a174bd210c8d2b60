"""The example county, run once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from liandao.cli import app
from tests.examples.county import county


@dataclass(frozen=True)
class Lived:
    """The county's project after its first run: what the commands ``run`` and ``balance`` answered."""

    root: Path
    outcome: dict[str, Any]
    balance: dict[str, Any]


def answer(root: Path, *words: str) -> dict[str, Any]:
    """What a command says about a project, as data."""
    ran = CliRunner().invoke(app, [*words, "--json", "--project", str(root)])
    assert ran.exit_code == 0, ran.output
    data: dict[str, Any] = json.loads(ran.stdout)
    return data


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """One run on every platform of the example."""
    with county(tmp_path_factory.mktemp("example")) as root:
        yield Lived(root, answer(root, "run"), answer(root, "balance"))
