"""``liandao check`` ends as the platform answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liandao.cli import app
from tests.projects import PLATFORM, write_project


@pytest.mark.parametrize(
    ("url", "words", "exit_code", "checks"),
    [
        ("file:nowhere", ["--offline"], 0, []),
        ("http://127.0.0.1/", [], 2, ["reachable"]),
        ("file:nowhere", [], None, ["reachable"]),
        (None, [], 0, []),
    ],
)
def test_exit_code(tmp_path: Path, url: str | None, words: list[str], exit_code: int | None, checks: list[str]) -> None:
    root = write_project(tmp_path, endpoints={"log": url} if url else {})
    ran = CliRunner().invoke(app, ["check", PLATFORM, "--json", "--project", str(root), *words])
    assert ran.exit_code == exit_code if exit_code is not None else ran.exit_code in (1, 3)
    streams = json.loads(ran.stdout)["streams"]
    assert [s["check"] for s in streams][:1] == checks
    assert all(s["passed"] is (s["error"] is None) for s in streams)


def test_a_file_is_checked_in_its_own_project(tmp_path: Path) -> None:
    path = write_project(tmp_path) / "sources" / "grid" / f"{PLATFORM}.yml"
    ran = CliRunner().invoke(app, ["check", str(path), "--offline", "--json"])
    assert (ran.exit_code, json.loads(ran.stdout)["line_id"]) == (0, "grid")
