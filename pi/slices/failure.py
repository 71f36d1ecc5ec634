"""Why a folder gave no store: one true sentence, then every reason with its count."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from pi.readers.claims import way_out
from pi.readers.header import SliceHeader
from pi.readers.refusal import HARMLESS, Refused
from pi.readers.scan import SourceError

SIMULATE = "`prepare --low_dose simulated:0.25` makes a low dose from it"


class UnusableError(SourceError):
    """Nothing in a folder can be used; says why of every file.

    Attributes:
        refused: every file and slice that was left out.
    """

    def __init__(self, problem: str, refused: Sequence[Refused], kept: str = "") -> None:
        self.problem, self.refused = problem, tuple(refused)
        pointer = [f"every file with its reason: {kept}"] if kept else []
        super().__init__("\n".join((problem, *reason_lines(refused), *pointer)))

    def with_account(self, kept: str) -> "UnusableError":
        """Return the error that also says where every file's reason is kept."""
        return UnusableError(self.problem, self.refused, kept)


def reason_lines(refused: Iterable[Refused]) -> list[str]:
    """Return a line for every reason code: its count, and its commonest sentence."""
    details: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item in refused:
        details[item.refusal.reason][item.refusal.detail] += 1
    lines = []
    for code, counts in sorted(details.items(), key=lambda item: (-item[1].total(), item[0])):
        detail, _ = max(counts.items(), key=lambda item: (item[1], item[0]))
        others = f" (and {len(counts) - 1} more like it)" if len(counts) > 1 else ""
        lines.append(f"  {counts.total():6d}  {code}: {detail}{others}")
    return lines


def nothing_read(files: int, refused: Sequence[Refused]) -> UnusableError:
    """Return the error for a folder without a slice of which everything needed is known."""
    counts = Counter(item.refusal.reason for item in refused)
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))
    problem = (
        f"`source` must hold CT slices at two doses but none of its {files} files is a usable one "
        f"({reasons})."
    )
    return UnusableError(problem, refused)


def nothing_paired(headers: Collection[SliceHeader], refused: Sequence[Refused]) -> UnusableError:
    """Return the error for slices of which no two are of one place at two doses.

    Args:
        headers: the slices whose patient, dose and reconstruction are known; at least one.
        refused: everything that was left out, ``headers`` among it.
    """
    others = sum(item.refusal.reason not in HARMLESS for item in refused) - len(headers)
    problem = f"`source` must hold slices at full and at low dose but {_problem(headers, others)}"
    if others > 0:
        problem += f"; {others} other files or slices were refused"
    return UnusableError(f"{problem}.", refused)


def nothing_transferred(refused: Sequence[Refused]) -> UnusableError:
    """Return the error for pairs of which no one can be used once their pixels are read."""
    return UnusableError(
        "`source` must hold two different doses but no pair of slices is usable.", refused
    )


def _problem(headers: Collection[SliceHeader], others: int) -> str:
    low = [header for header in headers if header.dose == "low"]
    normal = [header for header in headers if header.dose == "normal"]
    if not (low and normal):
        dose, cure = ("low", "") if low else ("full", f" ({SIMULATE})")
        count = len(headers)
        which = f"the {count} slices that are known" if others > 0 else f"all {count} slices"
        return f"{which} are of the {dose} dose{cure}"
    if not {one.patient for one in low} & {one.patient for one in normal}:
        return (
            f"the {len(normal)} full-dose slices and the {len(low)} low-dose slices are of "
            f"different patients ({way_out('patient')})"
        )
    return _of_the_same_patients(low, normal)


def _of_the_same_patients(low: Sequence[SliceHeader], normal: Sequence[SliceHeader]) -> str:
    ours, theirs = ({_scan(one) for one in side} for side in (low, normal))
    if not ours & theirs:
        return (
            "the doses of a patient were reconstructed unlike: the low dose as "
            f"{_listed({how for _, how in ours})}, the full dose as "
            f"{_listed({how for _, how in theirs})}"
        )
    low, normal = ([one for one in side if _scan(one) in ours & theirs] for side in (low, normal))
    return (
        f"none of {len(normal)} full-dose slices lies where one of {len(low)} low-dose slices does "
        f"on the same grid: the full dose reaches {_reach(normal)} and the low dose {_reach(low)} "
        "along the normal"
    )


def _scan(header: SliceHeader) -> tuple[str, str]:
    """Return what two slices must share to be one patient's at two doses."""
    return header.patient, f"{header.reconstruction.thickness:g}mm {header.reconstruction.kernel}"


def _listed(words: Collection[str]) -> str:
    return ", ".join(sorted(words)[:4]) + (", ..." if len(words) > 4 else "")


def _reach(headers: Collection[SliceHeader]) -> str:
    """Return the range of positions, of slices whose place nobody knows that of their numbers."""
    positions = [header.position for header in headers]
    unplaced = any(header.numbered for header in headers)
    kind, unit = ("slice number ", "") if unplaced else ("", " mm")
    return f"from {kind}{min(positions):g} to {max(positions):g}{unit}"
