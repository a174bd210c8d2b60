"""The figures as a table on the screen and as a page."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil

from benchmarks.match.datasets import DATASETS
from benchmarks.match.once import OURS

PACKAGES = ("splink", "duckdb", "numba", "numpy", "pyarrow", "rapidfuzz")
TITLES = {
    OURS: "连岛 Liandao",
    "splink-lean": "Splink lean",
    "splink-fast": "Splink fast",
    "splink-documented": "Splink documented",
}
HEAD = (
    "", "秒 wall s", "CPU s", "MiB", "配对 pairs", "P", "R", "F1", "簇 cluster F1", "B³ F1", "矛盾 contradictory",
    "双胞胎 twins", "同名同生日 namesakes",
)  # fmt: skip
INTRO = """# 匹配对照测试 Matching side by side

由 `make bench-match` 写成，请勿手改。所有人都是虚构的，或出自公开测试集。
Written by `make bench-match`; don't edit. Everybody in it is invented, or of a public test set.

每个匹配器在全新进程中轮流运行，取中位数：从 Parquet 到聚类表的时间（含各自导入），整个进程树的最高内存。
两边读同样的清洗后的列；拼音等派生列只替 Splink 事先算好，不计时。我方只有 `match.yml`（列的种类），其余均为默认。

Each matcher runs in fresh processes, in alternation; figures are medians. Time is from Parquet to the table of clusters
(its imports included), memory the peak of the whole process tree. Both read the same cleaned columns; pinyin and other
derived columns are made for Splink beforehand, untimed. Our side has `match.yml` (the kinds of the columns) and
otherwise defaults.

* **Splink documented**: library comparisons as in its tutorials, u from up to 1e7 sampled pairs, EM on all blocked
  pairs. **Splink fast**: the same comparisons, u from 1e6 pairs, EM capped at 2e6 pairs, without term frequencies.
  **Splink lean** (Chinese sets): as fast, with fewer and cheaper comparisons and blocking rules, as speed alone would
  choose.
* Splink's row is at its usual threshold of 0.95. The row "best" is at the threshold that does best by pairwise F1
  *against the truth*, which no user could know. Linking two files uses Splink's single best links.
* P, R, F1 are over pairs within clusters; cluster F1 counts exact clusters, those of one record included; B³ is per
  record. Contradictory: clusters with two different valid identity numbers. Twins, namesakes: clusters in which
  twins, or two people of one name and birthday, were merged.
"""


def machine() -> dict[str, object]:
    """Where and when this was measured."""
    return {
        "date": date.today().isoformat(),  # noqa: DTZ011
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "cpu": _cpu(),
        "load": round(os.getloadavg()[0], 1),
        "versions": {name: version(name) for name in PACKAGES if find_spec(name)},
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def table(name: str, result: dict[str, object]) -> str:
    """One set's figures as a Markdown table, the ratios to ours below."""
    rows = [HEAD, ["---"] + ["--:"] * (len(HEAD) - 1)]
    for runner, found in result["runners"].items():
        rows += _rows(TITLES[runner], found)
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join([f"## {name}", "", *lines, "", *_ratios(result["runners"]), ""])


def _rows(title: str, found: dict[str, object]) -> list[list[str]]:
    if "failed" in found:
        return [[title, f"失败 failed: {str(found['failed']).splitlines()[-1][:100]}", *[""] * (len(HEAD) - 2)]]
    cost = [f"{found[name]:.2f}" for name in ("wall_s", "cpu_s")]
    cost += [f"{found['peak_mib']:.0f}", f"{found.get('pairs', 0):,}"]
    rows = [[title, *cost, *_quality(found["quality"])]]
    if "best" in found:
        best = found["best"]
        rows.append([f"{title}, best ({best['weight']} bit)", "", "", "", "", *_quality(best["quality"])])
    return rows


