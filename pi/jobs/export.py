"""The pairs of a store as files, for people who train elsewhere; nothing of it is tracked."""

from dataclasses import dataclass

from pi.choices import ArrayFormat
from pi.jobs.exported.pairs import ExportedFolder, export_part, needed_parts, parts_of
from pi.jobs.opening import notes_of, open_asked, slices_in
from pi.jobs.result import Result, joined
from pi.new_folder import new_folder, require_new
from pi.parameters import ExportParameters
from pi.places import export_folder
from pi.progress import counting
from pi.tracking.tracker import UNTRACKED, Tracker

VARIABLE = "PI_EXPORT"


@dataclass(frozen=True, repr=False)
class ExportResult(Result):
    """Pairs in a folder.

    Attributes:
        folders: what was written, a record a part.
        format: of the files.
        digest: of the store they are of.
        notes: what is to be known of the data.
    """

    folders: tuple[ExportedFolder, ...]
    format: ArrayFormat
    digest: str
    notes: tuple[str, ...]

    @property
    def headline(self) -> str:
        """How many pairs."""
        slices = sum(one.slices for one in self.folders)
        return f"{slices} pairs of slices in the folder that PI_EXPORT names, as {self.format}"

    def text(self) -> str:
        """Return what was written, and how outputs come back."""
        lines = [
            f"  {one.part}: {one.slices} pairs in {one.volumes} volumes of {one.patients} patients"
            for one in self.folders
        ]
        back = (
            "denoise low_dose, write the outputs under the same names with keys.csv beside them, "
            "and `evaluate --run outputs:NAME` compares them"
        )
        return joined(*self.notes, self.headline, *lines, f"digest {self.digest}", back)


def export(parameters: ExportParameters, tracker: Tracker = UNTRACKED) -> ExportResult:
    """Write the pairs into a new folder, which appears when all are there.

    Raises:
        PiError: the data or the folder that were asked for cannot be had.
    """
    p = parameters
    folder = export_folder()
    require_new(folder, VARIABLE)
    store = open_asked(p, p.fold, *needed_parts(p.part))
    parts = parts_of(store, p.part)
    total = slices_in(store, parts)
    with new_folder(folder, VARIABLE) as partial, counting("exporting", "pair", total) as bar:
        folders = tuple(export_part(store, part, p.format, partial, bar.advance) for part in parts)
    return ExportResult(folders, p.format, store.digest, notes_of(store))
