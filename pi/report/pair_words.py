"""One run beside its reference in a sentence: influence, similarity, texture, lesions, invention.

What is invented is told beside MSE alone, where it is among the runs: a perceptual loss is held
against the denoiser without one.
"""

from pi.comparison.gains import Estimate
from pi.digits import effect, number, percent
from pi.evaluation.metrics import mean_text
from pi.figures.effect_forest import claimed
from pi.report.run_pair import TEXTURE, RunPair
from pi.report.text import estimate_text


def pair_sentence(pair: RunPair) -> str:
    """Return what is known of a pair, in one sentence.

    An interval that holds 0 shows no difference, which is not to say that there is none.
    """
    clauses = [_similarity(pair), _texture(pair), _detection(pair), _invention(pair)]
    said = "; ".join(clause for clause in clauses if clause)
    return f"{pair.beginning}: {said}."


def _similarity(pair: RunPair) -> str:
    if "ssim" not in pair.metrics:
        return ""
    change = pair.metrics["ssim"][2].value
    verb = "gains" if change >= 0 else "loses"
    return f"{verb} {mean_text(abs(change), 'ssim')} SSIM"


def _texture(pair: RunPair) -> str:
    if TEXTURE not in pair.metrics:
        return ""
    reference, other, change = pair.metrics[TEXTURE]
    means = f"{mean_text(other, TEXTURE)} against {mean_text(reference, TEXTURE)}"
    told = f"noise power distance {means}{_bounds(change)}"
    side = _side(change)
    if side is None:
        return f"no difference in the texture of the noise is shown ({told})"
    if side < 0:
        return f"keeps more of the texture of the noise ({told})"
    return f"keeps less of the texture of the noise ({told})"


def _detection(pair: RunPair) -> str:
    if pair.detection is None:
        return ""
    rows = pair.detection
    whole = rows[rows["contrast_hu"].isna() & (rows["observer"] == "cho")]
    if whole.empty:
        return ""
    row = whole.iloc[0]
    bounds = (float(row[name]) for name in ("difference", "low", "high"))
    change = claimed(Estimate(*bounds), int(row["patients"]))
    told = f"d' {effect(row['other'], '')} against {effect(row['reference'], '')}{_bounds(change)}"
    side = _side(change)
    if side is None:
        return f"no difference in the detection of lesions is shown ({told})"
    return f"lesions are {'more' if side > 0 else 'less'} detectable ({told})"


def _invention(pair: RunPair) -> str:
    found = pair.invented
    if found is None:
        return ""
    beside, own = found.rates
    rates = f"{percent(own)} of patches against {percent(beside)}{_bounds(found.change)}"
    by = "" if found.run == pair.other else f" by {found.run}"
    side = _side(found.change)
    if side is not None and side > 0:
        return f"more is invented{by} than by {found.beside} ({rates})"
    return f"no more invention{by} than by {found.beside} is shown ({rates})"


def _side(change: Estimate) -> int | None:
    """Return the sign of a difference whose interval does not hold 0; None of any other."""
    if change.low > 0:
        return 1
    return -1 if change.high < 0 else None


def _bounds(change: Estimate) -> str:
    if not change.bounded:
        return f", difference {number(change.value, '+')}, which so few patients do not bound"
    return f", difference {estimate_text(change)}"
