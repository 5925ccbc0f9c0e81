"""A cost against merchants or SKUs as an SVG: a line for each number of workers, logarithmic along both axes."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10

Line = Sequence[tuple[float, float]]

WIDTH, HEIGHT, LEFT, TOP, GAP = 300, 200, 56, 30, 40
COLOURS = ("#1f6feb", "#d1570a", "#2e8540", "#8250df")
TEXT = "font-family:sans-serif;font-size:11px;fill:#57606a"


def chart(titles: Sequence[str], x_label: str, lines: Sequence[Mapping[str, Line]]) -> str:
    """A panel for each title, side by side; `lines` of each panel by their names."""
    panels = [_panel(title, x_label, of, number) for number, (title, of) in enumerate(zip(titles, lines, strict=True))]
    width = len(panels) * (WIDTH + LEFT + GAP)
    size = f'width="{width}" height="{HEIGHT + TOP + 50}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n' + "\n".join(panels) + "\n</svg>\n"


def _panel(title: str, x_label: str, lines: Mapping[str, Line], number: int) -> str:
    left = number * (WIDTH + LEFT + GAP) + LEFT
    points = [point for line in lines.values() for point in line]
    x_axis, y_axis = _decades([x for x, _ in points]), _decades([y for _, y in points])

    def x_of(x: float) -> float:
        return left + WIDTH * (log10(x) - x_axis[0]) / (x_axis[-1] - x_axis[0])

    def y_of(y: float) -> float:
        return TOP + HEIGHT * (y_axis[-1] - log10(y)) / (y_axis[-1] - y_axis[0])

    drawn = [f'<text x="{left}" y="{TOP - 12}" style="{TEXT};font-weight:bold">{title}</text>']
    for decade in x_axis:
        x = x_of(10.0**decade)
        drawn.append(f'<path d="M{x:.1f} {TOP}v{HEIGHT}" stroke="#d0d7de"/>')
        drawn.append(
            f'<text x="{x:.1f}" y="{TOP + HEIGHT + 16}" text-anchor="middle" style="{TEXT}">{_told(decade)}</text>'
        )
    for decade in y_axis:
        y = y_of(10.0**decade)
        drawn.append(f'<path d="M{left} {y:.1f}h{WIDTH}" stroke="#d0d7de"/>')
        drawn.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end" style="{TEXT}">{_told(decade)}</text>')
    for (name, line), colour in zip(lines.items(), COLOURS, strict=False):
        path = "L".join(f"{x_of(x):.1f} {y_of(y):.1f}" for x, y in sorted(line))
        drawn.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = max(line)
        drawn += [f'<circle cx="{x_of(each):.1f}" cy="{y_of(at):.1f}" r="3" fill="{colour}"/>' for each, at in line]
        drawn.append(
            f'<text x="{x_of(x) - 4:.1f}" y="{y_of(y) - 7:.1f}" text-anchor="end" style="{TEXT}">{name}</text>'
        )
    drawn.append(
        f'<text x="{left + WIDTH / 2}" y="{TOP + HEIGHT + 34}" text-anchor="middle" style="{TEXT}">{x_label}</text>'
    )
    return "\n".join(drawn)


def _decades(values: Sequence[float]) -> list[int]:
    """Exponents of ten around all values, two at least."""
    first, last = floor(log10(min(values))), ceil(log10(max(values)))
    return list(range(first, max(last, first + 1) + 1))


def _told(decade: int) -> str:
    return f"{10**decade:,}" if decade >= 0 else f"{10.0**decade:g}"
