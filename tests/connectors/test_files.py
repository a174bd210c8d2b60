"""Files in a folder and behind SFTP, through one table of behaviours, on a real SSH server."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from connectors.families import files
from schemas.errors import ConfigurationError, LiandaoError, SourceMalformed, SourceRefused, SourceUnreachable
from tests.connectors.conftest import FIELDS, Bench, usage_row
from tests.servers import SshStage


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> SshStage:
    return SshStage(tmp_path_factory.mktemp("sftp"))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SETTLE_S", 0.02)


@pytest.fixture(params=["folder_files", "sftp_files"])
def drop(request: pytest.FixtureRequest, bench: Bench) -> Path:
    """The folder that files are dropped into; the bench reads it."""
    bench.stream = {"source": "czrz_*.csv"}
    bench.access = {"family": request.param, "format": {"type": "csv"}}
    if request.param == "folder_files":
        bench.endpoint = {"url": "file:drop"}
        folder = bench.home / "drop"
    else:
        stage: SshStage = request.getfixturevalue("ssh")
        folder = stage.root / bench.home.name / "卸 载"
        sftp(bench, stage)
    folder.mkdir(parents=True)
    return folder


def sftp(bench: Bench, stage: SshStage, account: str = "reader:p:w") -> None:
    secret = bench.home / "secret"
    secret.write_text(account, encoding="utf-8")
    secret.chmod(0o600)
    bench.credentials = {"ssh": "file:secret"}
    bench.access = {**bench.access, "credential": "ssh"}
    url = f"sftp://127.0.0.1:{stage.port}/{bench.home.name}/%E5%8D%B8%20%E8%BD%BD"
    bench.endpoint = {"url": url, "host_key": stage.host_key}


def csv(*numbers: int) -> bytes:
    lines = [",".join(str(usage_row(n)[f]) for f in FIELDS) for n in numbers]
    return "\n".join([",".join(FIELDS), *lines, ""]).encode()


def test_files_are_units_and_read_once(bench: Bench, drop: Path) -> None:
    (drop / "czrz_20260702.csv").write_bytes(csv(3))
    (drop / "czrz_20260701.csv").write_bytes(csv(1, 2))
    (drop / "other.csv").write_bytes(b"\xff")
    first = bench.run()
    table = bench.table(first)
    assert table.column("rz_id").to_pylist() == ["000001", "000002", "000003"]
    assert table.column("_unit").to_pylist() == ["czrz_20260701.csv"] * 2 + ["czrz_20260702.csv"]
    assert table.column("_unit_row").to_pylist() == [0, 1, 0]
    assert sorted(first.cursor_after.units.values()) == ["czrz_20260701.csv", "czrz_20260702.csv"]
    assert bench.run().extracted == 0


def again_under_a_new_name(folder: Path) -> None:
    (folder / "czrz_1.csv").rename(folder / "czrz_2.csv")


def a_copy(folder: Path) -> None:
    (folder / "czrz_2.csv").write_bytes(csv(1, 2))


def corrected(folder: Path) -> None:
    (folder / "czrz_1.csv").write_bytes(csv(1, 9))


def late_with_old_times(folder: Path) -> None:
    (folder / "czrz_0.csv").write_bytes(csv(0))


def half_written(folder: Path) -> None:
    for name in ("czrz_3.csv.part", ".czrz_3.csv", "czrz_4.csv.tmp"):
        (folder / name).write_bytes(csv(3))
    (folder / "czrz_5.csv").write_bytes(b"")


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        (again_under_a_new_name, []),
        (a_copy, []),
        (corrected, ["000001", "000009"]),
        (late_with_old_times, ["000000"]),
        (half_written, []),
    ],
)
def test_what_the_next_run_takes(bench: Bench, drop: Path, change: Callable[[Path], None], taken: list[str]) -> None:
    bench.stream = {"source": "czrz_*"}
    (drop / "czrz_1.csv").write_bytes(csv(1, 2))
    bench.run()
    change(drop)
    assert bench.keys(bench.run()) == taken


def test_two_copies_in_one_run_are_read_once(bench: Bench, drop: Path) -> None:
    for name in ("czrz_1.csv", "czrz_2.csv"):
        (drop / name).write_bytes(csv(1))
    assert bench.run().extracted == 1


def test_a_growing_file_is_left_for_the_next_run(bench: Bench, drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    growing, (first, *rest) = drop / "czrz_2.csv", csv(2, 3, 4).splitlines(keepends=True)
    (drop / "czrz_1.csv").write_bytes(csv(1))
    growing.write_bytes(first)
    lines = iter(rest)

    def write_on(_: float) -> None:
        with growing.open("ab") as file:
            file.write(next(lines, b""))

    monkeypatch.setattr(time, "sleep", write_on)
    assert bench.keys(bench.run()) == ["000001"]
    with growing.open("ab") as file:
        file.writelines(lines)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    assert bench.keys(bench.run()) == ["000002", "000003", "000004"]


REFUSED_NAMES = ["czrz_..csv", "czrz_\n.csv", "czrz_\x1b[2J.csv", "czrz_a\\b.csv", "czrz_..%2f..csv"]


@pytest.mark.parametrize("name", REFUSED_NAMES)
def test_odd_names_are_refused(bench: Bench, drop: Path, name: str) -> None:
    (drop / name).write_bytes(csv(1))
    with pytest.raises(SourceMalformed, match="refused") as caught:
        bench.run()
    assert name not in str(caught.value)


HARMLESS_NAMES = ["czrz_2026年7月.csv", "czrz_ a b .csv", "czrz_'$(id)'.csv", "czrz_;rm.csv", "czrz_{{7*7}}.csv"]


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_names_are_data(bench: Bench, drop: Path, name: str) -> None:
    (drop / name).write_bytes(csv(1))
    stream = bench.run()
    assert bench.keys(stream, "_unit") == [name]
    landed = sorted(p.name for p in (bench.home / "landing/rizhi/b001").iterdir())
    assert landed == ["landed.json", "usage.parquet"]


@pytest.mark.parametrize("make", [lambda p: p.symlink_to("/etc/hostname"), lambda p: p.mkdir(), os.mkfifo])
def test_only_plain_files(bench: Bench, drop: Path, make: Callable[[Path], Any]) -> None:
    make(drop / "czrz_1.csv")
    with pytest.raises(SourceMalformed, match="plain file"):
        bench.run()


def test_one_bad_file_lands_nothing(bench: Bench, drop: Path) -> None:
    (drop / "czrz_1.csv").write_bytes(csv(1))
    (drop / "czrz_2.csv").write_bytes("rz_id\n张".encode("gb18030"))
    with pytest.raises(SourceMalformed) as caught:
        bench.run()
    assert "czrz_2.csv line 2" in caught.value.where
    assert not list((bench.home / "landing/rizhi").iterdir())


def test_a_folder_that_is_not_there(bench: Bench, drop: Path) -> None:
    drop.rmdir()
    with pytest.raises((SourceUnreachable, SourceMalformed), match="not there"):
        bench.run()


def other_key(_: SshStage) -> str:
    return str(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode())


@pytest.mark.parametrize(
    ("name", "password", "host_key", "kind"),
    [
        ("wrong password", "reader:no", None, SourceRefused),
        ("wrong user", "root:p:w", None, SourceRefused),
        ("not user:password", "reader", None, ConfigurationError),
        ("another host key", "reader:p:w", other_key, SourceRefused),
        ("no host key", "reader:p:w", lambda _: None, ConfigurationError),
        ("a host key that is none", "reader:p:w", lambda _: "ssh-ed25519 x", ConfigurationError),
    ],
)
def test_sftp_refuses(
    bench: Bench,
    ssh: SshStage,
    name: str,
    password: str,
    host_key: Callable[[SshStage], str | None] | None,
    kind: type[LiandaoError],
) -> None:
    bench.access = {"family": "sftp_files", "format": {"type": "csv"}}
    sftp(bench, ssh, password)
    if host_key:
        bench.endpoint = {**bench.endpoint, "host_key": host_key(ssh)}
    with pytest.raises(kind) as caught:
        assert bench.run() is None, name
    assert "p:w" not in str(caught.value)


def test_sftp_nobody_there(bench: Bench, ssh: SshStage) -> None:
    bench.access = {"family": "sftp_files", "format": {"type": "csv"}}
    sftp(bench, ssh)
    bench.endpoint = {**bench.endpoint, "url": "sftp://127.0.0.1:9/x"}
    with pytest.raises(SourceUnreachable):
        bench.run()


def test_the_folder_lies_under_the_home(bench: Bench) -> None:
    bench.access = {"family": "folder_files", "format": {"type": "csv"}}
    bench.endpoint = {"url": "file:../elsewhere"}
    with pytest.raises(ConfigurationError):
        bench.run()
