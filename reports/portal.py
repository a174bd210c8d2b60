"""The portal: one page for leadership, platforms ranked, never people."""

from __future__ import annotations

from typing import Any

import duckdb

from reports import charts
from reports.read import Row, figure, number, percent, rows
from reports.wording import USAGE_CLASSES
from schemas.measure_file import project_measure_ids

MATRIX_PLATFORMS, CONNECTIONS, WHISKERS = 20, 12, 30
BAR_PX = 150


def portal_context(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Everything the portal shows."""
    platforms = rows(con, "platforms")
    figures = {f["measure_id"]: f for f in rows(con, "figures", grain="province")}
    window = next(iter(figures.values()), None)
    usage, survey = rows(con, "usage"), _survey(con)
    return {
        "platforms": platforms,
        "line_count": len({p["line_zh"] for p in platforms}),
        "scope": _scalar(con, "SELECT count(*) FROM warehouse.dim_region WHERE is_in_scope"),
        "window": _window(con) if window else "",
        "cards": _cards(con, platforms, figures, survey),
        "balance": _balance(rows(con, "balance")),
        "stale": [p for p in platforms if p["is_stale"]],
        "survey": survey,
        "usage": {"curve": _curve(con, usage, survey), "rows": [_usage_row(u) for u in usage]},
        "redundancy": _redundancy(con, figures),
        "satisfaction": _satisfaction(con, figures, platforms),
        "own_figures": _own_figures(con),
        "figures": [figure(f) for f in figures.values()],
    }


def _own_figures(con: duckdb.DuckDBPyConnection) -> list[Row]:
    ids = project_measure_ids()
    return [figure(f) for f in rows(con, "own_figures", ids=ids)] if ids else []


def _scalar(con: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = con.execute(query).fetchone()
    return row[0] if row else None


def _window(con: duckdb.DuckDBPyConnection) -> str:
    row = con.execute("SELECT min(window_start), max(window_end) FROM warehouse.mart_figure").fetchone()
    return f"{row[0]:%Y-%m-%d} 至 {row[1]:%Y-%m-%d}" if row and row[0] else ""


def _survey(con: duckdb.DuckDBPyConnection) -> int | None:
    """Platforms that a survey of the bureau's own found in frequent use, if there was one."""
    value = _scalar(con, "SELECT value FROM warehouse.ctl_setting WHERE name = 'survey_high_use'")
    return int(value) if value else None


def _cards(
    con: duckdb.DuckDBPyConnection, platforms: list[Row], figures: dict[str, Row], survey: int | None
) -> list[dict[str, str]]:
    fresh = sum(not p["is_stale"] for p in platforms)
    persons = _scalar(con, "SELECT count(*) FROM warehouse.dim_person")
    cards = [
        {
            "name": "平台接入 platforms connected",
            "value": f"{fresh} / {len(platforms)}",
            "detail": f"识别出 {persons:,} 人 persons",
        }
    ]
    names = {
        "M11": "重复录入率 redundant-entry rate",
        "M03": "高频平台 high-use platforms",
        "M26": "好差评满意率 satisfaction",
    }
    cards += [_card(name, figures[m], survey) for m, name in names.items() if m in figures]
    return cards


def _card(name: str, row: Row, survey: int | None) -> dict[str, str]:
    if row["measure_id"] == "M03":
        away = f" · 与调查的 {survey} 个相差 {int(row['numerator']) - survey:+d}" if survey is not None else ""
        detail = f"共 {number(row['denominator'])} 个{away}"
        return {"name": name, "value": number(row["numerator"]), "detail": detail}
    cells = figure(row)
    return {
        "name": name,
        "value": cells["value"],
        "detail": f"95% 区间 {cells['interval']} · {cells['numerator']} / {cells['denominator']}",
    }


def _balance(streams: list[Row]) -> dict[str, Any]:
    names = ("extracted", "landed", "accepted", "quarantined", "dropped")
    total: dict[str, Any] = {n: sum(s[n] for s in streams) for n in names}
    return total | {"chart": charts.fates(total["accepted"], total["quarantined"], total["dropped"], "行的去向")}


def _curve(con: duckdb.DuckDBPyConnection, usage: list[Row], survey: int | None) -> str:
    points = con.execute("SELECT theta, platforms FROM warehouse.mart_usage_curve ORDER BY theta").fetchall()
    if not points:
        return ""
    high = sum(u["class_code"] == "high" for u in usage)
    return charts.threshold_curve(points, 0.20, high, survey, len(usage), "各阈值下的高频平台数 N(θ)")


def _usage_row(row: Row) -> Row:
    penetration = row["penetration"] or 0.0
    return row | {
        "class_zh": row["class_zh"] or USAGE_CLASSES.get(row["class_code"], row["class_code"]),
        "bar": round(BAR_PX * min(penetration, 1.0)),
        "penetration": percent(row["penetration"]),
        "lower": percent(row["penetration_lower"]),
        "reach": percent(row["reach"], 0),
        "eligible": number(row["eligible_communities"]),
        "completeness": percent(row["log_completeness"], 0),
    }


def _redundancy(con: duckdb.DuckDBPyConnection, figures: dict[str, Row]) -> dict[str, Any]:
    pairs = rows(con, "matrix", most=MATRIX_PLATFORMS)
    names = sorted({p["holder"] for p in pairs} | {p["receiver"] for p in pairs})
    held = {(p["holder"], p["receiver"]): p["entries"] for p in pairs}
    matrix = [[float(held.get((a, b), 0)) for b in names] for a in names]
    return {
        "names": names,
        "matrix": charts.heatmap(names, matrix, "平台之间的重复录入") if names else "",
        "sentence": _redundancy_sentence(figures.get("M11")),
        "connections": [_connection(c) for c in rows(con, "connections", most=CONNECTIONS)],
    }


def _redundancy_sentence(m11: Row | None) -> str:
    if m11 is None:
        return ""
    typed, repeated = number(m11["denominator"]), number(m11["numerator"])
    share = percent(m11["value"], 2)
    return f"{typed} 次可计入的手工录入中，{repeated} 次录入的内容别的平台当时已经有，占 {share}。"


def _connection(row: Row) -> Row:
    return row | {
        "gain": number(row["marginal_entries"]),
        "cumulative": number(row["cumulative_entries"]),
        "share": percent(row["cumulative_share"]),
    }


def _satisfaction(con: duckdb.DuckDBPyConnection, figures: dict[str, Row], platforms: list[Row]) -> dict[str, Any]:
    found = [f for f in rows(con, "figures", grain="platform") if f["measure_id"] == "M26" and f["value"] is not None]
    titles = {p["platform_id"]: p["title_zh"] for p in platforms}
    found.sort(key=lambda f: f["value"])
    dots = [
        (titles[f["grain_key"]], f["value"], f["lower"], f["upper"]) for f in found[:WHISKERS] if f["lower"] is not None
    ]
    low = min((lower for _, _, lower, _ in dots), default=0.5)
    m26 = figures.get("M26")
    chart = charts.whiskers(dots, "满意率最低的平台及其 95% 区间", low=max(0.0, low - 0.02), high=1.0) if dots else ""
    return {"sentence": _satisfaction_sentence(m26), "note": (m26 or {}).get("note") or "", "chart": chart}


def _satisfaction_sentence(m26: Row | None) -> str:
    if m26 is None:
        return ""
    valid, good = number(m26["denominator"]), number(m26["numerator"])
    interval = f"{percent(m26['lower'])} – {percent(m26['upper'])}"
    return (
        f"{valid} 条有效评价中，{good} 条为基本满意及以上，满意率 {percent(m26['value'], 2)}（95% 区间 {interval}）。"
    )
