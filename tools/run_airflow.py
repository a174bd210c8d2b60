"""``make airflow``: Airflow on loopback with the demo's DAGs, on the province that is served; Ctrl-C ends both.

Airflow keeps its settings, password and logs in ``<home>/airflow``. Its metadata are on a PostgreSQL that comes with
the dependencies and ends with the command; on SQLite a statement failed when 27 DAGs began at once. For one
machine and one person: a bureau uses docker-compose.yml.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from connectors.registry import load_registry
from dags.names import UNIFY_ID, ingest_id
from dags.pools import pools
from loopback.postgresql import PostgresServer
from schemas import project

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
STARTS_WITHIN_S = 180
STOPS_WITHIN_S = 20
SIDE_BY_SIDE = 4
COMPONENTS = (("api-server",), ("scheduler", "--skip-serve-logs"), ("dag-processor",))
"""No triggerer: no task defers, a question to a person waits without one, and the executor tells of late runs."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that runs, and where it writes."""

    process: subprocess.Popen[bytes]
    log: Path


def say(text: str) -> None:
    """Tell the person at the terminal, at once."""
    print(text, file=sys.stderr, flush=True)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(root: Path, port: int, metadata: str) -> dict[str, str]:
    """What Airflow's processes are told: where they live, where the project's DAGs are, how little they may take.

    ``metadata``: libpq address of the database for Airflow's own tables.
    """
    address = f"http://127.0.0.1:{port}"
    settings = {
        "CORE__DAGS_FOLDER": str(root / "dags"),
        "CORE__PLUGINS_FOLDER": str(ROOT / "dags" / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": str(SIDE_BY_SIDE),
        "CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "DATABASE__SQL_ALCHEMY_CONN": metadata.replace("postgresql://", "postgresql+psycopg://", 1),
        "DATABASE__SQL_ALCHEMY_CONN_ASYNC": metadata.replace("postgresql://", "postgresql+psycopg://", 1),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": address,
        "API__WORKERS": "1",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
    }
    return {
        **os.environ,
        **{f"AIRFLOW__{name}": value for name, value in settings.items()},
        "AIRFLOW_HOME": str(root / "home" / "airflow"),
        "LIANDAO_PROJECT": str(root),
        "PYTHONPATH": str(ROOT / "dags" / "config"),
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "GX_ANALYTICS_ENABLED": "false",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def prepare(home: Path, env: dict[str, str]) -> None:
    """Metadata tables and the pools that the lines name."""
    folder = home / "airflow"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    airflow(env, "db", "migrate")
    named = pools(load_registry().lines.values())
    if named:
        (folder / "pools.json").write_text(json.dumps(named), encoding="utf-8")
        airflow(env, "pools", "import", str(folder / "pools.json"))


def airflow(env: dict[str, str], *arguments: str) -> None:
    """Run one command of Airflow to its end; raises CalledProcessError with what it said."""
    subprocess.run([str(BIN / "airflow"), *arguments], env=env, check=True, capture_output=True, text=True)


@contextlib.contextmanager
def running(program: str, command: list[str], env: dict[str, str], logs: Path) -> Iterator[Program]:
    """A program in a session of its own, its output in a log; at the end no process of that session is left."""
    log = logs / f"{program}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=output, start_new_session=True)
    try:
        yield Program(process, log)
    finally:
        end_session(process)


def members(session: int) -> list[psutil.Process]:
    """The living processes of a session. Airflow's tasks move to groups of their own, but never to another session."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.Error):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end_session(leader: subprocess.Popen[bytes]) -> None:
    """Ask every process of a session to end, ever less politely. Ending the leader alone would leave orphans behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for process in members(leader.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        deadline = time.monotonic() + STOPS_WITHIN_S
        while members(leader.pid) and time.monotonic() < deadline:
            leader.poll()
            time.sleep(0.1)
    leader.wait()


def wait_for_province(home: Path, province: Program, stop: threading.Event) -> None:
    """Return when the province answers for all its platforms: it then notes where, for as long as it is served."""
    note, started = home / "province" / "serving.json", time.time()
    while not stop.wait(0.2) and not (note.is_file() and note.stat().st_mtime >= started):
        if province.process.poll() is not None:
            raise SystemExit(f"the province did not start:\n{province.log.read_text(encoding='utf-8')}")


def wait_for_airflow(port: int, programs: list[Program], stop: threading.Event) -> None:
    """Return when every component of Airflow reports healthy; raises SystemExit when one ends or it takes too long."""
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not stop.wait(1):
        ended = [p.log for p in programs if p.process.poll() is not None]
        if ended or time.monotonic() > deadline:
            raise SystemExit(f"Airflow did not start; see {ended or [p.log for p in programs]}")
        with contextlib.suppress(httpx.HTTPError, ValueError):
            answer = httpx.get(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5, trust_env=False)
            parts = answer.json()
            if all(parts[name]["status"] == "healthy" for name in ("metadatabase", "scheduler", "dag_processor")):
                return


def password(home: Path) -> str:
    """The password that Airflow made for its administrator."""
    path = home / "airflow" / "simple_auth_manager_passwords.json.generated"
    return str(json.loads(path.read_text(encoding="utf-8"))["admin"])


def trigger_lines(home: Path, port: int) -> None:
    """Start every ingest DAG once; unify follows on their assets."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        answer = client.post("/auth/token", json={"username": "admin", "password": password(home)}).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        for line_id in load_registry().lines:
            client.post(f"/api/v2/dags/{ingest_id(line_id)}/dagRuns", json={"logical_date": None}).raise_for_status()


def arguments() -> tuple[argparse.Namespace, list[str]]:
    """Our own options; what is left goes to ``liandao demo``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--project", type=Path, default=Path("demo"), help="folder of the demo's project")
    parser.add_argument("--port", type=int, default=0, help="port of the page; 0 takes a free one")
    parser.add_argument("--now", action="store_true", help="start every ingest DAG once, at once")
    return parser.parse_known_args()


def main() -> int:
    """Start the province and Airflow, wait for Ctrl-C, end both; returns the exit code."""
    options, for_province = arguments()
    root, port, stop = options.project.resolve(), options.port or free_port(), threading.Event()
    home = root / "home"
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    (home / "logs").mkdir(parents=True, exist_ok=True)
    command = [str(BIN / "liandao"), "demo", "--serve", "--project", str(root), *for_province]
    with running("airflow-province", command, dict(os.environ), home / "logs") as province:
        wait_for_province(home, province, stop)
        project.use(root)
        with airflow_on(root, port) as programs:
            wait_for_airflow(port, programs, stop)
            if not stop.is_set():
                tell(home, port)
            if options.now and not stop.is_set():
                trigger_lines(home, port)
            while not stop.wait(1) and all(p.process.poll() is None for p in (province, *programs)):
                pass
            say("正在停止 stopping")
    return 0 if stop.is_set() else 5


@contextlib.contextmanager
def database() -> Iterator[str]:
    """A PostgreSQL for as long as it is needed; yields its address."""
    server = PostgresServer()
    try:
        server.start()
        yield server.address
    finally:
        server.stop()


@contextlib.contextmanager
def airflow_on(root: Path, port: int) -> Iterator[list[Program]]:
    """Airflow's components. Not ``airflow standalone``: its log servers would listen on every interface."""
    with contextlib.ExitStack() as stack:
        home, env = root / "home", environment(root, port, stack.enter_context(database()))
        prepare(home, env)
        yield [
            stack.enter_context(running(f"airflow-{c[0]}", [str(BIN / "airflow"), *c], env, home / "logs"))
            for c in COMPONENTS
        ]


def tell(home: Path, port: int) -> None:
    """Say where Airflow is and how to get in."""
    say(f"Airflow  http://127.0.0.1:{port}")
    say(f"用户 user admin · 密码 password {password(home)}")
    say(f"触发 ingest_* 后 {UNIFY_ID} 随之运行 trigger the ingest_* DAGs and {UNIFY_ID} follows")
    say("Ctrl-C 结束全部 ends everything")


if __name__ == "__main__":
    sys.exit(main())
