"""Charts of the matching report: how weights are distributed, what each level weighs, what another threshold gives."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

from markupsafe import Markup

from reports.charts import ACCENT, FAINT, INK, WARM, _line, _svg, _text

GOOD = "#2c7a4b"
PALE = "#e4e9ee"


def weight_distribution(
    bands: Sequence[tuple[float, int, float]], marks: Sequence[tuple[float, str]], title: str
) -> Markup:
    """Pairs by match weight, one bar a bit, heights in powers of ten. ``bands``: (from, pairs, matches expected);
    the expected matches are the darker part. ``marks``: thresholds (bits, name)."""
    width, height, left, bottom, top = 760, 280, 52, 40, 22
    if not bands:
        return Markup("")
    low, high = min(b[0] for b in bands), max(b[0] for b in bands) + 1
    most = max(log10(max(b[1], 1)) for b in bands) or 1.0
    step = (width - left - 16) / (high - low)

    def x(weight: float) -> float:
        return left + (weight - low) * step

    def y(count: float) -> float:
        return height - bottom - (height - bottom - top) * log10(max(count, 1)) / most

    body = []
    for power in range(int(most) + 1):
        body += [_line(left, y(10**power), width - 16, y(10**power), stroke=PALE)]
        body += [_text(left - 6, y(10**power) + 4, f"{10**power:,}", anchor="end", fill=FAINT)]
    for start, pairs, expected in bands:
        wide = max(step - 1.2, 1)
        tip = f"<title>{start:g}…{start + 1:g} bits: {pairs:,}（{expected:,.1f}）</title>"
        for count, fill in ((pairs, "#a9c4dc"), (expected, ACCENT)):
            tall = height - bottom - y(count)
            if count >= 1 and tall > 0:
                body.append(_bar(x(start) + 0.6, y(count), wide, tall, fill, tip))
        if pairs == 1:
            body.append(_bar(x(start) + 0.6, y(1) - 2, wide, 2, "#a9c4dc", tip))
    ticks = range(int(low // 10 * 10), int(high) + 1, 10)
    body += [_text(x(t), height - bottom + 16, f"{t}", anchor="middle", fill=FAINT) for t in ticks if t >= low]
    caption = "匹配权重（比特） match weight (bits)"
    body.append(_text((left + width) / 2, height - 6, caption, anchor="middle", fill=FAINT))
    for i, (weight, name) in enumerate(m for m in marks if low <= m[0] <= high):
        body.append(_line(x(weight), top - 6, x(weight), height - bottom, stroke=WARM, dash="4 3"))
        body.append(_text(x(weight) + 3, top + 2 + 12 * i, name, fill=WARM, size=10.5))
    return _svg(width, height, body, title)


def _bar(x: float, y: float, width: float, height: float, fill: str, tip: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {place} fill="{fill}">{tip}</rect>'


def weight_bar(weight: float, most: float) -> Markup:
    """One level's weight as a bar left (against) or right (for) of a middle line."""
    width, middle = 150.0, 75.0
    size = min(abs(weight) / max(most, 1e-9), 1.0) * (middle - 2)
    start, fill = (middle, ACCENT) if weight >= 0 else (middle - size, WARM)
    body = [f'<rect x="{start:.1f}" y="2" width="{max(size, 0.5):.1f}" height="9" fill="{fill}"/>']
    body.append(_line(middle, 0, middle, 13, stroke=FAINT))
    return _svg(width, 13, body, f"{weight:+.1f}", "spark")


def trade_off(points: Sequence[tuple[float, float, float]], in_use: float, title: str) -> Markup:
    """Estimated precision and recall over thresholds: (bits, precision, recall), rising; the one in use is marked."""
    width, height, left, bottom, top = 760, 250, 52, 40, 20
    if len(points) < 2:
        return Markup("")
    low, high = points[0][0], points[-1][0]
    floor = min(min(p, r) for _, p, r in points)
    step = 0.01 if floor > 0.96 else 0.04
    floor = max(0.0, int((floor - step / 4) / step) * step)

    def x(weight: float) -> float:
        return left + (width - left - 90) * (weight - low) / (high - low)

    def y(share: float) -> float:
        return top + (height - bottom - top) * (1 - share) / (1 - floor)

    body = [_line(x(in_use), top - 6, x(in_use), height - bottom, stroke=WARM, dash="4 3")]
    body.append(_text(x(in_use) + 3, height - bottom - 5, "在用 in use", fill=WARM, size=10.5))
    digits = 0 if 1 - floor > 0.02 else 1 if 1 - floor > 0.01 else 2
    for i in range(5):
        share = floor + (1 - floor) * i / 4
        body += [_line(left, y(share), width - 90, y(share), stroke=PALE)]
        body += [_text(left - 6, y(share) + 4, f"{share:.{digits}%}", anchor="end", fill=FAINT)]
    ends = sorted((points[-1][i], i) for i in (1, 2))
    shift = 7 if y(ends[0][0]) - y(ends[1][0]) < 14 else 0
    for i, fill, name in ((1, ACCENT, "精确率 precision"), (2, GOOD, "召回率 recall")):
        path = " ".join(f"{'L' if n else 'M'}{x(p[0]):.1f},{y(p[i]):.1f}" for n, p in enumerate(points))
        body.append(f'<path d="{path}" fill="none" stroke="{fill}" stroke-width="2"/>')
        body += [f'<circle cx="{x(p[0]):.1f}" cy="{y(p[i]):.1f}" r="2.6" fill="{fill}"/>' for p in points]
        place = y(points[-1][i]) + 4 + (shift if ends[0][1] == i else -shift)
        body.append(_text(x(high) + 8, place, name, fill=fill))
    body += [_text(x(p[0]), height - bottom + 16, f"{p[0]:g}", anchor="middle", fill=FAINT, size=10) for p in points]
    caption = "阈值（比特） threshold (bits)"
    body.append(_text((left + width - 90) / 2, height - 6, caption, anchor="middle", fill=INK))
    return _svg(width, height, body, title)