def _quality(quality: dict[str, object]) -> list[str]:
    pairs, cluster, cubed = (quality[name] for name in ("pairwise", "cluster", "b_cubed"))
    rates = (pairs["precision"], pairs["recall"], pairs["f1"], cluster["f1"], cubed["f1"])
    counts = (quality.get(name, "—") for name in ("contradictory", "twins_merged", "namesakes_merged"))
    return [*(f"{rate:.4f}" for rate in rates), *map(str, counts)]


def _ratios(runners: dict[str, dict[str, object]]) -> list[str]:
    ours = runners.get(OURS, {})
    if "wall_s" not in ours:
        return []
    lines = []
    for runner, found in runners.items():
        if runner == OURS or "wall_s" not in found:
            continue
        best = found["best"]["quality"]
        errors = (1 - ours["quality"]["pairwise"]["f1"]) / max(1 - best["pairwise"]["f1"], 1e-9)
        whole = (1 - ours["quality"]["cluster"]["f1"]) / max(1 - best["cluster"]["f1"], 1e-9)
        lines.append(
            f"* 与 {TITLES[runner]} 之比 ours against it: wall {ours['wall_s'] / found['wall_s']:.2f} ×, "
            f"CPU {ours['cpu_s'] / found['cpu_s']:.2f} ×, memory {ours['peak_mib'] / found['peak_mib']:.2f} ×, "
            f"errors (1 − F1, Splink at its best) pairwise {errors:.2f} ×, cluster {whole:.2f} ×"
        )
    return lines


def by_size(result: dict[str, object]) -> str:
    """Pairwise precision by size of cluster, one column for each runner."""
    found = {r: f["quality"]["by_size"] for r, f in result["runners"].items() if "quality" in f}
    sizes = list(dict.fromkeys(row["size"] for rows in found.values() for row in rows))
    sizes.sort(key=lambda size: int(size.rstrip("+").split("-")[0]))
    lines = ["| 簇大小 size | " + " | ".join(TITLES[r] for r in found) + " |", "| --- |" + " --: |" * len(found)]
    for size in sizes:
        cells = [next((_cell(row) for row in rows if row["size"] == size), "—") for rows in found.values()]
        lines.append(f"| {size} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: dict[str, object]) -> str:
    return f"{row['precision']:.4f} ({row['clusters']:,})"


def _rounds(runners: dict[str, dict[str, object]]) -> str:
    """How often each was run, and how busy the machine was before each run (load average; wall times suffer)."""
    runs = {TITLES[r]: f["rounds"] for r, f in runners.items() if "rounds" in f}
    loads = [run["load_before"] for rounds in runs.values() for run in rounds]
    if not loads:
        return ""
    counts = ", ".join(f"{title} {len(rounds)}" for title, rounds in runs.items())
    starts = {f["started_at"] for f in runners.values() if "rounds" in f}
    apart = " Not all were run in one alternation: compare CPU seconds." if len(starts) > 1 else ""
    return f"Rounds: {counts}; load {min(loads):.1f} to {max(loads):.1f} before each.{apart}"


def write_page(path: Path, kept: dict[str, dict[str, object]]) -> None:
    """Write the page of everything measured so far."""
    parts = [INTRO]
    for name, result in kept.items():
        data = DATASETS[result["set"]]
        versions = ", ".join(f"{package} {v}" for package, v in result["versions"].items())
        records = next((f["quality"]["records"] for f in result["runners"].values() if "quality" in f), 0)
        parts += [
            table(name, result),
            f"{data.zh}。{data.en.capitalize()}: {records:,} records.\n",
            "按簇大小的配对精度（括号内为簇数） Pairwise precision by size of cluster (clusters):\n",
            by_size(result) + "\n",
            f"{result['date']}, Python {result['python']}, {result['cores']} × {result['cpu']}, "
            f"{result['memory_gib']} GiB; {versions}. {_rounds(result['runners'])}\n",
        ]
    path.write_text("\n".join(parts), encoding="utf-8")
