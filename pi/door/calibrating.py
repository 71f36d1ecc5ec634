"""Calibrate: the lambda that gives a Psi, from losses, from pairs of arrays, or from a store."""

from typing import overload

from numpy.typing import ArrayLike

from pi.choices import Estimator
from pi.door.calibration import Calibration, from_losses
from pi.door.pairs import Denoise, Features, losses_of_pairs
from pi.door.stored import from_store
from pi.errors import PiError
from pi.influence.weight_units import Units

TARGET = 0.95


class CalibrateError(PiError):
    """What is to be calibrated is told not at all, or in two ways."""


@overload
def calibrate(
    image: ArrayLike,
    perceptual: ArrayLike,
    *,
    target: float = ...,
    population: int | None = ...,
    estimator: Estimator = ...,
    state: str = ...,
    units: Units | None = ...,
) -> Calibration: ...
@overload
def calibrate(
    *,
    low: ArrayLike,
    normal: ArrayLike,
    features: Features,
    denoise: Denoise | None = ...,
    target: float = ...,
    population: int | None = ...,
    estimator: Estimator = ...,
    state: str = ...,
    units: Units | None = ...,
    batch_size: int = ...,
) -> Calibration: ...
@overload
def calibrate(
    *,
    store: str,
    experiment: str = ...,
    target: float = ...,
    estimator: Estimator = ...,
    state: str = ...,
    tolerance: float = ...,
    patch_size: int = ...,
    seed: int = ...,
) -> Calibration: ...
def calibrate(
    image: ArrayLike | None = None,
    perceptual: ArrayLike | None = None,
    *,
    low: ArrayLike | None = None,
    normal: ArrayLike | None = None,
    features: Features | None = None,
    denoise: Denoise | None = None,
    store: str = "",
    experiment: str = "demo1",
    target: float = TARGET,
    population: int | None = None,
    estimator: Estimator = "ratio_of_sums",
    state: str = "",
    units: Units | None = None,
    batch_size: int = 16,
    tolerance: float = 0.05,
    patch_size: int = 96,
    seed: int = 5,
) -> Calibration:
    """Return the lambda at which the perceptual loss is ``target`` of the total, with its interval.

    From the losses of each item, measured by whatever code, best with the input as the denoiser's
    output, which is the regime of training:

    >>> import pi
    >>> found = pi.calibrate(image=[2e-3, 3e-3, 1e-3], perceptual=[9.0, 11.0, 6.0], target=0.95)
    >>> print(f"{found.weight:.6f} ({found.low:.4f} to {found.high:.4f})")
    0.004385 (0.0034 to 0.0056)

    From pairs of arrays and any function from images to features:

    >>> import numpy as np
    >>> rng = np.random.default_rng(5)
    >>> normal = rng.uniform(0.2, 0.3, (8, 32, 32))
    >>> low = normal + rng.normal(0, 0.01, normal.shape)
    >>> edges = lambda images: np.diff(images, axis=2)
    >>> found = pi.calibrate(low=low, normal=normal, features=edges, target=0.5)
    >>> print(f"{found.weight:.1f}, {found.state}")  # squared edges of noise are twice its squares
    0.5, identity

    From a store, with an experiment of `pi` (needs the extra ``platform``):
    ``pi.calibrate(store="simulated:tiny", experiment="demo1")``.

    Args:
        image: (n,) image loss of each item.
        perceptual: (n,) perceptual loss of each item.
        low: (n, rows, columns) low dose, in the values of ``units``.
        normal: likewise, of the normal dose.
        features: from images (n, rows, columns) to features (n, ...), or one array a layer.
        denoise: from low-dose images to the same; None is the identity.
        store: ``simulated:PRESET``, or the name of a store that `prepare` made.
        experiment: of a store, see the command ``calibrate``.
        target: Psi asked for, in (0, 1).
        population: items there are; None: those given are a sample without an end.
        estimator: which Psi is meant.
        state: of the denoiser; empty: ``identity`` unless ``denoise`` is given.
        units: of losses and pairs, see `pi.Units`; of pairs the default is its own default.
        batch_size: images at a time.
        tolerance: of a store: relative half-width of the interval that is narrow enough.
        patch_size: of a store: side of a patch in pixels.
        seed: of a store: of the patches.

    Raises:
        CalibrateError: none of the three is given whole, or two are.
        PiError: see `from_losses`, `losses_of_pairs` and `from_store`.
    """
    given = {
        "losses": image is not None or perceptual is not None,
        "pairs": not (low is None and normal is None and features is None),
        "store": bool(store),
    }
    if sum(given.values()) != 1:
        raise _untold()
    if store:
        state = state or "identity"
        return from_store(store, experiment, target, state, estimator, tolerance, patch_size, seed)
    if given["pairs"]:
        if low is None or normal is None or features is None:
            raise _untold()
        units, state = units or Units(), state or ("identity" if denoise is None else "given")
        image, perceptual = losses_of_pairs(low, normal, features, denoise, units, batch_size)
    if image is None or perceptual is None:
        raise _untold()
    return from_losses(image, perceptual, target, population, estimator, state or "identity", units)


def _untold() -> CalibrateError:
    return CalibrateError(
        "`calibrate` must be given image and perceptual, or low, normal and features, or store, "
        "one of the three and that whole."
    )
