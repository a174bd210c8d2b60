"""What matching on Spark moves and keeps, in bytes for each record: what docs/scale.md sizes a cluster by.

    make setup-spark; PYTHONPATH=. .venv-spark/bin/python -m benchmarks.match.spark_bytes [RECORDS]

Runs invented residents on two local cores and reads Spark's event log. CPU seconds are those of Java and of the Python
workers together; a small run is mostly their start.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import psutil
import pyarrow.parquet as pq

from benchmarks.match.datasets import prepared
from transforms.match.derive.settings_file import load_config
from transforms.match.spark import local_session, match_on_spark

LARGE = {
    "spark.eventLog.enabled": "true",
    "spark.eventLog.compress": "false",
    # Tables of a large run are too large to be sent to everybody: let them be shuffled here too.
    "spark.sql.autoBroadcastJoinThreshold": "-1",
}


def main(records: int = 100_000) -> None:
    """Run and print one table."""
    home = Path(tempfile.mkdtemp(prefix="spark-bytes-"))
    (home / "log").mkdir()
    folder = prepared("residents", records, 1, home)
    raw, settings = pq.read_table(folder / "records.parquet"), load_config(folder / "match.yml")
    session = local_session(settings={**LARGE, "spark.eventLog.dir": (home / "log").as_uri()})
    table = settings.prepare(raw)
    config = settings.to_match_config(table)
    found = match_on_spark(table, config, session=session, folder=str(home / "work"))
    cpu = sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children(recursive=True))
    session.stop()
    report = found.report
    counts = {name: int(str(report[name])) for name in ("records", "nodes", "candidate_pairs")}
    print(counts, report["seconds"], f"CPU {cpu:.0f} s")  # noqa: T201
    print("table | MB | bytes a record")  # noqa: T201
    for folder in sorted((home / "work").iterdir()):
        size = sum(path.stat().st_size for path in folder.glob("*.parquet"))
        print(f"{folder.name} | {size / 1e6:.1f} | {size / counts['records']:.1f}")  # noqa: T201
    written = shuffled(home / "log")
    print("shuffled |", f"{written / 1e6:.1f} | {written / counts['records']:.1f}")  # noqa: T201


def shuffled(folder: Path) -> int:
    """Bytes that all tasks wrote for others to read."""
    total: Counter[str] = Counter()
    for path in folder.rglob("events*"):
        for line in path.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            if event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
                total["bytes"] += event["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Bytes Written"]
    return total["bytes"]


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
