"""A picture that is kept as a file, within a page."""

from base64 import b64encode

from markupsafe import Markup

PNG = b"\x89PNG\r\n\x1a\n"
"""How every PNG begins."""


def embedded_png(data: bytes, said: str) -> Markup | None:
    """Return an ``<img>`` that holds its file; None where the file is no PNG.

    Args:
        data: content of the file.
        said: what it shows, for those who cannot see it.
    """
    if not data.startswith(PNG):
        return None
    picture = '<img src="data:image/png;base64,{}" alt="{}">'
    return Markup(picture).format(b64encode(data).decode(), said)
