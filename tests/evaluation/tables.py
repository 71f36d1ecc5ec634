"""Slice tables made by hand."""

import pandas as pd

from pi.evaluation.metrics import METRICS


def row(
    patient: str, position: float, image: str, ssim: float, psnr: float = 30.0, **more: object
) -> dict[str, object]:
    """One row; every other metric is 1."""
    return {
        "patient": patient,
        "thickness": 1.0,
        "kernel": "B30",
        "dose": 0.0,
        "position": position,
        "protocol": "paper8",
        "image": image,
        **dict.fromkeys(METRICS, 1.0),
        "ssim": ssim,
        "psnr": psnr,
        **more,
    }


def by_hand() -> pd.DataFrame:
    """Two patients, five slices; gains in SSIM: .1, .2, .3 of one and -.1, 0 of the other."""
    ssims = {("P", 0.0): (0.5, 0.6), ("P", 1.0): (0.5, 0.7), ("P", 2.0): (0.4, 0.7),
             ("Q", 0.0): (0.9, 0.8), ("Q", 1.0): (0.8, 0.8)}  # fmt: skip
    return pd.DataFrame(
        [
            row(patient, position, image, value)
            for (patient, position), pair in ssims.items()
            for image, value in zip(("low_dose", "denoised"), pair, strict=True)
        ]
    )
