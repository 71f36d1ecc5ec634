"""A figure on dark ground: ink and paper change, the colours of data do not."""

from io import StringIO

from matplotlib.figure import Figure

from pi.figures.colours import COLOURS, around
from pi.figures.ground import INK, PAPER, svg_on_dark


def drawn() -> Figure:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=COLOURS[0], label="data")
    axes.axhline(0.5, color="#888888")
    axes.scatter([0.5], [0.5], color=COLOURS[1])
    axes.set_title("title")
    axes.annotate("on an image", (0.5, 0.5), color="white")
    axes.legend()
    return figure


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, as WCAG defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_text_and_lines_of_data_stand_out_from_the_dark_as_wcag_asks() -> None:
    dark = PAPER["#ffffff"]
    assert min(contrast(INK[ink], dark) for ink in ("#000000", "#555555", "#777777")) >= 4.5
    assert min(contrast(INK.get(one, one), dark) for one in COLOURS) >= 3
    for number in range(60):
        assert min(contrast(around(number), ground) for ground in (dark, "#ffffff")) >= 3


def test_ink_and_paper_of_a_logged_figure_change_and_data_do_not() -> None:
    file = StringIO()
    drawn().savefig(file, format="svg")
    text = svg_on_dark(file.getvalue())
    assert f'<svg fill="{INK["#000000"]}"' in text
    assert "fill: #000000" not in text
    assert "stroke: #000000" not in text
    assert '<path d="M 0' in text
    assert 'style="fill: #ffffff"/>' not in text.replace('<g style="fill: #ffffff"', "")
    assert COLOURS[0].lower() in text.lower()
