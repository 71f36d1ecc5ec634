"""What similarity does not tell: texture, detection and invention, beside Table 3 and in words.

Of each run against its reference, over patients: whether the noise keeps its texture, whether
lesions are as detectable, and whether more is shown that the normal dose does not show.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pi.comparison.comparison import Comparison
from pi.comparison.verdict import counted
from pi.detection.detectability import few_patients
from pi.detection.resamples import OBSERVERS
from pi.digits import NOTHING, effect
from pi.evaluation.metrics import mean_text
from pi.evaluation.ranking import LOW_DOSE_ROW
from pi.evaluation.table import LOW_DOSE
from pi.losses.experiments import MSE
from pi.report.blocks import TextTable
from pi.report.configuration import Configuration
from pi.report.pair_words import pair_sentence
from pi.report.run_pair import INVENTION, TEXTURE, RunPair, run_pair

SHOWN = (TEXTURE, "frequency_shift", INVENTION)
LOGGED = (*SHOWN[:2], *(f"detection/{observer}_dprime" for observer in OBSERVERS), INVENTION)
"""The columns of the block, as an evaluation logs them."""


@dataclass(frozen=True)
class Beyond:
    """What is known of a comparison beside similarity.

    Attributes:
        tables: the block beside Table 3, and detection by lesion; none where nothing is known.
        sentences: one a pair, or why there is none.
    """

    tables: tuple[TextTable, ...] = ()
    sentences: tuple[str, ...] = ()


def beyond_similarity(configurations: Sequence[Configuration], comparison: Comparison) -> Beyond:
    """Return what the runs of a comparison do beside similarity."""
    named = {one.name: one for one in configurations}
    control = next((one for one in configurations if one.experiment == MSE), None)
    first = next(iter(comparison.paired))
    said: dict[str, None] = {}
    pairs = []
    for one in (one for one in comparison.contrasts if one.metric == first):
        reference, other = named.get(one.reference), named.get(one.other)
        if reference is not None and other is not None:
            pairs.append(run_pair(reference, other, control, comparison.protocol, said))
    known = [pair for pair in pairs if pair.known]
    if not known:
        return Beyond(sentences=tuple(said))
    tables = (_block(configurations, comparison.protocol, known), _detection_table(known))
    sentences = (*(pair_sentence(pair) for pair in known), *said)
    return Beyond(tuple(table for table in tables if table is not None), sentences)


def _block(
    configurations: Sequence[Configuration], protocol: str, known: Sequence[RunPair]
) -> TextTable:
    detected: dict[str, dict[str, float]] = {}
    for pair in known:
        sought = pair.detection
        if sought is not None:
            whole = sought[sought["contrast_hu"].isna()].set_index("observer")
            for name, column in ((pair.reference, "reference"), (pair.other, "other")):
                detected[name] = {str(k): float(v) for k, v in whole[column].items()}
    rows: dict[str, dict[str, float]] = {}
    for one in configurations:
        spread = one.group.spread
        means = {
            str(metric): float(mean)
            for of, metric, mean in zip(
                spread["protocol"], spread["metric"], spread["mean"], strict=True
            )
            if of == protocol
        }
        own = {name: means.get(name, math.nan) for name in SHOWN}
        found = detected.get(one.name, {})
        rows[one.name] = own | {f"detection/{name}_dprime": v for name, v in found.items()}
    nothing = _of_low_dose(configurations, protocol)
    return beyond_table(rows | ({LOW_DOSE_ROW: nothing} if nothing else {}))


def _of_low_dose(configurations: Sequence[Configuration], protocol: str) -> dict[str, float]:
    """Return what was measured of doing nothing, by the first run that tells each metric."""
    found: dict[str, float] = {}
    for one in configurations:
        slices = one.group.table.slices
        own = slices[(slices["protocol"] == protocol) & (slices["image"] == LOW_DOSE)]
        means = {name: float(own[name].mean()) for name in SHOWN if name in own}
        found = {name: mean for name, mean in means.items() if math.isfinite(mean)} | found
    return found


def beyond_table(
    rows: Mapping[str, Mapping[str, float]], name: str = "table3_beyond", of: str = ""
) -> TextTable:
    """Return the block "texture, detection, invention" beside Table 3.

    Args:
        rows: of each run its values by the names of `LOGGED`; what is not there is a dash.
        name: of the table.
        of: whose slices, in front of its caption; empty: nothing is said of them.
    """
    cells = [
        (run, *(_logged_text(values.get(one, math.nan), one) for one in LOGGED))
        for run, values in rows.items()
    ]
    caption = of + (
        "Beside similarity. Texture: distance of the noise's log spectra to the normal dose's, and "
        "shift of its mean frequency (1/mm; below 0 is smoother). Detection: d' of lesions, mean "
        "over kinds. Invention: share of patches that show what the normal dose does not."
    )
    columns = ("Run", "Texture: distance", "Texture: shift", "Detection: d', CHO",
               "Detection: d', NPWE", "Invention: rate")  # fmt: skip
    return TextTable(name, "Texture, detection, invention", caption, columns, tuple(cells))


def _logged_text(value: float, name: str) -> str:
    return mean_text(value, name)


def _detection_table(known: Sequence[RunPair]) -> TextTable | None:
    rows = [
        (
            f"{pair.other} vs {pair.reference}",
            str(row["observer"]).upper(),
            "all" if math.isnan(row["radius_mm"])
            else f"{row['contrast_hu']:+g} HU, {row['radius_mm']:g} mm",
            f"{effect(row['other'], '')} vs {effect(row['reference'], '')}",
            effect(row["difference"]),
            NOTHING if math.isnan(row["low"]) else f"{effect(row['low'])} to {effect(row['high'])}",
        )
        for pair in known if pair.detection is not None
        for row in pair.detection.to_dict("records")
    ]  # fmt: skip
    if not rows:
        return None
    patients = max(int(p.detection["patients"].max()) for p in known if p.detection is not None)
    caption = (
        "Detection by kind of lesion: d' and its difference with 95 % intervals by a bootstrap of "
        f"{counted(patients, 'patient')} and of their lesions, the same resamples for both runs."
    )
    if few := few_patients(patients):
        caption = f"{caption} {few[:1].upper()}{few[1:]}"
    columns = ("Comparison", "Observer", "Lesion", "d'", "Difference", "95 % interval")
    return TextTable("detection", "Detection", caption, columns, tuple(rows))
