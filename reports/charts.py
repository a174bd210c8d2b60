"""Small charts as SVG text: no script, no font and no address from anywhere. All text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

INK, FAINT, ACCENT, WARM = "#1d2b3a", "#8a97a5", "#1769aa", "#c2571a"


def _svg(width: float, height: float, body: list[str], title: str, kind: str = "chart") -> Markup:
    head = f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}" class="{kind}">'
    return Markup(head + f"<title>{escape(title)}</title>" + "".join(body) + "</svg>")  # noqa: S704 - escaped above


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: float = 11, fill: str = INK) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}">{escape(text)}</text>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = FAINT, width: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{stroke}" stroke-width="{width}"{dashed}/>'


def threshold_curve(
    points: Sequence[tuple[float, int]], chosen: float, found: int, survey: int | None, total: int, title: str
) -> Markup:
    """N(θ): how many platforms reach each threshold. ``points``: (threshold, platforms), rising threshold.

    The rule's own threshold and result are marked; a survey's count, if there is one, is a line beside it: another
    method on another date.
    """
    width, height, left, bottom, top = 640, 260, 44, 36, 14
    right = width - 96
    most = max(total, *(n for _, n in points), 1)  # a project without platforms has none to draw
    widest = max((t for t, _ in points), default=0.0) or 1.0

    def x(threshold: float) -> float:
        return left + (right - left) * threshold / widest

    def y(count: float) -> float:
        return height - bottom - (height - bottom - top) * count / most

    path = " ".join(f"{'L' if i else 'M'}{x(t):.1f},{y(n):.1f}" for i, (t, n) in enumerate(points))
    body = [_line(left, y(0), right, y(0)), _line(left, y(0), left, y(most))]
    body += [_text(left - 6, y(n) + 4, str(n), anchor="end", fill=FAINT) for n in (0, most // 2, most)]
    body += [
        _text(x(t), height - bottom + 16, f"{t:.2f}", anchor="middle", fill=FAINT)
        for t in (0.1, 0.2, 0.3, 0.4, 0.5)
        if t <= widest
    ]
    body.append(
        _text((left + right) / 2, height - 4, "社区日渗透率阈值 θ  penetration threshold", anchor="middle", fill=FAINT)
    )
    if survey is not None:
        body.append(_line(left, y(survey), right, y(survey), stroke=WARM, dash="5 4"))
        body.append(_text(right + 6, y(survey) + 4, f"调查 survey {survey}", fill=WARM))
    body.append(f'<path d="{path}" fill="none" stroke="{ACCENT}" stroke-width="2"/>')
    body += [_line(x(chosen), y(0), x(chosen), y(most), stroke=FAINT, dash="2 3")]
    body.append(f'<circle cx="{x(chosen):.1f}" cy="{y(found):.1f}" r="4.5" fill="{ACCENT}"/>')
    body.append(_text(x(chosen) + 9, y(found) - 8, f"规则 rule: {found}", fill=ACCENT, size=12))
    return _svg(width, height, body, title)


def heatmap(names: Sequence[str], values: Sequence[Sequence[float]], title: str) -> Markup:
    """A square matrix as shades. ``values[i][j]``: from row i to column j; a cell's number is its tooltip."""
    cell, label = 22, 168
    size = cell * len(names)
    most = max((v for row in values for v in row), default=0) or 1
    body: list[str] = []
    for i, name in enumerate(names):
        body.append(_text(label - 8, label + i * cell + 15, name, anchor="end"))
        centre = label + i * cell + cell / 2 + 4
        body.append(f'<g transform="rotate(-60 {centre:.1f} {label - 6})">{_text(centre, label - 6, name)}</g>')
        for j, value in enumerate(values[i]):
            shade = 0.0 if value <= 0 else 0.08 + 0.92 * (value / most) ** 0.5
            fill = f"rgba(23,105,170,{shade:.3f})" if value > 0 else "#f4f6f8"
            tip = f"<title>{escape(name)} → {escape(names[j])}: {value:,.0f}</title>"
            place = f'x="{label + j * cell}" y="{label + i * cell}" width="{cell - 1}" height="{cell - 1}"'
            body.append(f'<rect {place} rx="2" fill="{fill}">{tip}</rect>')
    return _svg(label + size + 70, label + size + 4, body, title)


def whiskers(
    rows: Sequence[tuple[str, float, float, float]], title: str, *, low: float, high: float, digits: int = 0
) -> Markup:
    """Dots with 95% intervals, one a row: (name, value, lower, upper) as ratios between ``low`` and ``high``.

    ``digits``: decimals of the axis; values have one more.
    """
    step, label, width = 21, 190, 640
    right = width - 60
    height = step * len(rows) + 26

    def x(value: float) -> float:
        return label + (right - label) * (min(max(value, low), high) - low) / (high - low)

    ticks = [low + (high - low) * i / 4 for i in range(5)]
    body = [_line(x(t), 4, x(t), height - 20, stroke="#e4e9ee") for t in ticks]
    body += [_text(x(t), height - 6, f"{t:.{digits}%}", anchor="middle", fill=FAINT) for t in ticks]
    for i, (name, value, lower, upper) in enumerate(rows):
        y = 14 + i * step
        body += [_text(label - 8, y + 4, name, anchor="end"), _line(x(lower), y, x(upper), y, stroke=ACCENT, width=2)]
        body.append(f'<circle cx="{x(value):.1f}" cy="{y}" r="3.6" fill="{ACCENT}"/>')
        body.append(_text(right + 8, y + 4, f"{value:.{digits + 1}%}", fill=FAINT))
    return _svg(width, height, body, title)


def fates(accepted: int, quarantined: int, dropped: int, title: str) -> Markup:
    """Where the rows went, as one stacked bar."""
    total = accepted + quarantined + dropped
    if not total:
        return Markup("")
    width, x, body = 640.0, 0.0, []
    for count, fill in ((accepted, ACCENT), (quarantined, WARM), (dropped, FAINT)):
        share = width * count / total
        if count:
            body.append(f'<rect x="{x:.1f}" y="0" width="{max(share, 2):.1f}" height="14" fill="{fill}"/>')
        x += share
    return _svg(width, 14, body, title, "chart wide")
