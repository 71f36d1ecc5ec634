"""Figures within a page."""

import re

import numpy as np
from matplotlib.figure import Figure

from pi.report.svg import inline_svg


def drawn(label: str = "a label") -> str:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="black", label=label)
    axes.set_title(label)
    axes.imshow(np.zeros((4, 4)))
    axes.legend()
    return str(inline_svg(figure, "one", 'said "so" & so'))


def test_it_is_one_element_without_prolog_or_metadata() -> None:
    text = drawn()
    assert text.startswith('<svg viewBox="')
    assert text.rstrip().endswith("</svg>")
    for absent in ("<?xml", "<!DOCTYPE", "<metadata", "<style"):
        assert absent not in text
    assert 'aria-label="said &#34;so&#34; &amp; so"' in text


def test_text_stays_text_and_takes_the_pages_colours() -> None:
    text = drawn()
    assert re.search(r"<text[^>]*>a label</text>", text)
    assert "#000000" not in text
    assert "currentColor" in text
    assert "fill: var(--paper)" in text  # the legend's ground


def test_images_are_within_and_nothing_is_fetched() -> None:
    links = re.findall(r'(?:xlink:)?href="([^"]*)"', drawn())
    assert any(link.startswith("data:image/png;base64,") for link in links)
    assert all(link.startswith(("data:", "#")) for link in links)


def test_what_a_label_holds_is_escaped() -> None:
    text = drawn("<script>alert(1)</script>")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_every_reference_finds_its_identity_and_no_other_is_kept() -> None:
    text = drawn()
    kept = re.findall(r' id="([^"]+)"', text)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    assert set(kept) == used
    assert used
