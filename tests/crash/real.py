"""The command as it is started by people and timers, with its worker processes, ended by force."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.crash import scene
from tests.crash.trial import INGEST, Night, again, unwhole

COMMAND = (sys.executable, "-c", "from liandao.entry import main; main()", "run", "--project")
BEGINNING_S = 1.5
"""Before that nothing but imports happens."""


def real_run(night: Night, root: Path, seed: str) -> tuple[int, list[str]]:
    """``liandao run``, its parent or one of its children killed after a while, then run again."""
    chance = random.Random(seed)  # noqa: S311
    scene.copy(night.before(INGEST), root)
    settings = night.settings(root)
    environment = os.environ | {"LIANDAO_WORKERS": "2", "PYTHONPATH": os.getcwd()}
    output = root / "output"
    with output.open("wb") as sink:
        process = subprocess.Popen([*COMMAND, root], stdout=sink, stderr=sink, env=environment)
    started = psutil.Process(process.pid)
    time.sleep(BEGINNING_S + chance.uniform(0, 2 * sum(night.seconds.values())))
    family = started.children(recursive=True) if started.is_running() else []
    workers = [p for p in family if "forkserver" in " ".join(_words(p))]
    target = chance.choice([started, *workers]) if workers else started
    kills = int(process.poll() is None)
    found = []
    if target.is_running():
        target.send_signal(signal.SIGKILL)
    process.wait(120)
    psutil.wait_procs(family, timeout=30)
    left = [p.pid for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    if left:
        found.append(f"{len(left)} processes stay behind")
    if target is not started and process.returncode not in (0, 1):
        found.append(f"a worker's death ends the run with {process.returncode}: {output.read_text()[-300:]}")
    return kills, [*found, *unwhole(settings, night), *again(settings, night.contents[1])]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
