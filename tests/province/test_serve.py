"""The province answers over real protocols, shows only what has happened, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncssh
import httpx
import psycopg
import pyarrow.compute as pc
import pytest
import python_calamine
from lxml import etree

from loopback.postgresql import PostgresServer
from province import clock
from province.estate import habits
from province.estate_access import credential_of, file_name, format_of, paging_of, source_of
from province.habits import Habit
from province.make import keep_province
from province.rendering import OWN, render
from province.serve import Serving, start
from province.serve_http import EVERY
from province.serve_main import POSTGRES_VARIABLE
from schemas.codes import load_yaml
from schemas.errors import ConfigurationError, RunInProgress
from schemas.project_file import DeploymentFile
from tests.province.events import SmallPeople

HABITS = {h.platform_id: h for h in habits()}
AS_OF = datetime.fromisoformat("2026-09-30T23:59:59+08:00")
A_DAY_LATER = datetime.fromisoformat("2026-10-01T23:59:59+08:00")
PEOPLE = SmallPeople()


def some(of: Callable[[Habit], bool]) -> Habit:
    """The first platform of a kind, an ordinary one."""
    return next(h for h in habits() if of(h) and not h.is_slow and not h.is_rate_limited)


PAGED = some(lambda h: h.family == "http_page")
CURSOR = some(lambda h: h.family == "http_cursor")
POSTGRES = some(lambda h: h.database == "postgresql")
SQLITE = some(lambda h: h.database == "sqlite")
SFTP = some(lambda h: h.family == "sftp_files")


def shown(habit: Habit, stream: str, as_of: datetime = AS_OF) -> list[dict[str, str | None]]:
    """What a platform is to show: its rendered rows up to the moment."""
    table = PEOPLE.streams[stream]
    rows = render(table.filter(pc.equal(table.column("platform_id"), habit.platform_id)), habit, stream, seed=1)
    kept = rows.filter(pc.less_equal(rows.column("_at"), int(as_of.timestamp() * 1_000_000)))
    return list(kept.drop_columns(list(OWN)).to_pylist())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("province") / "home"
    folder.mkdir()
    keep_province(folder, PEOPLE, seed=1, residents=0)
    return folder


@pytest.fixture(scope="module")
def serving(home: Path) -> Iterator[Serving]:
    with start(home) as one:
        yield one


@pytest.fixture(scope="module")
def deployment(serving: Serving) -> DeploymentFile:
    return DeploymentFile.model_validate(load_yaml(serving.home / "deployment.yml"))


def secret(home: Path, habit: Habit) -> str:
    return (home / "secrets" / str(credential_of(habit))).read_text(encoding="utf-8").strip()


def ask(home: Path, deployment: DeploymentFile, habit: Habit, stream: str, **parameters: Any) -> httpx.Response:
    url = f"{deployment.endpoints[habit.platform_id].url}/{source_of(habit, stream)}"
    headers = {"Authorization": f"Bearer {secret(home, habit)}"}
    return httpx.get(url, headers=headers, params=parameters, trust_env=False)


def dig(body: Any, path: str) -> Any:
    for part in path.split("."):
        body = body[part]
    return body


@pytest.mark.parametrize("habit", [PAGED, CURSOR], ids=lambda h: h.family)
@pytest.mark.parametrize("size", [7, 1000])
def test_http_pages_bring_every_row_once_and_in_order(
    home: Path, deployment: DeploymentFile, habit: Habit, size: int
) -> None:
    paging, found, page, cursor = paging_of(habit), [], 1, None
    while True:
        place = (
            {paging.page_parameter: page} if habit.family == "http_page" else {paging.cursor_parameter: cursor or ""}
        )
        body = ask(home, deployment, habit, "form", **{paging.size_parameter: size}, **place).json()
        rows = dig(body, paging.rows)
        found += rows
        assert dig(body, str(paging.total)) == len(shown(habit, "form"))
        cursor, page = dig(body, paging.next) if habit.family == "http_cursor" else None, page + 1
        if not rows or (habit.family == "http_cursor" and not cursor):
            break
    assert found == shown(habit, "form")


@pytest.mark.parametrize("habit", [PAGED, CURSOR], ids=lambda h: h.family)
def test_since_brings_what_changed_from_then_on(home: Path, deployment: DeploymentFile, habit: Habit) -> None:
    paging, rows = paging_of(habit), shown(habit, "usage")
    changed = habit.field_names["usage"]["changed_at"]
    since = rows[len(rows) // 2][changed]
    body = ask(home, deployment, habit, "usage", **{paging.since_parameter: since}).json()
    assert dig(body, paging.rows) == [r for r in rows if str(r[changed]) >= str(since)]
    if paging.code:
        assert dig(body, paging.code) == paging.ok


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        (None, "wrong", 401),
        (None, "nobody", 401),
        ("no/such/resource", None, 404),
        (f"{source_of(PAGED, 'form')}?{paging_of(PAGED).page_parameter}=one", None, 400),
    ],
)
def test_http_refuses(home: Path, deployment: DeploymentFile, path: str | None, token: str | None, status: int) -> None:
    url = f"{deployment.endpoints[PAGED.platform_id].url}/{path or source_of(PAGED, 'form')}"
    shown_token = secret(home, PAGED) if token is None else token
    assert httpx.get(url, headers={"Authorization": f"Bearer {shown_token}"}, trust_env=False).status_code == status


def test_limited_platform_answers_429_now_and_then(home: Path, deployment: DeploymentFile) -> None:
    habit = next(h for h in habits() if h.is_rate_limited)
    answers = [ask(home, deployment, habit, "usage") for _ in range(EVERY)]
    assert sorted(a.status_code for a in answers) == [200] * (EVERY - 1) + [429]
    assert next(a for a in answers if a.status_code == 429).headers["Retry-After"] == "1"


def connect(home: Path, deployment: DeploymentFile, habit: Habit) -> psycopg.Connection[Any]:
    user, password = secret(home, habit).split(":", 1)
    return psycopg.connect(deployment.endpoints[habit.platform_id].url, user=user, password=password)


def test_postgres_shows_the_rows_to_an_account_that_only_reads(home: Path, deployment: DeploymentFile) -> None:
    schema, names = deployment.endpoints[POSTGRES.platform_id].schema_name, POSTGRES.field_names["form"]
    with connect(home, deployment, POSTGRES) as connection:
        key = names["source_key"]
        found = connection.execute(f'SELECT "{key}" FROM "{schema}"."{source_of(POSTGRES, "form")}"').fetchall()
        assert sorted(str(k) for (k,) in found) == sorted(str(r[key]) for r in shown(POSTGRES, "form"))
    for attempt in (f'DELETE FROM "{schema}"."{source_of(POSTGRES, "form")}"', "SELECT * FROM pg_authid"):
        with connect(home, deployment, POSTGRES) as connection, pytest.raises(psycopg.Error):
            connection.execute(attempt)


def test_accounts_see_their_own_schema_alone(home: Path, deployment: DeploymentFile) -> None:
    other = next(h for h in habits() if h.database == "postgresql" and h is not POSTGRES)
    with connect(home, deployment, POSTGRES) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f'SELECT * FROM "{other.platform_id}"."{source_of(other, "usage")}"')


def test_sqlite_file_holds_the_rows(home: Path, deployment: DeploymentFile) -> None:
    path = home / deployment.endpoints[SQLITE.platform_id].url.removeprefix("sqlite:")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        found = [dict(r) for r in connection.execute(f'SELECT * FROM "{source_of(SQLITE, "usage")}"')]
    assert found == shown(SQLITE, "usage")


def sftp(home: Path, deployment: DeploymentFile, habit: Habit, work: Callable[[asyncssh.SFTPClient], Any]) -> Any:
    endpoint = deployment.endpoints[habit.platform_id]
    user, password = secret(home, habit).split(":", 1)

    async def run() -> Any:
        async with (
            asyncssh.connect(
                "127.0.0.1",
                int(endpoint.url.split(":")[2].split("/")[0]),
                username=user,
                password=password,
                known_hosts=([asyncssh.import_public_key(str(endpoint.host_key))], [], []),
                client_keys=None,
                config=None,
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            return await work(client)

    return asyncio.run(run())


def test_sftp_shows_the_files_under_the_pinned_key(home: Path, serving: Serving, deployment: DeploymentFile) -> None:
    async def work(client: asyncssh.SFTPClient) -> list[str]:
        return [str(n) for n in await client.listdir(f"/{SFTP.platform_id}")]

    names = sftp(home, deployment, SFTP, work)
    assert file_name(SFTP, "usage", "202609") in names
    assert serving.ports["sftp"] > 0


@pytest.mark.parametrize("attempt", ["write", "remove", "mkdir", "outside"])
def test_sftp_account_only_reads_and_only_its_folder(home: Path, deployment: DeploymentFile, attempt: str) -> None:
    async def work(client: asyncssh.SFTPClient) -> None:
        name = f"/{SFTP.platform_id}/{file_name(SFTP, 'usage', '202609')}"
        if attempt == "write":
            async with client.open(f"/{SFTP.platform_id}/new.csv", "wb") as file:
                await file.write(b"x")
        elif attempt == "remove":
            await client.remove(name)
        elif attempt == "mkdir":
            await client.mkdir(f"/{SFTP.platform_id}/new")
        else:
            await client.listdir("/../../../../secrets")

    with pytest.raises((asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchFile)):
        sftp(home, deployment, SFTP, work)


def read_folder(habit: Habit, folder: Path, stream: str) -> list[dict[str, Any]]:
    """Every row of a stream's files, read with libraries of others."""
    form, found = format_of(habit), []
    for path in sorted(folder.glob(source_of(habit, stream))):
        if habit.file_type == "csv":
            text = path.read_bytes().decode(form.encoding)
            found += list(csv.DictReader(io.StringIO(text, newline=""), delimiter=form.delimiter))
        elif habit.file_type == "xlsx":
            rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name(str(form.sheet)).to_python()
            heads = rows[form.header_row - 1]
            found += [dict(zip(heads, r, strict=True)) for r in rows[form.header_row :]]
        else:
            found += [{c.tag: c.text for c in e} for e in etree.parse(path).getroot().iter(str(form.record_tag))]
    return found


