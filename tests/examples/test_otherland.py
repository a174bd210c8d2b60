"""The project for Otherland on Otherland itself, where that is at hand: rows against what the city counts."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.examples.conftest import answer
from warehouse import reader

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "otherland"
CITY = Path(os.environ.get("LIANDAO_OTHERLAND", ROOT.parent / "shared" / "otherland"))
STARTS_WITHIN_S = 120
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CITY / "otherland.py").is_file(), reason="Otherland is not at hand (LIANDAO_OTHERLAND)"),
]


@dataclass(frozen=True)
class World:
    """The city: its folder, and the day on which it stands."""

    folder: Path

    @property
    def day(self) -> str:
        return (self.folder / "now.txt").read_text(encoding="utf-8").strip()

    def standing(self, platform: str, stream: str) -> int:
        """Rows that stand in a source today, as the city counts them."""
        with (self.folder / "truth" / "served.csv").open(encoding="utf-8", newline="") as handle:
            rows = [r for r in csv.DictReader(handle) if (r["platform"], r["stream"]) == (platform, stream)]
        return int(max((r for r in rows if r["day"] <= self.day), key=lambda r: r["day"])["total"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The city, made and served by its own program."""
    folder = tmp_path_factory.mktemp("city")
    command = [sys.executable, str(CITY / "otherland.py"), "--out", str(folder), "--seed", "2", "serve"]
    said = folder.parent / "city.log"
    with said.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env={**os.environ, "PYTHONPATH": ""})
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not (folder / "endpoints.json").is_file():
            assert process.poll() is None, said.read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield World(folder)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def root(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the city's regions, addresses and secrets, after one run."""
    root = tmp_path_factory.mktemp("bureau") / "otherland"
    shutil.copytree(EXAMPLE, root)
    home = root / "home"
    (home / "secrets").mkdir(parents=True)
    for name in ("db", "drop"):
        (home / name).symlink_to(world.folder / name)
    secret = home / "secrets" / "zyz_token"
    secret.touch(mode=0o600)
    secret.write_text(json.loads((world.folder / "credentials.json").read_text())["zyz_token"], encoding="utf-8")
    address = json.loads((world.folder / "endpoints.json").read_text())["xingling"]
    endpoints = {"jkda": "sqlite:db/jkda.db", "cjr": "file:drop/cjr", "zyz": address}
    (home / "deployment.yml").write_text(yaml.safe_dump({"endpoints": endpoints}), encoding="utf-8")
    answer(root, "regions", "import", str(world.folder / "reference" / "areas.csv"))
    assert answer(root, "run")["platforms_failed"] == {}
    return root


STREAMS = [("jkda", "form"), ("jkda", "usage"), ("zyz", "form"), ("zyz", "survey"), ("zyz", "usage")]


@pytest.mark.parametrize(("platform", "stream"), STREAMS)
def test_every_row_that_stands_in_a_source_is_landed(world: World, root: Path, platform: str, stream: str) -> None:
    (row,) = [s for s in answer(root, "balance", "--platform", platform)["streams"] if s["stream"] == stream]
    assert row["landed"] == world.standing(platform, stream)
    assert row["landed"] == row["accepted"] + row["quarantined"] + row["dropped"]


def test_every_key_of_the_workbooks_is_there(world: World, root: Path) -> None:
    with reader.connect(root / "home") as con:
        rows = con.execute(
            "SELECT count(DISTINCT source_key) FROM (SELECT platform_id, source_key FROM vault.core_form"
            " UNION SELECT platform_id, source_key FROM vault.ctl_quarantine)"
            " WHERE platform_id = 'cjr' AND regexp_full_match(source_key, '[0-9]{8}')"  # not the line of totals
        ).fetchall()
    assert rows[0][0] == world.standing("cjr", "form")


def test_what_cannot_be_told_yet_is_listed() -> None:
    page = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    connected = {path.stem for path in (EXAMPLE / "sources").glob("*/[!_]*.yml")}
    platforms = ["yck", "rx", "qzj", "shjz", "gljt", "cjr", "jyold", "jynew", "yb", "jkda", "jz", "wgt", "ldrk", "zyz"]
    assert connected <= set(platforms)
    assert [p for p in platforms if f"`{p}`" not in page] == []
