"""What was evaluated: Table 3 of each set of slices, and what similarity does not tell."""

import math
from collections.abc import Sequence

import pandas as pd

from pi.comparison.verdict import counted, heading
from pi.evaluation.metrics import mean_text, ranked_metrics
from pi.evaluation.ranking import LOW_DOSE_ROW, with_ranks
from pi.figures.noise_power import draw_noise_power, noise_spectra
from pi.figures.tissue_bias import draw_tissue_bias, tissue_biases
from pi.report.beyond import beyond_table
from pi.report.blocks import Block, Drawn, TextTable, Words
from pi.report.document import Section
from pi.report.figures import CaptionedFigure, drawn
from pi.report.stages.found import SHORT, EvaluatedRun, Texture
from pi.report.stages.long import long_table
from pi.report.tables import table_3

Group = tuple[str, str, str]
"""Digest, part and protocol: only evaluations that share all three stand in one table."""


def evaluated_section(found: Sequence[EvaluatedRun], texture: Texture | None) -> Section | None:
    """Return the section; None where nothing was evaluated."""
    groups = evaluated_groups(found)
    if not groups:
        return None
    blocks: list[Block] = []
    for number, (key, of) in enumerate(groups.items()):
        board = board_of_evaluated(of)
        blocks += [Words((_said(key, of, board),)), _table(number, key, board)]
        blocks += _beyond(number, key, of)
    if texture is not None:
        blocks += _texture(texture)
    return Section("evaluated", "Evaluation", tuple(blocks))


def evaluated_headline(found: Sequence[EvaluatedRun]) -> list[str]:
    """Return which evaluation is best on the largest set of test slices, in a sentence."""
    groups = evaluated_groups(found)
    if not groups:
        return []
    key, of = max(groups.items(), key=lambda item: (item[0][1] == "test", len(item[1])))
    return [_said(key, of, board_of_evaluated(of))]


def evaluated_groups(found: Sequence[EvaluatedRun]) -> dict[Group, list[EvaluatedRun]]:
    """Return the evaluations that may stand in one table, test before validation patients.

    Of several evaluations of one name, those of later runs are told apart by their ids.
    """
    groups: dict[Group, list[EvaluatedRun]] = {}
    for one in found:
        if one.values:
            groups.setdefault((one.run.digest, one.part, one.protocol), []).append(one)
    return dict(sorted(groups.items(), key=lambda item: (item[0][1] != "test", -len(item[1]))))


def board_of_evaluated(of: Sequence[EvaluatedRun]) -> pd.DataFrame:
    """Return Table 3's numbers, see `pi.evaluation.ranking.rank_runs`, from logged means.

    Doing nothing has a mean and no deviation: runs do not log one.
    """
    rows: list[dict[str, object]] = []
    for one in (one for one in of if one.denoised):
        row: dict[str, object] = {"experiment": _row_name(one, of)}
        for metric in ranked_metrics():
            row[metric], row[f"{metric}_sd"], _ = one.values[metric]
        rows.append(row)
    nothing: dict[str, object] = {"experiment": LOW_DOSE_ROW}
    for metric in ranked_metrics():
        nothing[metric], nothing[f"{metric}_sd"] = _of_nothing(of, metric), math.nan
    known = any(not math.isnan(_of_nothing(of, metric)) for metric in ranked_metrics())
    return with_ranks([*rows, *([nothing] if known else [])])


def _row_name(one: EvaluatedRun, of: Sequence[EvaluatedRun]) -> str:
    several = [other.label for other in of].count(one.label) > 1
    return f"{one.label} ({one.run.run_id[:SHORT]})" if several else one.label


def _of_nothing(of: Sequence[EvaluatedRun], metric: str) -> float:
    """Return the mean of doing nothing by the first run that tells it; NaN where none does."""
    told = (one.values[metric][2] for one in of)
    return next((mean for mean in told if not math.isnan(mean)), math.nan)


def _said(key: Group, of: Sequence[EvaluatedRun], board: pd.DataFrame) -> str:
    digest, part, protocol = key
    ordered = board.sort_values("ssim_rank")
    best = ordered.iloc[0]
    name, mean = str(best["experiment"]), mean_text(float(best["ssim"]), "ssim")
    low = _of_nothing(of, "ssim")
    fold = f", fold {of[0].fold}" if of[0].fold else ""
    where = (
        f"On {counted(of[0].slices, 'slice')} of {counted(of[0].patients, f'{part} patient')} "
        f"(data {digest[:SHORT]}{fold}, {protocol})"
    )
    if name == LOW_DOSE_ROW:
        return f"{where} nothing beats doing nothing: the low dose has a mean SSIM of {mean}."
    if math.isnan(low):
        return f"{where} {name} has the best mean SSIM, {mean}; nothing tells the low dose's."
    told = mean_text(low, "ssim")
    return f"{where} {name} has the best mean SSIM, {mean}; the low dose has {told}."


def _table(number: int, key: Group, board: pd.DataFrame) -> TextTable:
    _, part, protocol = key
    letter = "abcdefghijklmnopqrstuvwxyz"[number % 26] if number else ""
    whole = table_3(board, protocol)
    caption = f"{part.capitalize()} patients. {whole.caption}"
    return long_table(f"table3{letter}", f"Table 3{letter}", caption, whole.columns, whole.rows)


def _beyond(number: int, key: Group, of: Sequence[EvaluatedRun]) -> list[Block]:
    """Return texture, detection and invention beside the table; nothing where nobody measured."""
    rows = {
        _row_name(one, of): {name: own for name, (own, _) in one.beyond.items()}
        for one in of
        if one.denoised and one.beyond
    }
    nothing: dict[str, float] = {}
    for one in of:
        nothing |= {name: low for name, (_, low) in one.beyond.items() if name not in nothing}
    if not nothing:
        return []
    letter = "abcdefghijklmnopqrstuvwxyz"[number % 26] if number else ""
    part = f"{key[1].capitalize()} patients. "
    return [beyond_table({**rows, LOW_DOSE_ROW: nothing}, f"table3{letter}_beyond", part)]


def _texture(texture: Texture) -> list[Block]:
    said = (
        f"What similarity does not tell, of {texture.label}, which has the best mean "
        f"{heading('ssim')}: the texture of the noise that is left, and the bias by tissue."
    )
    blocks: list[Block] = [Words((said,))]
    if not texture.noise_power.empty:
        spectra = noise_spectra(texture.noise_power, texture.noise)
        caption = "Noise power over spatial frequency, by reconstruction."
        blocks.append(drawn(CaptionedFigure("noise_power", draw_noise_power(spectra), caption)))
    if not texture.tissues.empty:
        caption = "Bias in HU within each tissue of the target."
        figure = draw_tissue_bias(tissue_biases(texture.tissues))
        blocks.append(drawn(CaptionedFigure("tissue_bias", figure, caption)))
    if texture.slices is not None:
        caption = "The slices of its worst, median and best gain: low dose, output, target, errors."
        blocks.append(Drawn("slices", texture.slices, caption))
    return blocks
