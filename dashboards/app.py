"""The dashboard: `make dashboard`, or `python -m dashboards`.

It reads the tracking store that MLFLOW_TRACKING_URI names (default: mlflow.db in this folder) and
writes nothing. Each page is a file in `dashboards/screens`.
"""

from pathlib import Path

import streamlit as st

from dashboards.placing import on_dark_page

ICON = Path(__file__).parent / "pictures" / "icon.svg"
PAGES = (
    ("overview", "Overview", ":material/home:"),
    ("influence", "Influence", ":material/balance:"),
    ("training", "Training", ":material/show_chart:"),
    ("slices", "Slices", ":material/radiology:"),
    ("comparison", "Comparison", ":material/compare_arrows:"),
    ("studies", "Search", ":material/travel_explore:"),
)

STYLE = Path(__file__).with_name("style.css")
DARK_ON_PAPER = Path(__file__).with_name("dark_on_paper.css")


def path_of(name: str) -> str:
    """Return the path of a page below the server's address; the first page is the server's own."""
    return "" if name == PAGES[0][0] else name


def main() -> None:
    """Place the navigation and the page that is chosen."""
    # Without a picture of its own, Streamlit would have the browser fetch one from elsewhere.
    st.set_page_config("Perceptual influence", ICON.read_text(), layout="wide")
    st.html(STYLE)
    if on_dark_page():
        st.html(DARK_ON_PAPER)
    pages = [
        st.Page(
            f"screens/{name}.py", title=title, icon=icon, url_path=name, default=name == PAGES[0][0]
        )
        for name, title, icon in PAGES
    ]
    chosen = st.navigation(pages, position="top")
    with st.container(horizontal=True, gap="small", key="links"):  # on a phone, see the style
        for page in pages:
            st.page_link(page)
    chosen.run()


if __name__ == "__main__":
    main()
