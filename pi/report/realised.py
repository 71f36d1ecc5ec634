"""Which influence the compared runs had in the end, and whether that was one and the same.

Two runs that were asked for the same influence may have had another: lambda is calibrated in one
state of the denoiser, and the two losses fall at unlike rates while it learns.
"""

import math
from collections.abc import Sequence

from pi.digits import NOTHING, number, percent
from pi.losses.experiments import MSE
from pi.report.blocks import TextTable
from pi.report.configuration import Configuration

MOST_APART = 1.5
"""Ratio of the odds of two influences above which they are not called equal: .95 and .927."""


def realised(one: Configuration) -> tuple[float, ...]:
    """Return the influence of the last epoch of each of its trainings, as far as it is logged."""
    return tuple(member.psi for member in one.members if not math.isnan(member.psi))


def odds(psi: float) -> float:
    """Return the ratio of the perceptual to the image loss that gives an influence."""
    return math.inf if psi >= 1 else psi / (1 - psi)


def odds_apart(least: float, most: float) -> float:
    """Return how many times the odds of one influence are those of a smaller one, 1 of equals."""
    if least == most:
        return 1.0
    return odds(most) / odds(least) if odds(least) > 0 else math.inf


def pair_influence(reference: Configuration, other: Configuration) -> str:
    """Return at which influence two runs stand beside one another: how a sentence on them begins.

    Runs without any perceptual loss have no influence to be equal, and of runs that nobody trained
    here, or whose trainings do not tell, none is known.
    """
    first, second = _qualified(reference), _qualified(other)
    if first.startswith("Ψ") and second.startswith("Ψ"):
        of_both = [*realised(reference), *realised(other)]
        equal = odds_apart(min(of_both), max(of_both)) <= MOST_APART
        at = f"At {'equal' if equal else 'unlike'} influence"
        shares = f"{first} and {second.removeprefix('Ψ ')}"
        return f"{at} ({shares}), beside {reference.name}, {other.name}"
    return f"Beside {reference.name}{_aside(first)}, {other.name}{_aside(second)}"


def _aside(qualified: str) -> str:
    return f" ({qualified})" if qualified.startswith("Ψ") else f", {qualified}"


def _qualified(one: Configuration) -> str:
    """Return the influence of a run's last epoch, or why there is none to tell."""
    own = realised(one)
    if own and max(own) > 0:
        shares = dict.fromkeys(percent(psi) for psi in (min(own), max(own)))
        return f"Ψ {' to '.join(shares)}"
    if own or one.weight == 0 or one.experiment == MSE:
        return "which had no perceptual loss"
    if all(member.training for member in one.members):
        return "whose Ψ is not logged"
    return "which was not trained here"


def unequal_influence(equal: Sequence[Configuration]) -> tuple[str, ...]:
    """Return the sentence that runs asked for one influence did not have it; none where they had.

    Args:
        equal: see `pi.report.recommendation.at_equal_influence`.
    """
    found = [(psi, one.name) for one in equal for psi in realised(one)]
    if not found:
        return ()
    (least, weaker), (most, stronger) = min(found), max(found)
    apart = odds_apart(least, most)
    if apart <= MOST_APART:
        return ()
    times = "without bound" if math.isinf(apart) else f"{number(apart)} times"
    return (
        f"These runs were asked for the same influence and did not have it: in the last epoch Ψ "
        f"was {percent(least)} for {weaker} and {percent(most)} for {stronger}, {times} apart in "
        f"odds (at most {MOST_APART:g} is called equal). What differs between them may come from "
        "how much the perceptual loss weighed, not from its layer or context: train them with a "
        "schedule that holds Ψ, such as constant_psi, before they are compared at equal influence.",
    )


def realised_table(configurations: Sequence[Configuration]) -> TextTable | None:
    """Return what influence each run was asked for and had; None where no training tells."""
    rows = [
        (
            one.name,
            percent(one.target),
            " to ".join(dict.fromkeys(percent(end) for end in (min(own), max(own)))),
            _times(one.target, own),
            str(len(own)),
        )
        for one in configurations
        if (own := realised(one))
    ]
    if not rows:
        return None
    caption = (
        "Influence as it was asked for, and as it was in the last epoch of training; odds are "
        "Ψ / (1 - Ψ)."
    )
    columns = ("Run", "Ψ asked for", "Ψ realised", "Odds, realised / asked", "Trainings")
    return TextTable("realised_influence", "Realised influence", caption, columns, tuple(rows))


def _times(target: float, own: Sequence[float]) -> str:
    if math.isnan(target):
        return NOTHING
    return " to ".join(
        dict.fromkeys(number(odds(psi) / odds(target)) for psi in (min(own), max(own)))
    )
