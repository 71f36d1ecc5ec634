"""What `python -m dashboards` serves: the pages of `dashboards.app`, at one address.

At the address of a page Streamlit's browser part looks for the server below that page first, and
is answered 404. Told where the server is, it asks there alone.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from streamlit.file_util import get_static_dir
from streamlit.starlette import App

from dashboards.app import PAGES

TOLD = """<script>
const own = location.origin + "/";
window.__streamlit = {BACKEND_BASE_URL: own, MAIN_PAGE_BASE_URL: own};
</script>"""


async def page(_: Request) -> HTMLResponse:
    """Return the document that draws every page."""
    text = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    told = text.replace("<head>", f"<head>{TOLD}", 1)
    return HTMLResponse(told, headers={"Cache-Control": "no-cache"})


app = App(
    Path(__file__).with_name("app.py"),
    routes=[Route(f"/{name}", page) for name, _, _ in PAGES[1:]],
)
