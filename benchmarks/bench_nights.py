"""Nights one after another: what each costs in time, files and disk, on an invented province whose clock goes on a day.

    python -m benchmarks.bench_nights [--nights 30] [--residents 2000] [--beside PYTHON]

``--beside`` names the interpreter of another version's environment; both then live the same nights, in alternation, and
the ratio of their medians is printed. Seconds are those of the run itself, CPU those of all its processes and of the
province that it reads. ``written``: files that the night left new in the home.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("landing", "conformed", "quality", "published", "attempts", "logs", "events", "reports")
LIANDAO = "import sys; sys.argv[0] = 'liandao'; from liandao.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Night:
    """One night: rows that came, seconds of the run, CPU seconds, files that are new, and MiB by room."""

    rows: int
    seconds: float
    cpu: float
    written: int
    rooms: dict[str, float]


def main() -> None:
    """Live the nights and print a line for each, then the medians."""
    options = read_options()
    with tempfile.TemporaryDirectory() as folder:
        versions = {"this": (sys.executable, Path(folder) / "this")}
        if options.beside:
            versions["other"] = (options.beside, Path(folder) / "other")
        nights: dict[str, list[Night]] = {name: [] for name in versions}
        for number in range(options.nights + 1):
            for name, (python, root) in versions.items():
                night = live(python, root, options.residents, options.seed)
                nights[name].append(night)
                told = " ".join(f"{room} {size:.1f}" for room, size in night.rooms.items() if size >= 0.05)
                say(
                    f"{name:5} night {number:2}  {night.rows:7,} rows  {night.seconds:6.1f} s  {night.cpu:6.1f} CPU s"
                    f"  {night.written:5} files  MiB: {told}"
                )
    medians = {name: [statistics.median(v) for v in columns(lived[1:])] for name, lived in nights.items()}
    for name, (seconds, cpu, written) in medians.items():
        say(f"{name:5} median of a night: {seconds:.1f} s, {cpu:.1f} CPU s, {written:.0f} files")
    if "other" in medians:
        ratios = [a / b for a, b in zip(medians["this"], medians["other"], strict=True)]
        say("this / other: {:.2f} of the time, {:.2f} of the CPU, {:.2f} of the files".format(*ratios))


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def read_options() -> argparse.Namespace:
    """Words of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--residents", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--beside", metavar="PYTHON", help="interpreter of another version's environment")
    return parser.parse_args()


def columns(nights: list[Night]) -> tuple[list[float], list[float], list[float]]:
    """Seconds, CPU seconds and files of each night."""
    return [n.seconds for n in nights], [n.cpu for n in nights], [float(n.written) for n in nights]


def live(python: str, root: Path, residents: int, seed: int) -> Night:
    """One more night of the province at ``root``, which the first one makes."""
    home = root / "home"
    known = set(files_of(home))
    size = ["--residents", str(residents), "--communities", str(max(residents // 100, 8)), "--seed", str(seed)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [python, "-c", LIANDAO, "demo", "--json", "--project", str(root), *size]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LIANDAO_", "PYTHONPATH"))}
    ran = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=root.parent, check=False)  # noqa: S603
    if ran.returncode not in (0, 1):
        raise SystemExit(ran.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcome = json.loads(ran.stdout)
    outcome = outcome.get("outcome", outcome)
    new = [path for path in files_of(home) if path not in known]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rooms = {room: sum(p.stat().st_size for p in files_of(home / room)) / 2**20 for room in ROOMS}
    return Night(outcome["rows"]["extracted"], outcome["seconds"], cpu, len(new), rooms)


def files_of(folder: Path) -> list[Path]:
    """Every file below a folder but those of the province, links not followed."""
    return [p for p in folder.rglob("*") if "province" not in p.parts and p.is_file() and not p.is_symlink()]


if __name__ == "__main__":
    main()
