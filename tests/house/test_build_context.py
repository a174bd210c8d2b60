"""What enters the image: what .dockerignore names, and no secret that lies beside it or within."""

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRETS = (
    ".env",
    ".git/config",
    ".venv/pyvenv.cfg",
    "deployment.yml",
    "home/keys/hmac.key",
    "home/landing/p/b/rows.parquet",
    "demo/home/published/current/vault.duckdb",
    "keys/hmac.key",
    "secrets/health",
    "id_rsa",
    "project/.env",
    "notes.txt",
    "requirements/private.txt",
    "docker/.env",
    "docker/secret.env",
    "dags/.env",
    "dags/home/keys/hmac.key",
    "liandao/deployment.yml",
    "liandao/secrets/health",
    "schemas/keys/hmac.key",
    "reports/tls.pem",
    "connectors/private.key",
    "warehouse/__pycache__/lock.cpython-311.pyc",
)


def rules() -> list[tuple[bool, re.Pattern[str]]]:
    """The lines of .dockerignore: whether each takes a path in again, and its pattern."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [(word.startswith("!"), compiled(word.removeprefix("!").strip("/"))) for word in words]


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as Docker reads it: ``**`` any folders, ``*`` and ``?`` within one name."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(parts.get(p, re.escape(p)) for p in re.split(r"(\*\*/|\*\*|\*|\?)", pattern)))


def enters(path: str) -> bool:
    """Whether a file is in the build context: the last line that matches it or a folder above it decides."""
    above = [path, *(str(parent) for parent in Path(path).parents if str(parent) != ".")]
    taken = True
    for again, pattern in rules():
        if any(pattern.fullmatch(name) for name in above):
            taken = again
    return taken


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """A clone with secrets planted in it: which of its files enter."""
    clone = tmp_path_factory.mktemp("clone")
    skipped = shutil.ignore_patterns(".git", ".venv*", "demo", "tests", "benchmarks", "build", ".*_cache")
    shutil.copytree(ROOT, clone, dirs_exist_ok=True, ignore=skipped)
    for name in SECRETS:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text("secret", encoding="utf-8")
    files = (str(path.relative_to(clone)) for path in clone.rglob("*") if path.is_file())
    return {name for name in files if enters(name)}


def test_no_planted_secret_enters(context: set[str]) -> None:
    assert context & set(SECRETS) == set()


def test_only_what_the_image_needs_enters(context: set[str]) -> None:
    top = {name.split("/")[0] for name in context}
    program = {"connectors", "dags", "liandao", "reports", "schemas", "transforms", "warehouse"}
    assert top == program | {"loopback", "province", "LICENSE", "README.md", "pyproject.toml", "requirements", "docker"}


def test_everything_that_runs_enters(context: set[str]) -> None:
    wanted = {"requirements/bureau.txt", "docker/init.sh", "docker/keep.sh", "liandao/skeleton/gitignore"}
    wanted |= {"dags/plugins/liandao_plugin.py", "reports/static/nothing-published.html", "liandao/home.py"}
    assert wanted - context == set()
    for package in ("liandao", "schemas", "warehouse", "transforms", "connectors", "dags", "reports", "province"):
        sources = {str(path.relative_to(ROOT)) for path in (ROOT / package).rglob("*.py")}
        assert sources - context == set()