@pytest.mark.usefixtures("serving")
def test_every_file_platform_holds_its_rows(home: Path) -> None:
    for habit in (h for h in habits() if h.file_type):
        folder = home / "province" / "files" / ("shared" if habit.family == "folder_files" else f"sftp/{habit.line_id}")
        for stream in habit.streams:
            key = habit.field_names[stream]["source_key"]
            found = read_folder(habit, folder / habit.platform_id, stream)
            expected = shown(habit, stream)
            assert sorted(str(r[key] or "") for r in found) == sorted(str(r[key] or "") for r in expected), (
                habit.platform_id
            )
            assert {name for r in found for name in r} == {name for r in expected for name in r}


def test_deployment_names_everything_and_tells_no_secret(home: Path, deployment: DeploymentFile) -> None:
    text = (home / "deployment.yml").read_text(encoding="utf-8")
    assert set(deployment.endpoints) == set(HABITS)
    assert set(deployment.credentials) == {c for h in habits() if (c := credential_of(h))}
    for name, reference in deployment.credentials.items():
        path = home / reference.removeprefix("file:")
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text(encoding="utf-8").strip().split(":")[-1] not in text, name


def test_a_home_is_served_once(home: Path, serving: Serving) -> None:
    with pytest.raises(RunInProgress):
        start(home)
    assert httpx.get(f"http://127.0.0.1:{serving.ports['http']}/x/y", trust_env=False).status_code == 404


