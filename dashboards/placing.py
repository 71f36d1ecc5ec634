"""What all pages share: figures with their files, tables, what is missing.

The pages select and place; every number and every figure comes from `pi`. Names and tags of the
store are other people's text: they are shown as text, never as Markdown or HTML.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Literal

import pandas as pd
import streamlit as st
from matplotlib.figure import Figure
from PIL import Image

from dashboards.charts.parts import FITTED, Spec
from pi.digits import NOTHING
from pi.errors import PiError
from pi.figures.ground import svg_on_dark
from pi.overview.readable import styled
from pi.tracking.listing import ListedRun, list_artifacts, read_logged_table
from pi.tracking.records import read_artifact

FRESH = 5  # seconds for which a list of runs is not asked for again
SAVED = 200
"""Dots per inch of a figure's PNG."""

ON_PAPER = 96 / 150
"""Pixels of the page for one of a logged picture, of 150 to the inch: its letters are then as large
as those of the page, and those of all pictures alike."""


def heading(title: str, said: str) -> None:
    """Place the head of a page."""
    st.header(title)
    st.caption(said)


def plain(text: str) -> str:
    """Return ``text`` so that Markdown shows every character of it as it is."""
    return re.sub(r"([\\`*_{}\[\]()<>#+.!|~$:-])", r"\\\1", " ".join(text.split()))


def missing(text: str, advice: str = "") -> None:
    """Say what is not there, and what would bring it."""
    st.info(plain(text) + (f"\n\n```\n{advice}\n```" if advice else ""), icon=":material/info:")


@contextmanager
def going_on() -> Iterator[None]:
    """Say what went wrong in the block, and go on after it."""
    try:
        yield
    except PiError as error:
        st.warning(plain(str(error)), icon=":material/warning:")


def chart(
    spec: Spec,
    rows: Mapping[str, pd.DataFrame],
    key: str,
    said: str,
    on_select: Callable[[], None] | Literal["ignore"] = "ignore",
) -> None:
    """Place a chart that can be touched.

    Args:
        spec: Vega-Lite.
        rows: its data by the names that the spec has for them.
        key: of the chart, unique in the page.
        said: what it shows, for those who cannot see it.
        on_select: called when something is picked in it.
    """
    whole = {"datasets": dict(rows), **spec, "autosize": FITTED}
    st.vega_lite_chart(None, whole, width="stretch", key=key, alt=said, on_select=on_select)


def savers(draw: Callable[[], Figure], name: str, table: Callable[[], pd.DataFrame]) -> None:
    """Place what saves a figure as SVG or PNG and its data as CSV.

    What is saved is for white paper, whatever the page's theme.

    Args:
        draw: draws it.
        name: of the files, without ending.
        table: makes its data.
    """
    with st.container(horizontal=True, gap="small"):
        _save(f"{name}.svg", lambda: written(draw(), "svg"), "image/svg+xml")
        _save(f"{name}.png", lambda: written(draw(), "png"), "image/png")
        _save(f"{name}.csv", lambda: table().to_csv(index=False).encode(), "text/csv")


def on_dark_page() -> bool:
    """Return whether the page is dark."""
    return bool(st.context.theme.type == "dark")


def written(drawn: Figure, kind: Literal["png", "svg"]) -> bytes:
    """Return a figure as the bytes of a file."""
    file = BytesIO()
    drawn.savefig(file, format=kind, dpi=SAVED)
    return file.getvalue()


def gallery(run: ListedRun, leave_out: Sequence[str] = (), order: Sequence[str] = ()) -> None:
    """Place what a run has logged for people: its note, figures, tables and pages.

    Args:
        run: of any stage.
        leave_out: names of figures that are shown already.
        order: beginnings of the names that come first, one after the other.
    """
    for paragraph in words_of(run.record.tags.get("mlflow.note.content", "")):
        st.markdown(plain(paragraph))

    def place(file: str) -> tuple[int, str]:
        found = [k for k, beginning in enumerate(order) if file.startswith(beginning)]
        return (found[0] if found else len(order), file)

    files = list_artifacts(run.run_id)
    for file in sorted(files, key=place):
        name, _, kind = file.rpartition(".")
        with going_on():
            if kind == "png" and name not in leave_out:
                st.subheader(plain(title_of(name)))
                with st.container(key=f"logged {name}"):  # wider than a phone: it scrolls
                    _logged_picture(run, name, files)
                _save_logged(run, [one for one in files if one.rpartition(".")[0] == name])
            elif (
                kind == "json"
                and (rows := read_artifact(run.run_id, file, read_logged_table)) is not None
            ):
                title = plain(title_of(name))
                with st.expander(title, expanded=name.startswith("table")):
                    table(rows, name)
            elif kind == "html":
                _save_logged(run, [file])


def _logged_picture(run: ListedRun, name: str, files: Sequence[str]) -> None:
    """Place a logged figure in the colours of the page, which its SVG alone can take."""
    png = read_artifact(run.run_id, f"{name}.png", Path.read_bytes)
    with Image.open(BytesIO(png)) as picture:
        width = round(picture.width * ON_PAPER)
    shown: bytes | str = png
    if on_dark_page() and f"{name}.svg" in files:
        shown = svg_on_dark(read_artifact(run.run_id, f"{name}.svg", Path.read_text))
    st.image(shown, width=width, output_format="PNG", alt=name)


def title_of(name: str) -> str:
    """Return what an artifact is called in a heading: of ``table4a`` it is Table 4a."""
    return re.sub(r"(?<=[a-z])(?=\d)", " ", name.replace("_", " ")).capitalize()


def words_of(note: str) -> list[str]:
    """Return a note's paragraphs: its tables are shown as tables, its marks are not."""
    lines = [line for line in note.splitlines() if not line.startswith("|")]
    words = "\n".join(lines).replace("**", "").replace("`", "")
    return [part.strip() for part in re.split(r"\n\n+|\n- ", f"\n{words}") if part.strip()]


def table(rows: pd.DataFrame, name: str) -> None:
    """Place a table, and what saves it as CSV."""
    st.dataframe(styled(rows), hide_index=True, width="stretch", placeholder=NOTHING)
    with st.container(horizontal=True):
        _save(f"{name}.csv", lambda: rows.to_csv(index=False).encode(), "text/csv")


def _save(file: str, data: Callable[[], bytes], kind: str, of: str = "") -> None:
    st.download_button(file.rpartition(".")[2].upper(), data, file, kind, key=f"save {of}{file}",
                       on_click="ignore", icon=":material/download:", type="tertiary",
                       help=f"Save as {file}")  # fmt: skip


def _save_logged(run: ListedRun, files: Sequence[str]) -> None:
    kinds = {"svg": "image/svg+xml", "png": "image/png", "csv": "text/csv", "html": "text/html"}
    with st.container(horizontal=True, gap="small"):
        for file in files:
            if kind := kinds.get(file.rpartition(".")[2]):
                data = partial(read_artifact, run.run_id, file, Path.read_bytes)
                _save(file, data, kind, of="logged ")  # a table of that name may be beside it
