"""docker-compose.yml is kept true: what it names exists, and what it starts starts, as plain processes."""

import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from liandao.settings import read_settings
from loopback.postgresql import PostgresServer

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
SETTINGS: dict[str, str] = COMPOSE["x-airflow"]["environment"]
AIRFLOW = [s["command"] for s in SERVICES.values() if s.get("command", [""])[0] == "airflow"]


def filled_in(text: str) -> str:
    """The text with every ``${VARIABLE:?}`` given a value."""
    return re.sub(r"\$\{(\w+):\?\}", r"secret\1", text)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def airflow_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("airflow")
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    own = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"), "PATH": path}
    return {k: v for k, v in SETTINGS.items() if k.startswith("AIRFLOW__CORE__LOAD")} | own


def test_every_secret_is_asked_for_and_listed_in_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(\w+)", text))
    assert asked == set(re.findall(r"\$\{(\w+):\?\}", text)), "a secret has a default"
    example = (ROOT / "docker" / "env.example").read_text(encoding="utf-8")
    assert asked == set(re.findall(r"^(\w+)=$", example, flags=re.M))


def test_ports_are_open_on_this_machine_alone() -> None:
    ports = [p for s in SERVICES.values() for p in s.get("ports", [])]
    assert ports
    assert [p for p in ports if not p.startswith("127.0.0.1:")] == []


def test_folder_that_a_service_mounts_of_a_volume_is_made_before_it_starts() -> None:
    """Docker refuses to start a service whose ``subpath`` is not there."""
    mounts = {name: [v for v in s.get("volumes", []) if "volume" in v] for name, s in SERVICES.items()}
    of_pages = {name: found for name, found in mounts.items() if found}
    assert sorted(of_pages) == ["airflow-api", "portal"]
    for name, (mount,) in of_pages.items():
        assert mount["read_only"], name
        assert mount["volume"]["subpath"] == "reports", name
        assert SERVICES[name]["depends_on"] == {"airflow-init": {"condition": "service_completed_successfully"}}, name
    sources = [v["source"] if isinstance(v, dict) else v.split(":")[0] for v in SERVICES["airflow-api"]["volumes"]]
    assert sources == ["${LIANDAO_PROJECT_DIR:?}", "home", "airflow"], "of the home, the pages alone"


def test_plugins_of_airflow_are_in_the_image() -> None:
    folder = Path(SETTINGS["AIRFLOW__CORE__PLUGINS_FOLDER"]).relative_to("/opt/liandao")
    assert (ROOT / folder / "liandao_plugin.py").is_file()


def test_files_and_volumes_that_it_names_exist() -> None:
    volumes = [v for s in SERVICES.values() for v in s.get("volumes", [])] + COMPOSE["x-airflow"]["volumes"]
    mounts = [v["source"] if isinstance(v, dict) else v.split(":")[0] for v in volumes]
    named = [m for m in mounts if m != "${LIANDAO_PROJECT_DIR:?}"]  # a folder of the bureau's
    assert [m for m in named if not ((ROOT / m).exists() if m.startswith(".") else m in COMPOSE["volumes"])] == []
    anchored = COMPOSE["x-airflow"]["volumes"]
    assert anchored[0]["target"] == SETTINGS["LIANDAO_PROJECT"]
    assert SETTINGS["AIRFLOW__CORE__DAGS_FOLDER"] == f"{SETTINGS['LIANDAO_PROJECT']}/dags"
    image = (ROOT / COMPOSE["x-airflow"]["build"]["dockerfile"]).read_text(encoding="utf-8")
    copied = [words[1] for line in image.splitlines() if (words := line.split())[:1] == ["COPY"]]
    assert [c for c in copied if not (ROOT / c).exists()] == []


def test_portal_reaches_the_pages_and_nothing_else_of_the_home() -> None:
    (volume,) = SERVICES["portal"]["volumes"]
    assert volume["read_only"]
    assert volume["volume"]["subpath"] == "reports"
    assert SERVICES["portal"]["command"][-1] == volume["target"]


def test_databases_of_the_addresses_are_those_that_are_made() -> None:
    made = re.findall(
        r"^make_database (\w+)", (ROOT / "docker" / "databases.sh").read_text(encoding="utf-8"), flags=re.M
    )
    used = [v.rsplit("/", 1)[1] for v in SETTINGS.values() if v.startswith("postgresql")]
    assert set(used) == set(made)


def test_warehouse_address_is_one_that_settings_take(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIANDAO_HOME", "LIANDAO_WAREHOUSE"):
        monkeypatch.setenv(name, filled_in(SETTINGS[name]))
    assert read_settings().warehouse_url == filled_in(SETTINGS["LIANDAO_WAREHOUSE"])


def test_commands_of_airflow_are_valid(airflow_environment: dict[str, str]) -> None:
    initial = (ROOT / SERVICES["airflow-init"]["command"][1]).read_text(encoding="utf-8")
    commands = [*AIRFLOW, *(c.split() for c in re.findall(r"^airflow .+", initial, flags=re.M))]
    assert len(commands) >= 5
    parse = f"from airflow.cli.cli_parser import get_parser as p; [p().parse_args(c[1:]) for c in {commands}]"
    done = subprocess.run(
        [sys.executable, "-c", parse], env=airflow_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_first_start_makes_metadata_tables_and_the_folder_of_pages(
    airflow_environment: dict[str, str], tmp_path: Path
) -> None:
    server = PostgresServer()
    try:
        server.start()
        scheme = filled_in(SETTINGS["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]).split("://")[0]
        address = f"{scheme}://{server.address.split('://')[1]}"
        names = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC")
        places = {"LIANDAO_HOME": str(tmp_path), "LIANDAO_PROJECT": str(ROOT / "examples" / "county")}
        env = airflow_environment | dict.fromkeys(names, address) | places
        for command in (SERVICES["airflow-init"]["command"], ["airflow", "db", "check-migrations"]):
            done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[-2000:]
    finally:
        server.stop()
    assert "尚未发布" in (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")


def test_file_of_the_bureaus_is_kept_in_the_home_for_the_program_alone(tmp_path: Path) -> None:
    def keep(name: str) -> subprocess.CompletedProcess[bytes]:
        env = {"LIANDAO_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
        command = ["sh", str(ROOT / "docker" / "keep.sh"), name]
        return subprocess.run(command, input="user:密码".encode(), env=env, capture_output=True, check=False)

    assert keep("secrets/health").returncode == 0
    kept = tmp_path / "home" / "secrets" / "health"
    assert kept.read_text(encoding="utf-8") == "user:密码"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [keep(name).returncode for name in ("../outside", "/etc/outside")] == [2, 2]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["health"]


def test_portal_serves_the_reports_folder(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>门户</title>", encoding="utf-8")
    port = free_port()
    told = {"8000": str(port), "/var/lib/liandao/reports": str(tmp_path), "python": sys.executable}
    command = [told.get(word, word) for word in SERVICES["portal"]["command"]]
    assert command != SERVICES["portal"]["command"]
    process = subprocess.Popen([*command, "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert "门户" in fetch(f"http://127.0.0.1:{port}/index.html")
    finally:
        process.kill()
        process.wait()


def fetch(address: str) -> str:
    """The page, once the server is up."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 20
    while True:
        try:
            return str(opener.open(address, timeout=5).read().decode())
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