@pytest.mark.parametrize(("down", "where"), [(("no_such_platform",), "home"), ((), "elsewhere")])
def test_start_says_what_is_wrong(home: Path, tmp_path: Path, down: tuple[str, ...], where: str) -> None:
    with pytest.raises(ConfigurationError):
        start(home if where == "home" else tmp_path, down=down)


@pytest.fixture(scope="module")
def second_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("second") / "home"
    folder.mkdir()
    keep_province(folder, PEOPLE, seed=1, residents=0)
    return folder


def listing(home: Path) -> dict[str, tuple[int, bytes]]:
    files = home / "province" / "files"
    return {
        str(p.relative_to(files)): (p.stat().st_mtime_ns, p.read_bytes())
        for kind in ("shared", "sftp")
        for p in (files / kind).rglob("*")
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(files).parts)
    }


def test_next_day_brings_new_files_and_leaves_the_others_alone(second_home: Path) -> None:
    start(second_home, AS_OF).stop()
    before = listing(second_home)
    start(second_home, A_DAY_LATER).stop()
    after = listing(second_home)
    assert {name: after[name] for name in before} == before
    new = set(after) - set(before)
    assert new
    assert all("_20261001." in name for name in new)


def test_platforms_that_are_down_refuse_and_come_back(second_home: Path) -> None:
    shared = next(h for h in habits() if h.family == "folder_files")
    down = [PAGED, CURSOR, POSTGRES, SQLITE, SFTP, shared]
    with start(second_home, AS_OF, [h.platform_id for h in down]):
        deployment = DeploymentFile.model_validate(load_yaml(second_home / "deployment.yml"))
        assert ask(second_home, deployment, PAGED, "form").status_code == 503
        with pytest.raises(httpx.ConnectError):
            ask(second_home, deployment, CURSOR, "form")
        with pytest.raises(psycopg.OperationalError):
            connect(second_home, deployment, POSTGRES)
        for habit in (SQLITE, shared):
            assert not (second_home / deployment.endpoints[habit.platform_id].url.partition(":")[2]).exists()
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            sftp(second_home, deployment, SFTP, lambda client: client.listdir(f"/{SFTP.platform_id}"))
        other = next(h for h in habits() if h.family == "http_page" and h not in down)
        assert ask(second_home, deployment, other, "usage").status_code == 200
    with start(second_home, AS_OF) as one:
        deployment = DeploymentFile.model_validate(load_yaml(second_home / "deployment.yml"))
        assert ask(second_home, deployment, PAGED, "form").status_code == 200
        assert (second_home / deployment.endpoints[shared.platform_id].url.partition(":")[2]).is_dir()
        check_that_stop_ends_everything(one)


