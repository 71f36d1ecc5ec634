"""The template of a mapping on disk, in a private place, and what to do with it."""

from pathlib import Path

from pi.readers.identification import identify
from pi.readers.mapping_table import COLUMNS, MappingError
from pi.readers.noise import noise_in
from pi.readers.reading import pictures_in
from pi.readers.scan import scan
from pi.readers.template import template_rows
from pi.slices.writing import write_private_table


def write_template(source: Path, file: Path, *, by_noise: bool) -> str:
    """Write what is understood of the folder ``source`` into the mapping ``file``.

    Args:
        source: folder of the scans.
        file: to be made, with its folder, for its owner alone.
        by_noise: measure the noise of slices whose dose nothing else tells.

    Returns:
        What was written and what to do next, without the name of anybody.

    Raises:
        SourceError: ``source`` is no folder, or an empty one.
        MappingError: no file holds a slice, ``file`` is there already, or cannot be written.
    """
    scanned = scan(source)
    identified = identify(
        scanned.slices, pictures_in(source), noise_in(source) if by_noise else None
    )
    rows = template_rows(scanned.slices, identified)
    if not rows:
        raise MappingError("a mapping must be of CT slices but none of the files holds one.")
    place = f"PI_CACHE/{file.parent.name}/{file.name}"
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private_table(file, COLUMNS, rows)
    except FileExistsError:
        raise MappingError(
            f"{place} must not be there, because you may have completed it, but it is; "
            "move it away."
        ) from None
    except OSError as error:
        raise MappingError(f"{place} must be writable but: {error.strerror}.") from None
    known, refused = len(identified.headers), len(identified.refused)
    return (
        f"{place} has {len(rows)} lines: {known} slices are understood, and the lines of {refused} "
        "others have empty fields.\nComplete it (a glob may stand for several lines: `**/low/*`), "
        "then copy it into the data folder as mapping.csv or name it by PI_MAPPING, and prepare "
        "again."
    )
