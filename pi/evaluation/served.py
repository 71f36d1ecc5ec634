"""A trained denoiser as MLflow serves it: Hounsfield units in, Hounsfield units out.

MLflow loads a logged model through `_load_pyfunc` of this module, which travels with the model;
`mlflow models serve` and `mlflow.pyfunc.load_model` both come through here.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from pi.errors import PiError
from pi.evaluation.denoise import SliceDenoiser, slice_denoiser
from pi.network.state import restore_weights
from pi.network.unet import build_unet

WEIGHTS = "unet.weights.h5"
FACTS = "denoiser.json"


class ServedModelError(PiError):
    """What a served denoiser is given is no stack of slices."""


@dataclass(frozen=True)
class ServedDenoiser:
    """The model as MLflow calls it.

    Attributes:
        denoise: from slices in HU to slices in HU.
    """

    denoise: SliceDenoiser

    def predict(
        self, model_input: NDArray[np.floating], params: dict[str, object] | None = None
    ) -> NDArray[np.float32]:
        """Return the denoised slices, (n, rows, columns) float32 HU.

        Args:
            model_input: (n, rows, columns) low-dose slices in HU; any rows and columns.
            params: MLflow's; there are none.

        Raises:
            ServedModelError: the input has another number of axes, or is not finite.
        """
        slices = np.asarray(model_input)
        if slices.ndim != 3:
            raise ServedModelError(
                f"the input must be (n, rows, columns) in HU but got shape {slices.shape}."
            )
        if not np.isfinite(slices).all():
            raise ServedModelError("the input must be finite HU but holds NaN or infinity.")
        return self.denoise(slices)


def save_denoiser(unet: keras.Model, channels: int, folder: Path) -> None:
    """Write what `_load_pyfunc` reads: the weights, and the width they belong to."""
    unet.save_weights(folder / WEIGHTS)
    (folder / FACTS).write_text(json.dumps({"channels": channels}))


def _load_pyfunc(data_path: str) -> ServedDenoiser:
    folder = Path(data_path)
    unet = build_unet(json.loads((folder / FACTS).read_text())["channels"], seed=0)
    restore_weights(unet, folder / WEIGHTS)
    return ServedDenoiser(slice_denoiser(unet))
