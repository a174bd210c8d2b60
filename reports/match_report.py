"""The report of one matching run: one HTML page that needs no network, from what model.json says and masked cases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.charts import whiskers
from reports.match_charts import trade_off, weight_bar, weight_distribution
from reports.match_words import CAUSES, KINDS, REASONS, REASONS_EN, STAGES, level_zh

HERE = Path(__file__).parent
AXES = (0.98, 0.96, 0.92, 0.8, 0.6, 0.4, 0.2, 0.0)
"""Where an axis that ends at 100 % may begin: a quarter of it is a round number."""


def build_match_report(model: dict[str, Any], cases: Sequence[dict[str, Any]]) -> str:
    """The page as HTML. ``model``: model.json; ``cases``: the hardest pairs, values masked already.

    The content policy of the page forbids every request; charts are SVG within.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    css = (HERE / "static" / "liandao.css").read_text(encoding="utf-8")
    environment.globals["css"] = Markup(css)  # noqa: S704 - our own file
    return environment.get_template("match.html").render(_context(model, cases))


def _context(model: dict[str, Any], cases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    quality = model["quality"]
    return {
        "m": model,
        "q": quality,
        "estimates": _estimates(quality),
        "by_size": _by_size(quality["precision_by_cluster_size"]),
        "missed": [(*CAUSES[name], value) for name, value in quality["expected_missed"].items()],
        "distribution": _distribution(model),
        "fields": _fields(model),
        "passes": _passes(model["passes"]),
        "sizes": _sizes(model["cluster_sizes"]),
        "trade_off": _trade_off(quality["thresholds"]),
        "strata": [_stratum(s) for s in quality["sampling"]],
        "cases": _cases(cases),
        "stages": [(STAGES.get(name, name), name, seconds) for name, seconds in model["seconds"].items()],
    }


def _estimates(quality: dict[str, Any]) -> Markup:
    named = [("精确率 precision", quality["precision"]), ("召回率 recall", quality["recall"])]
    if quality["blocking_recall"]:
        named.append(("分块召回率 blocking recall", quality["blocking_recall"]))
    if quality["multiplicity"]:
        named.append(("精确率（重数法） multiplicities", quality["multiplicity"]["precision"]))
    return _whiskers(named, "估计与 95% 区间 estimates with 95 % intervals")


def _whiskers(named: Sequence[tuple[str, dict[str, Any]]], title: str) -> Markup:
    rows = [(name, e["value"], e["lower"], e["upper"]) for name, e in named]
    if not rows:
        return Markup("")
    lowest = max(min(r[2] for r in rows), AXES[-1])
    low = next(axis for axis in AXES if axis <= lowest)
    return whiskers(rows, title, low=low, high=1.0, digits=1 if low > 0.9 else 0)


def _by_size(classes: Sequence[dict[str, Any]]) -> Markup:
    named = []
    for c in classes:
        size = f"{c['smallest']}" if c["largest"] == c["smallest"] else f"{c['smallest']}–{c['largest'] or '…'}"
        named.append((f"{size} 条 · {c['pairs']:,} 对", c))
    return _whiskers(named, "按簇大小的精确率 precision by cluster size")


def _distribution(model: dict[str, Any]) -> Markup:
    bands = [(b["from"], b["pairs"], b["expected"]) for b in model["match_weights"]]
    limits = model["thresholds"]
    marks = [(limits["link"], "归并 link"), (limits["certain"], "确定 certain")]
    return weight_distribution(bands, marks, "候选对的匹配权重 candidate pairs by match weight")


def _fields(model: dict[str, Any]) -> list[dict[str, Any]]:
    """Levels by field, with a bar for each weight."""
    kinds = {f["name"]: f["kind"] for f in model["config"]["fields"]}
    most = max((abs(row["weight"]) for row in model["levels"]), default=1.0)
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in kinds}
    for row in model["levels"]:
        bar = weight_bar(row["weight"], most)
        groups[row["field"]].append(row | {"zh": level_zh(row["level"]), "bar": bar})
    return [
        {"name": name, "kind": kinds[name], "kind_zh": KINDS.get(kinds[name], kinds[name]), "levels": levels}
        for name, levels in groups.items()
    ]


def _passes(passes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    most = max((p["made"] for p in passes), default=0) or 1
    return [p | {"width": round(150 * p["made"] / most)} for p in passes]


def _sizes(sizes: dict[Any, int]) -> list[dict[str, Any]]:
    """Clusters by size, the tail put together."""
    counts = {int(size): count for size, count in sizes.items()}
    shown = [s for s in sorted(counts) if s <= 12]
    rows = [(str(s), counts[s], s * counts[s]) for s in shown]
    tail = [s for s in counts if s > 12]
    if tail:
        rows.append((f"13–{max(tail)}", sum(counts[s] for s in tail), sum(s * counts[s] for s in tail)))
    most = max((count for _, count, _ in rows), default=1)
    return [
        {"size": size, "clusters": count, "records": records, "width": round(150 * count / most)}
        for size, count, records in rows
    ]


def _trade_off(thresholds: Sequence[dict[str, Any]]) -> Markup:
    points = [(t["weight"], t["precision"], t["recall"]) for t in thresholds]
    in_use = next((t["weight"] for t in thresholds if t["in_use"]), 0.0)
    return trade_off(points, in_use, "阈值与质量 quality by threshold")


def _stratum(stratum: dict[str, Any]) -> dict[str, Any]:
    low, high = stratum["lowest"], stratum["highest"]
    band = f"{'−∞' if low is None else f'{low:g}'} … {'+∞' if high is None else f'{high:g}'}"
    return stratum | {"band": band}


def _cases(cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    groups = []
    for why, zh in REASONS.items():
        chosen = [c | {"fields": [(n, a, b, level, level_zh(level)) for n, a, b, level in c["fields"]]} for c in cases]
        rows = [c for c in chosen if c["why"] == why]
        if rows:
            groups.append({"zh": zh, "en": REASONS_EN[why], "rows": rows})
    return groups
