"""How time and memory grow: residents from 0.1 to 10 million records on one machine, and a night of 1 % beside each.

    python -m benchmarks.match.scale [--size 100000 --size 1000000] [--no-night]

Each size runs in a process of its own, so that its peak is its own. Provinces of more than a million records are made
of several smaller ones, each with people of its own (a few of whom share a number with somebody elsewhere, as happens).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.match.datasets import DATASETS
from benchmarks.match.metrics import overlap, pairwise
from benchmarks.match.once import peak_mib
from benchmarks.match.our_side import read_records
from benchmarks.match.page import machine
from benchmarks.match.residents import RECORDS_PER_RESIDENT, make_residents

if TYPE_CHECKING:
    from transforms.match.config import MatchConfig

SIZES = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
PIECE = 1_000_000
FIELDS = ("name", "id_no", "birth_date", "sex", "phone", "address", "community")
PAGE = Path("docs/scale.md")
HEADINGS = (
    "记录 records",
    "秒 wall s",
    "CPU s",
    "峰值 peak MiB",
    "候选对 pairs",
    "F1",
    "全量,从 Parquet 到登记 full, Parquet to register, s",
    "1 % 增量(12 夜平均) a night of 1 %, mean of 12, s",
    "比 ratio",
)
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
STEADY = 1_000_000
PROVINCE = {"6600 万条记录 66 M records": 66_000_000, "6600 万居民 66 M residents": 66_000_000 * RECORDS_PER_RESIDENT}
"""What the curve is drawn on to, in records."""


def make(folder: Path, size: int, seed: int) -> None:
    """Write ``records.parquet`` and ``truth.parquet`` of about ``size`` records, put together from pieces that larger
    sizes share, made two at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, size, PIECE)
    sizes, seeds = [min(PIECE, size - start) for start in starts], [seed * 100 + n for n in range(len(starts))]
    with ProcessPoolExecutor(2) as pool:
        parts = list(pool.map(partial(_piece, folder.parent), sizes, seeds))
    for name in ("records", "truth"):
        writer = None
        for number, part in enumerate(parts):
            table = _of_piece(pq.read_table(part / f"{name}.parquet"), number)
            writer = writer or pq.ParquetWriter(folder / f"{name}.parquet", table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()
    text = DATASETS["residents"].config.replace("source: source\n", "")
    (folder / "match.yml").write_text(text, encoding="utf-8")


def _piece(home: Path, size: int, seed: int) -> Path:
    """The folder of one piece, made unless it is there."""
    part = home / f"piece-{size}-{seed}"
    if not (part / "truth.parquet").exists():
        part.mkdir(parents=True, exist_ok=True)
        make_residents(part, size, seed)
    return part


def _of_piece(table: pa.Table, piece: int) -> pa.Table:
    """Records and entities of a piece under names of their own; only what is matched or compared with the truth."""
    ids = pc.binary_join_element_wise(table["record_id"], pa.scalar(str(piece)), "/")
    table = table.set_column(table.column_names.index("record_id"), "record_id", ids)
    if "entity_id" in table.column_names:
        entity = pc.add(table["entity_id"].cast(pa.int64()), piece * PIECE)
        return pa.table({"record_id": table["record_id"], "entity_id": entity})
    return table.select(["record_id", *FIELDS])


NIGHTS = 12
"""Nights of 1 % one after another, of which the mean is told: they leave layers, which some of them merge."""


def measure(folder: Path, night: bool) -> dict[str, object]:
    """Match everything once; then 99 % and its register; then 88 %, and twelve nights of 1 % on that register."""
    from transforms.match.engine import match

    wall, cpu = perf_counter(), process_time()
    table, config = _read(folder)
    found = match(table, config)
    figures: dict[str, object] = {
        "records": table.num_rows,
        "wall_s": round(perf_counter() - wall, 2),
        "cpu_s": round(process_time() - cpu, 2),
        "peak_mib": round(peak_mib()),
        "nodes": found.report["nodes"],
        "pairs": found.report["candidate_pairs"],
        "seconds": found.report["seconds"],
    }
    truth = pq.read_table(folder / "truth.parquet")
    same_order = pc.index_in(truth["record_id"], table[config.record_id].combine_chunks()).to_numpy()
    cells = overlap(found.cluster_of[same_order], truth["entity_id"].to_numpy())
    figures |= pairwise(cells).readable()
    del found, table
    return figures | (_nights(folder) if night else {})


def _read(folder: Path) -> tuple[pa.Table, MatchConfig]:
    """The records of a folder as they are matched, and the configuration that follows from them."""
    from transforms.match.derive.settings_file import load_config

    settings = load_config(folder / "match.yml")
    table = settings.prepare(read_records(folder, settings.columns))
    return table, settings.to_match_config(table)


def _full(folder: Path, path: Path) -> tuple[MatchConfig, float, float]:
    """A full run, from Parquet to the register at ``path``: its configuration, seconds, and seconds of matching and
    writing the register alone."""
    from transforms.match.engine import match
    from transforms.match.normalise import record_keys
    from transforms.match.register.write import write_register

    started = perf_counter()
    table, config = _read(folder)
    read = perf_counter()
    write_register(path, table, record_keys(table, config), match(table, config), config, None)
    return config, perf_counter() - started, perf_counter() - read


def _nights(folder: Path) -> dict[str, object]:
    """A full run, and the mean of twelve nights on the register of another: each from Parquet to the register."""
    from transforms.match.derive.settings_file import load_config
    from transforms.match.nights.incremental import update

    nights = _split(folder)
    _, full, matched = _full(folder / "kept-99", folder / "register")
    config, _, _ = _full(folder / "kept-88", folder / "register")
    walls, cpus, touched = [], [], 0
    for night in nights:
        wall, cpu = perf_counter(), process_time()
        settings = load_config(night / "match.yml")
        delta = settings.prepare(read_records(night, settings.columns))
        touched += update(folder / "register", delta, None, config).records.num_rows
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
    files = [file for file in (folder / "register").iterdir() if file.is_file()]
    return {
        "full_wall_s": round(full, 2),
        "full_matched_s": round(matched, 2),
        "nights": NIGHTS,
        "night_records": delta.num_rows,
        "night_touched": touched // NIGHTS,
        "night_wall_s": round(sum(walls) / NIGHTS, 3),
        "night_longest_s": round(max(walls), 3),
        "night_cpu_s": round(sum(cpus) / NIGHTS, 3),
        "register_mb": round(sum(file.stat().st_size for file in files) / 1e6),
    }


def _split(folder: Path) -> list[Path]:
    """Write what is matched before the first night, and before the last one, and what each night brings; the nights."""
    table = pq.read_table(folder / "records.parquet")
    order, held = np.random.default_rng(1).permutation(table.num_rows), table.num_rows // 100
    parts = {f"night-{n:02d}": order[n * held : (n + 1) * held] for n in range(NIGHTS)}
    for name, rows in {"kept-99": order[held:], "kept-88": order[NIGHTS * held :], **parts}.items():
        (folder / name).mkdir(exist_ok=True)
        pq.write_table(table.take(pa.array(np.sort(rows))), folder / name / "records.parquet")
        (folder / name / "match.yml").write_bytes((folder / "match.yml").read_bytes())
    return [folder / name for name in parts]


@dataclass(frozen=True, slots=True)
class Growth:
    """How a run grows with n records: ``a`` n ^ ``b`` seconds, ``c`` + ``d`` n MiB.

    ``off_wall``, ``off_peak``: by what share the worst measured row is off.
    """

    a: float
    b: float
    c: float
    d: float
    off_wall: float
    off_peak: float

    @classmethod
    def of(cls, results: list[dict[str, Any]]) -> Growth:
        """Least squares over rows (records, wall_s, peak_mib) of at least two sizes: seconds by their logarithms.

        Rows of less than a million records are left out where two others are there: they mostly pay for the start.
        """
        steady = [r for r in results if r["records"] >= STEADY]
        fitted = steady if len(steady) > 1 else results
        n, wall, peak = (np.array([r[key] for r in fitted], float) for key in ("records", "wall_s", "peak_mib"))
        b, log_a = np.polyfit(np.log(n), np.log(wall), 1)
        d, c = np.polyfit(n, peak, 1)
        off = (float(np.max(np.abs(fit / y - 1))) for fit, y in ((np.exp(log_a) * n**b, wall), (c + d * n, peak)))
        return cls(float(np.exp(log_a)), float(b), float(c), float(d), *off)

    def at(self, records: int) -> tuple[float, float]:
        """Seconds and MiB for so many records."""
        return self.a * float(records) ** self.b, self.c + self.d * records


def extrapolated(results: list[dict[str, Any]]) -> str:
    """What the curve gives for a province, said to be no measurement; nothing from fewer than two sizes."""
    if len(results) < 2:
        return ""
    g = Growth.of(results)
    lines = [
        f"**外推，未实测 Extrapolated, not measured.** 秒 wall = {g.a:.3g} · n^{g.b:.3f} "
        f"(偏差不超过 off by at most {g.off_wall:.0%}); 内存 memory = {g.c:.0f} MiB + {g.d * 2**20:.0f} B · n "
        f"(偏差不超过 off by at most {g.off_peak:.0%}).",
        "",
    ]
    for name, records in PROVINCE.items():
        wall, peak = g.at(records)
        lines.append(f"* {name} ({records:,}): {wall / 3600:.1f} h, {peak / 1024:.0f} GiB")
    return "\n\n" + "\n".join(lines)


def write_page(results: list[dict[str, Any]]) -> None:
    """Put the measured table between its marks on the page."""
    rows = ["| " + " | ".join(HEADINGS) + " |", "|" + "---:|" * len(HEADINGS)]
    for r in results:
        night = [r.get("full_wall_s", "–"), r.get("night_wall_s", "–")]
        ratio = f"{r['night_wall_s'] / r['full_wall_s']:.1%}" if "night_wall_s" in r else "–"
        cells: list[object] = [f"{r['records']:,}", r["wall_s"]]
        cells += [r["cpu_s"], f"{r['peak_mib']:,}", f"{r['pairs']:,}", f"{r['f1']:.4f}"]
        rows.append("| " + " | ".join(map(str, [*cells, *night, ratio])) + " |")
    told = ", ".join(f"{k}: {v}" for k, v in machine().items()) + extrapolated(results)
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{chr(10).join(rows)}\n\n{told}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Make what is missing, measure each size, keep the figures and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", dest="sizes", action="append", type=int)
    parser.add_argument("--no-night", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, default=Path(".bench"))
    parser.add_argument("--results", type=Path, default=Path("benchmarks/match/scale.json"))
    parser.add_argument("--folder", type=Path, help="measure this folder in this process")
    asked = parser.parse_args()
    if asked.folder:
        print(json.dumps(measure(asked.folder, not asked.no_night)))  # noqa: T201
        return
    kept = {r["records"]: r for r in json.loads(asked.results.read_text())} if asked.results.exists() else {}
    for size in asked.sizes or SIZES:
        folder = asked.home / f"scale-{size}-{asked.seed}"
        if not (folder / "truth.parquet").exists():
            make(folder, size, asked.seed)
        command = [sys.executable, "-m", "benchmarks.match.scale", "--folder", str(folder)]
        words = [*command, *(["--no-night"] * asked.no_night)]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        figures = json.loads(done.stdout.splitlines()[-1])
        kept[figures["records"]] = figures
        print(json.dumps(figures), flush=True)  # noqa: T201
        asked.results.write_text(json.dumps([kept[k] for k in sorted(kept)], indent=1) + "\n", encoding="utf-8")
    if PAGE.exists():
        write_page([kept[k] for k in sorted(kept)])


if __name__ == "__main__":
    main()
