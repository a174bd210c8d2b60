"""What happens outside in each situation of the handbook: up to the first ``yield`` what made it, then one step for
each line that begins with ``#`` in the page."""

from __future__ import annotations

import os
import shutil
import signal
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from liandao.generations import roll_back
from liandao.home import new_id
from liandao.settings import Settings, read_settings
from liandao.steps import load
from schemas.decisions import SAME
from tests.liandao.nights import Nights, say, somebody
from tests.liandao.test_landing import OTHER, bring, landed, read, stop, unify
from tests.liandao.test_migrate import FIXTURE
from tests.projects import COMMUNITY, PLATFORM, write
from tests.warehouse.generation import in_child
from warehouse.lock import run_lock

Acts = Callable[[Path], Iterator[None]]


def _settings(root: Path) -> Settings:
    return read_settings(project=root)


def platform_failed(root: Path) -> Iterator[None]:
    (root / "home" / OTHER).rename(root / "away")
    bring(_settings(root), 2, [PLATFORM])
    yield
    (root / "away").rename(root / "home" / OTHER)
    bring(_settings(root), 2, [OTHER])
    yield


def gate_stopped(root: Path) -> Iterator[None]:
    settings = _settings(root)
    bring(settings, 2, [PLATFORM])
    assert read(settings) == []
    stop(settings)
    unify(settings)
    yield
    bring(settings, 3, [PLATFORM])
    yield


def doubtful(root: Path) -> Iterator[None]:
    bring(_settings(root), 2, [PLATFORM])
    assert read(_settings(root)) == []
    yield


def mistake(_root: Path) -> Iterator[None]:
    yield


def released(root: Path) -> Iterator[None]:
    roll_back(_settings(root), 1, "wrong vocabulary", "wangwu")
    yield


def mapping(root: Path) -> Iterator[None]:
    log = root / "home" / PLATFORM / "log_2.csv"
    write(log, f"id,area,kind,act,at\n29,{COMMUNITY},网格员,create,2026-08-01 08:00:00\n")
    os.utime(log, (1_780_000_000, 1_780_000_000))
    assert read(_settings(root)) == []
    unify(_settings(root))
    yield
    file = root / "sources" / "grid" / f"{PLATFORM}.yml"
    codes = "    codes:\n      account_kind_code:\n        网格员: worker\n        worker: worker\n"
    write(file, file.read_text(encoding="utf-8") + codes)
    yield


def old_rows(root: Path) -> Iterator[None]:
    log = root / "home" / PLATFORM / "log_0.csv"
    write(log, log.read_text(encoding="utf-8").replace("create", "update", 1))
    os.utime(log, (1_780_000_000, 1_780_000_000))
    yield


def lost_file(root: Path) -> Iterator[None]:
    min((root / "home" / "landing" / PLATFORM).glob("*/*.parquet")).unlink()
    yield


def pointer(root: Path) -> Iterator[None]:
    (root / "home" / "published" / "current").unlink()
    yield


def key(root: Path) -> Iterator[None]:
    (root / "safe").mkdir()
    (root / "home" / "keys" / "hmac.key").rename(root / "safe" / "hmac.key")
    yield


def partial_restore(root: Path) -> Iterator[None]:
    for room in ("published", "conformed", "quality", "attempts"):
        shutil.rmtree(root / "home" / room)
    yield


def nothing(_root: Path) -> Iterator[None]:
    yield


def prune(root: Path) -> Iterator[None]:
    for receipt in (root / "home" / "landing").glob("*/*/landed.json"):
        text = receipt.read_text(encoding="utf-8")
        ended = text.index('"ended_at": "') + len('"ended_at": "')
        receipt.write_text(text[:ended] + "2020" + text[ended + 4 :], encoding="utf-8")
    yield


def disk(root: Path) -> Iterator[None]:
    with (root / "home" / "published" / "g000002" / "register" / "large").open("wb") as handle:
        handle.truncate(2**43)  # a hole, and no room is taken
    yield


def _hold(home: Path, said: int, wait: int) -> None:
    with run_lock(home):
        os.write(said, b"!")
        os.read(wait, 1)


def in_progress(root: Path) -> Iterator[None]:
    said, say = os.pipe()
    wait, end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _hold(root / "home", say, wait)
        finally:
            os._exit(0)
    os.read(said, 1)
    yield
    os.write(end, b"!")
    os.waitpid(child, 0)
    for handle in (said, say, wait, end):
        os.close(handle)
    yield


def _die_while_loading(root: Path) -> None:
    settings = _settings(root)
    load(settings, new_id("r"))
    os.kill(os.getpid(), signal.SIGKILL)


def killed(root: Path) -> Iterator[None]:
    bring(_settings(root), 2, [PLATFORM])
    assert read(_settings(root)) == []
    in_child(_die_while_loading, root)
    assert (root / "home" / "build").is_dir()
    yield


def damaged_receipt(root: Path) -> Iterator[None]:
    bring(_settings(root), 2, [PLATFORM])
    assert read(_settings(root)) == []
    receipt = root / "home" / "landing" / PLATFORM / landed(root / "home")[-1] / "landed.json"
    receipt.write_bytes(receipt.read_bytes()[:40])
    yield


def former(root: Path) -> Iterator[None]:
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(root / "former", filter="data")
    yield


def wrong_same(root: Path) -> Iterator[None]:
    nights = Nights(root / "people")
    nights.night([somebody("a1", 0), somebody("b1", 1, cert_no=None)], whole=False)
    say(nights.home, "a1", "b1", SAME)
    nights.night(whole=False)
    yield
    nights.night(whole=False)
    assert nights.ids[2] == nights.ids[0] != nights.ids[1]
    yield


ACTS: dict[str, Acts] = {
    "platform failed": platform_failed,
    "gate stopped": gate_stopped,
    "doubtful batch": doubtful,
    "mistake taken back": mistake,
    "released again": released,
    "mapping mended": mapping,
    "old rows corrected": old_rows,
    "lost file": lost_file,
    "pointer lost": pointer,
    "key lost": key,
    "partial restore": partial_restore,
    "backup and restore": nothing,
    "move": nothing,
    "prune": prune,
    "disk full": disk,
    "run in progress": in_progress,
    "killed run": killed,
    "damaged receipt": damaged_receipt,
    "rebuild and compare": nothing,
    "migrate": former,
    "wrong same undone": wrong_same,
}
SITUATIONS = tuple(ACTS)
"""In the order of the page."""
