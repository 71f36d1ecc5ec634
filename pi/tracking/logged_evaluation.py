"""What the tracking store holds of an evaluation, and of all those of Algorithm 1: Table 3."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from pi.choices import EvaluatedPart
from pi.detection.detectability import Detection
from pi.digits import effect, number, percent
from pi.evaluation.choice import ShownSlice
from pi.evaluation.doing_nothing import WORSE
from pi.evaluation.measure import Evaluation, volumes_of
from pi.evaluation.metrics import mean_text, ranked_metrics
from pi.evaluation.model_card import Judged
from pi.evaluation.protocol import Protocol
from pi.evaluation.scores import leading, scores, scores_table
from pi.evaluation.summary import error_table, note, paper_table, summarise
from pi.evaluation.table import RECONSTRUCTION, protocols_of, wide
from pi.figures.denoised_slices import draw_details, draw_slices, slice_rows, to_uint8
from pi.figures.noise_power import draw_noise_power, noise_spectra, spectrum_table
from pi.figures.slice_row import row_table
from pi.figures.tissue_bias import draw_tissue_bias, tissue_biases
from pi.report.blocks import TextTable
from pi.slices.store import Store
from pi.text_table import markdown
from pi.tracking.logged_data import log_data
from pi.tracking.records import IDENTITY, SCORES, SUBJECT
from pi.tracking.registry import tell_model
from pi.tracking.run import NOTE, Run


@dataclass(frozen=True, slots=True)
class Origin:
    """Where what is evaluated is from.

    Attributes:
        name: as it was asked for.
        run_id: of the run of ours that made it, or ``identity``; empty of anybody else's.
        passed: parameters that the evaluation shows beside its metrics.
        tags: what identifies it, and what is known of it.
    """

    name: str
    run_id: str
    passed: Mapping[str, str]
    tags: Mapping[str, str]


def log_setup(
    run: Run,
    parameters: Mapping[str, str],
    origin: Origin,
    store: Store,
    part: EvaluatedPart,
    protocols: Sequence[Protocol],
) -> None:
    """Log what is about to be evaluated, by which protocols, on which data.

    Args:
        run: the evaluation.
        parameters: as typed.
        origin: of what is evaluated.
        store: the data.
        part: whose patients.
        protocols: by which slices are compared.

    Raises:
        EvaluationError: the part has no patients.
    """
    volumes = [store.volumes[number] for number in volumes_of(store, part)]
    facts = {
        "part": part,
        "patients": len({volume.patient for volume in volumes}),
        "slices": sum(len(volume.positions) for volume in volumes),
        "reconstructions": sorted({str(volume.reconstruction) for volume in volumes}),
    }
    known = log_data(run, store, facts)
    names = ",".join(protocol.name for protocol in protocols)
    made = {"pi.evaluated_run": origin.run_id} if origin.run_id else {}
    run.tags({SUBJECT: origin.name, **made, "pi.protocols": names, **origin.tags})
    run.params(origin.passed)
    if origin.run_id not in ("", IDENTITY):
        run.tags_of(origin.run_id, {f"pi.evaluated_by.{part}": run.run_id})
    described = {protocol.name: asdict(protocol) for protocol in protocols}
    run.json({"parameters": parameters, "data": known, "protocols": described}, "config.json")


def log_evaluation(
    run: Run, evaluation: Evaluation, protocols: Sequence[Protocol], made_by: str = ""
) -> None:
    """Log tables, metrics, figures without pixels, and the note.

    What the run shows as metrics its model shows too, where a run of ours made that: ``made_by``.
    """
    slices, found = evaluation.slices, scores(evaluation)
    shown = leading(found, protocols_of(slices))
    run.metrics(shown)
    run.table(scores_table(found), SCORES)
    if made_by not in ("", IDENTITY):
        tell_model(run, made_by, shown)
    run.parquet(slices, "slices.parquet")
    run.table(wide(slices), "slices.json")
    run.table(paper_table(slices), "summary.json")
    run.table(error_table(slices), "errors.json")
    run.table(summarise(slices, RECONSTRUCTION), "by_reconstruction.json")
    run.table(summarise(slices, ["patient"]), "by_patient.json")
    if not evaluation.tissues.empty:  # as of a table of metrics, without pixels
        _log_texture(run, evaluation)
    first = protocols_of(slices)[0]  # the answer at once: of a longer text the UI shows two lines
    answer = f"{Judged('', first, shown).means()} ({first})"
    run.note("\n\n".join(filter(None, [answer, note(slices, protocols), evaluation.remark])))


def _log_texture(run: Run, evaluation: Evaluation) -> None:
    """Log what became of noise and tissues, which pixels alone tell."""
    run.parquet(evaluation.noise_power, "noise_power.parquet")
    run.table(evaluation.noise, "noise.json")
    run.parquet(evaluation.tissues, "tissues.parquet")
    run.table(evaluation.tissues.replace(np.inf, np.nan), "tissues.json")
    spectra = noise_spectra(evaluation.noise_power, evaluation.noise)
    run.figure(draw_noise_power(spectra), "noise_power", spectrum_table(spectra))
    tissues = tissue_biases(evaluation.tissues)
    run.figure(draw_tissue_bias(tissues), "tissue_bias", evaluation.tissues)


SIGHTINGS = "sightings.parquet"
"""Artifact of an evaluation that looked at lesions: every look, by which runs are compared."""


def log_detection(run: Run, sightings: pd.DataFrame, detection: Detection | None) -> None:
    """Log every look at a lesion, how detectable each kind is, and the means over kinds.

    Args:
        run: of the evaluation.
        sightings: by which runs are compared, folds together.
        detection: None where there are too few looks for any.
    """
    run.parquet(sightings, SIGHTINGS)
    if detection is None:
        return
    run.parquet(detection.table, "detection.parquet")
    run.table(detection.table.replace([np.inf, -np.inf], np.nan), "detection.json")
    run.metrics(detection.scores())
    run.note(f"{run.tag(NOTE)}\n\n{detection.note()}")


def log_metrics_table(run: Run, table: pd.DataFrame) -> None:
    """Log what all protocols make of the same slices, see `pi.evaluation.metrics_table`."""
    run.table(table.replace(np.inf, np.nan), "metrics_table.json")
    run.text(table.to_csv(index=False), "metrics_table.csv")


def log_slices(
    run: Run, shown: Sequence[ShownSlice], metric: str, window: tuple[float, float]
) -> None:
    """Log slices as figures, and as images of fixed keys for the UI's grid.

    These are pixels: of a patient only where the user asked for it.

    Args:
        run: the evaluation.
        shown: the slices.
        metric: name of the metric by which they were chosen, as captions spell it.
        window: HU from black to white.
    """
    rows = slice_rows(shown, metric)
    run.figure(draw_slices(rows, window), "slices", row_table(rows))
    run.figure(draw_details(rows, window), "details", row_table(rows))
    for row in rows:
        for panel in row.panels:
            run.image(to_uint8(panel, window), f"{row.rank}/{panel.name}")


def log_board(
    run: Run,
    board: pd.DataFrame,
    switches: Sequence[Mapping[str, str]],
    evaluated_on: str,
    learned: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    beside: TextTable | None = None,
) -> None:
    """Log Table 3 as metrics, table and note, and the board of switches.

    The metrics of the best experiment are the run's own, too, so that tables of runs show them.

    Args:
        run: of the whole job.
        board: see `pi.evaluation.ranking.rank_runs`.
        switches: see `pi.switches.switch_rows`.
        evaluated_on: in words, whose slices the table is of.
        learned: lambda, Psi and scores of each experiment.
        beside: texture, detection and invention; None where none was measured.
    """
    run.table(board, "table3.json")
    run.text(board.to_csv(index=False), "table3.csv")
    run.table(pd.DataFrame(switches), "switches.json")
    run.metrics(
        {
            f"{metric}_of/{row['experiment']}": float(row[metric])
            for _, row in board.iterrows()
            for metric in ranked_metrics()
        }
    )
    names = [str(name) for name in board["experiment"]]
    best = next((name for name in names if name in learned), names[0])  # the low dose learned none
    run.metrics(learned.get(best, {}))
    for name, own in learned.items():
        run.metrics({f"{kind}_of/{name}": own[key] for key, kind in OWN.items() if key in own})
    run.tags({"pi.best": best})
    head = ["experiment", *(metric.upper() for metric in ranked_metrics()), "mean rank",
            "λ", "Ψ of the last epoch", "SSIM beside the low dose's"]  # fmt: skip
    rows = [
        [
            row["experiment"],
            *(mean_text(row[metric], metric) for metric in ranked_metrics()),
            effect(row["mean_rank"], ""),
            *_learned_cells(learned.get(row["experiment"], {})),
        ]
        for _, row in board.iterrows()
    ]
    table = markdown([head, *rows])
    worse = f", and {WORSE}" if names.index(best) else ""
    weight, psi, gain = _learned_cells(learned.get(best, {}))
    told = f"λ {weight}, Ψ {psi} in the last epoch, SSIM {gain} beside the low dose's"
    said = [f"**{best}** is best{worse}: {told}, on {evaluated_on} (Table 3)", table]
    if beside is not None:
        run.table(pd.DataFrame(beside.rows, columns=beside.columns), f"{beside.name}.json")
        said += [f"{beside.label}. {beside.caption}", markdown([beside.columns, *beside.rows])]
    run.note("\n\n".join(said))


OWN = {"lambda": "lambda", "train/psi": "psi", "kept/ssim": "kept_ssim"}
"""What each experiment is told by in the run of the whole job, and what the metric is called."""


def _learned_cells(learned: Mapping[str, float]) -> list[str]:
    weight, psi, gain = (
        learned.get(name, math.nan) for name in ("lambda", "train/psi", "paper8/ssim_gain")
    )
    return [number(weight), percent(psi), number(gain, "+")]
