"""Names in lines: by hand, and that nothing of a name is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from pi.figures.labels import inches_high, inches_wide, legend_below, wrapped


def test_a_line_ends_after_a_mark_and_anywhere_where_there_is_none() -> None:
    assert wrapped("vgg19:imagenet:block5_conv4", 16) == "vgg19:imagenet:\nblock5_conv4"
    assert wrapped("abcdefghij", 4) == "abcd\nefgh\nij"
    assert wrapped("short") == "short"
    assert wrapped("one\ntwo three", 5) == "one\ntwo\nthree"
    with pytest.raises(ValueError, match="`width` must be at least 1 but got 0"):
        wrapped("a", 0)


@given(st.text("ab_: ·-\n", max_size=80), st.integers(1, 40))
def test_nothing_but_blanks_is_lost_and_no_line_is_too_long(text: str, width: int) -> None:
    found = wrapped(text, width)
    assert "".join(found.split()) == "".join(text.split())
    assert max(map(len, found.split("\n"))) <= width


def test_a_legend_stands_below_once_an_entry_and_the_figure_grows() -> None:
    figure = Figure(figsize=(6, 3), layout="constrained")
    for axes in figure.subplots(1, 2):
        axes.plot(
            [0, 1], [0, 1], label="a name of sixty characters that goes on and on and on, yes"
        )
    legend_below(figure)
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 1
    assert figure.get_figheight() > 3
    bare = Figure(figsize=(6, 3))
    legend_below(bare)
    assert not bare.legends
    assert bare.get_figheight() == 3


def test_room_grows_with_lines_and_letters() -> None:
    assert inches_high("a\nb", 9) == 2 * inches_high("a", 9)
    assert inches_wide("abcd\nab", 9) == 2 * inches_wide("ab", 9)
