"""The doctor sees each thing that is wrong with a home, says what to do, and changes nothing."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from liandao.settings import Settings
from tests.liandao.calling import Call, assert_shaped
from tests.liandao.test_landing import OTHER, bring, read, settings, stop, two_nights, unify
from tests.projects import COMMUNITY, PLATFORM, write
from tests.warehouse.generation import in_child
from warehouse.lock import holder_of, platform_lock

__all__ = ["settings", "two_nights"]
SECONDS = 1.0


def look(call: Call, settings: Settings, *words: str, exit_code: int) -> dict[str, Any]:
    called = call("doctor", *words, "--json", "--project", settings.project)
    assert called.exit_code == exit_code, called.out
    assert_shaped("doctor", called.data)
    return {finding["check"].split(" ", 1)[1]: finding for finding in called.data if " " in finding["check"]}


def test_a_sound_home_is_found_sound_quickly_and_left_as_it_is(settings: Settings, call: Call) -> None:
    def files() -> list[tuple[Path, int]]:
        return sorted((p, p.lstat().st_mtime_ns) for p in settings.home.rglob("*"))

    look(call, settings, exit_code=0)
    before, start = files(), time.process_time()
    found = look(call, settings, exit_code=0)
    assert time.process_time() - start < SECONDS
    assert files() == before
    assert found["locks"]["found"] == "free"
    assert found["generations and receipts"]["found"] == "2 generations, 2 receipts"
    largest = max((settings.home / "published").glob("g*/*.duckdb"), key=lambda p: p.stat().st_size)
    assert largest.stat().st_size > 0
    assert found["rooms"]["found"].startswith("published ")


def test_what_platforms_and_batches_came_to_is_seen(settings: Settings, call: Call) -> None:
    home = settings.home
    (home / OTHER).rename(home / "away")
    bring(settings, 2, [PLATFORM])
    log = home / PLATFORM / "log_2.csv"
    write(log, log.read_text(encoding="utf-8") + f"29,{COMMUNITY},worker,create,someday\n")
    assert len(read(settings)) == 1
    unify(settings)
    bring(settings, 3, [PLATFORM])
    read(settings)
    stop(settings)
    found = look(call, settings, exit_code=1)
    assert OTHER in found["stale platforms"]["found"]
    assert found["stale platforms"]["next"] == "liandao platforms"
    assert f"{PLATFORM} 33.3%" in found["set aside"]["found"]
    assert "1 stopped" in found["batches waiting"]["found"]
    connected = look(call, settings, "--connect", exit_code=3)["connections"]
    assert not connected["ok"]
    assert f"{OTHER}: no {home / OTHER}" in connected["found"]


def _credential(settings: Settings) -> None:
    secret = settings.home / "secret"
    secret.touch(mode=0o644)
    write(settings.home / "deployment.yml", "credentials:\n  a: env:NOBODY_SET_THIS\n  b: file:secret\n")


def _postgres(settings: Settings) -> None:
    write(settings.home / "deployment.yml", "endpoints:\n  patrol_log: postgresql://127.0.0.1:1/x\n")


def _no_vault(settings: Settings) -> None:
    (settings.home / "published" / "g000001" / "vault.duckdb").unlink()


def _damaged(settings: Settings) -> None:
    min((settings.home / "generations").glob("*.json")).write_text("{", encoding="utf-8")


def _no_key(settings: Settings) -> None:
    (settings.home / "keys" / "hmac.key").unlink()


def _pointer(settings: Settings) -> None:
    (settings.home / "published" / "current").unlink()


@pytest.mark.parametrize(
    ("damage", "check", "said", "words"),
    [
        (_credential, "secrets", "NOBODY_SET_THIS is not set; b: chmod 600", ()),
        (_postgres, "connections", "127.0.0.1:1", ("--connect",)),
        (_no_vault, "generations and receipts", "no vault.duckdb", ()),
        (_damaged, "generations and receipts", "LD-4006", ()),
        (_no_key, "key", "LD-1040", ()),
        (_pointer, "warehouse", "LD-4005", ()),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_damage_is_seen(
    settings: Settings, call: Call, damage: Callable[[Settings], None], check: str, said: str, words: tuple[str, ...]
) -> None:
    damage(settings)
    found = look(call, settings, *words, exit_code={"connections": 3, "generations and receipts": 5}.get(check, 2))
    assert not found[check]["ok"]
    assert said in found[check]["found"]


def test_a_clock_that_went_back_is_seen(settings: Settings, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from liandao import home
    from liandao.checkup import machine

    monkeypatch.setattr(machine, "now", lambda: home.now().replace(year=2020))
    assert "the clock stands before" in look(call, settings, exit_code=2)["clock"]["found"]


def test_too_little_room_for_the_next_generation_is_seen(
    settings: Settings, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from liandao.checkup import machine

    monkeypatch.setattr(machine, "ROOM_FOR_NEXT", 1e12)
    assert "for the next generation" in look(call, settings, exit_code=2)["disk"]["found"]


def test_text_that_is_not_utf8_is_seen(settings: Settings, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getpreferredencoding", lambda _set=True: "GBK")
    assert "gbk" in look(call, settings, exit_code=2)["encoding"]["found"]


def _ask(home: Path, answer: Path) -> None:
    answer.write_text(f"{holder_of(home / 'locks' / f'{PLATFORM}.lock')}", encoding="utf-8")


def test_a_lock_is_told_with_its_holder_and_not_taken(settings: Settings, tmp_path: Path) -> None:
    with platform_lock(settings.home, PLATFORM):
        in_child(_ask, settings.home, tmp_path / "answer")
    assert f"process {os.getpid()} on {socket.gethostname()}" in (tmp_path / "answer").read_text(encoding="utf-8")
    in_child(_ask, settings.home, tmp_path / "answer")
    assert (tmp_path / "answer").read_text(encoding="utf-8") == "None"