def check_that_stop_ends_everything(one: Serving) -> None:
    postgres = Path((one.home / "province" / "postgres_folder").read_text(encoding="utf-8"))
    assert postgres.is_dir()
    assert all(is_open(port) for port in one.ports.values())
    one.stop()
    one.stop()
    assert not any(is_open(port) for port in one.ports.values())
    assert not (one.home / "province" / "serving.json").exists()
    assert not postgres.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(one.pid, 0)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_closed(ports: dict[str, int]) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not any(is_open(port) for port in ports.values()):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("victim", ["parent", "child"])
def test_servers_end_with_whoever_started_them(second_home: Path, victim: str) -> None:
    script = (
        "import sys, time; from pathlib import Path; from province.serve import start; "
        "s = start(Path(sys.argv[1])); print(s.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(second_home)], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        ports = json.loads((second_home / "province" / "serving.json").read_text(encoding="utf-8"))["ports"]
        assert all(is_open(port) for port in ports.values())
        os.kill(parent.pid if victim == "parent" else child, signal.SIGKILL)
        assert wait_closed(ports)
    finally:
        parent.kill()
        parent.wait()


def test_a_server_of_somebody_else_is_left_as_it_was(second_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = PostgresServer()
    try:
        outside.start()
        monkeypatch.setenv(POSTGRES_VARIABLE, outside.address)
        with start(second_home, AS_OF) as one:
            deployment = DeploymentFile.model_validate(load_yaml(second_home / "deployment.yml"))
            assert one.ports["postgres"] == 0
            assert deployment.endpoints[POSTGRES.platform_id].schema_name != POSTGRES.platform_id
            with connect(second_home, deployment, POSTGRES) as connection:
                table = f'"{deployment.endpoints[POSTGRES.platform_id].schema_name}"."{source_of(POSTGRES, "form")}"'
                counted = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert counted == (len(shown(POSTGRES, "form")),)
        with psycopg.connect(outside.address) as connection:
            left = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^p[0-9a-f]{8}_'").fetchall()
            roles = connection.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '^p[0-9a-f]{8}_'").fetchall()
        assert left == roles == []
    finally:
        outside.stop()


def test_clock_decides_when_nothing_else_does(second_home: Path) -> None:
    assert clock.read(second_home) == AS_OF
