"""What is committed: no addresses of registries, no paths of a machine, links that lead somewhere, pages up to date."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from liandao.commands.table import COMMANDS

ROOT = Path(__file__).parents[2]
BINARY = (".gz", ".xz", ".png", ".parquet", ".xlsx")


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


FORBIDDEN = {
    "registry": r"(pypi|pythonhosted|npmjs|crates|anaconda|maven)\.(org|com|io)|docker\.io|ghcr\.io|quay\.io",
    "mirror": r"(mirrors?|pypi)\.[a-z]+\.(edu|com|cn)",
    "machine path": r"(?<![\w.])/(work|root|home/[a-z]+|Users)/",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_committed_file_names(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    texts = (p for p in committed() if p.suffix not in BINARY and p != Path(__file__))
    found = [str(p.relative_to(ROOT)) for p in texts if pattern.search(p.read_text(encoding="utf-8", errors="replace"))]
    assert found == []


def test_lock_pins_with_hashes_and_names_no_address() -> None:
    lock = (ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "index-url" not in lock
    entries = [line for line in re.split(r"\n(?=[a-z0-9])", lock, flags=re.I) if line.strip()]
    unpinned = [e.splitlines()[0] for e in entries if "==" not in e.splitlines()[0] or "--hash=sha256:" not in e]
    assert unpinned == []


def pages() -> list[Path]:
    return [p for p in committed() if p.suffix == ".md"]


def test_relative_links_of_pages_lead_to_files() -> None:
    broken = []
    for page in pages():
        for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", page.read_text(encoding="utf-8")):
            path = (target[0] or target[1]).split("#")[0]
            if path and "://" not in path and not (page.parent / path).exists():
                broken.append(f"{page.relative_to(ROOT)} -> {path}")
    assert broken == []


def test_pages_name_only_make_targets_and_commands_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    commands = {listed.name for listed in COMMANDS}
    wrong = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        quoted = "\n".join([*re.findall(r"`([^`]+)`", text), *re.findall(r"```.*?```", text, flags=re.S)])
        wrong += [f"{page.name}: make {t}" for t in re.findall(r"\bmake ([a-z]+)", quoted) if t not in targets]
        wrong += [f"{page.name}: liandao {c}" for c in re.findall(r"\bliandao ([a-z]+)", quoted) if c not in commands]
    assert wrong == []


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "tools/make_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr + "run: make docs"


def test_every_help_line_of_make_has_its_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "airflow", "check", "docs", "bench", "clean"):
        assert re.search(rf"^  make {target} ", shown, flags=re.M), target
        subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=True)
