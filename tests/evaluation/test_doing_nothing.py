"""Whether an output is worth more than the input, in words and by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from evaluation.tables import by_hand, row

from pi.evaluation.doing_nothing import BesideNothing, before_sentence, of_training
from pi.evaluation.model_card import model_card
from pi.evaluation.summary import beside_nothing, note, summary_text


@pytest.mark.parametrize(
    ("output", "low_dose", "worse", "said"),
    [
        (0.9, 0.95, True, "SSIM 0.9000, below the low dose's 0.9500: worse than doing nothing"),
        (0.96, 0.95, False, "SSIM 0.9600, above the low dose's 0.9500"),
        (0.95, 0.95, False, "SSIM 0.9500, that of the low dose itself"),
        (math.nan, 0.95, False, "is not known"),
        (0.95, math.nan, False, "is not known"),
    ],
)
def test_an_output_beside_its_input(output: float, low_dose: float, worse: bool, said: str) -> None:
    beside = BesideNothing(output, low_dose)
    assert beside.worse == worse
    assert beside.text().endswith(said)
    assert ("worse than doing nothing" in beside.text()) == worse


def test_a_training_says_both_and_an_old_one_does_not() -> None:
    assert of_training({"kept/ssim": 0.9, "validation/ssim_low_dose": 0.95}).worse
    assert not of_training({"kept/ssim": 0.9}).known
    assert "0.9500; an output below that is worse" in before_sentence(0.95)


def test_an_evaluation_names_every_mean_that_got_worse() -> None:
    table = pd.DataFrame(
        [
            row("P", 0.0, "low_dose", 0.5, 20.0, rmse_hu=10.0),
            row("P", 0.0, "denoised", 0.4, 21.0, rmse_hu=12.0),
        ]
    )
    both = pd.concat([table, table.assign(protocol="ldctbench", ssim=[0.5, 0.6])])
    said = "Worse than doing nothing: SSIM under paper8 (0.4000 beside 0.5000), RMSE (HU) (12.0"
    assert beside_nothing(both) == f"{said} beside 10.0)."
    assert beside_nothing(both) in summary_text(both)
    assert beside_nothing(both) in note(both, ())
    for worth in (by_hand(), table[table["image"] == "low_dose"]):
        assert beside_nothing(worth) == ""
    infinite = table.assign(psnr=[20.0, np.inf])
    assert "PSNR" not in beside_nothing(infinite)  # identical slices are in no mean


def test_a_model_card_tells_what_it_is_and_what_it_is_worth() -> None:
    params = {"denoiser": "unet:32", "architecture": "vgg16", "context": "random",
              "layers": "block3_conv2", "lambda": "0.19", "target_psi": "0.95"}  # fmt: skip
    metrics = {"kept/ssim": 0.9, "validation/ssim_low_dose": 0.95, "kept_epoch": 3.0}
    tags = {"pi.data_digest": "d" * 64, "pi.context": "no pre-training"}
    card = model_card(params, metrics, tags, "patients")
    assert card.startswith("# Low-dose CT denoiser unet:32\n\n**Worse than doing nothing**")
    for part in ("d" * 64, "vgg16:random:block3_conv2, λ = 0.19, calibrated for Ψ = 0.95",
                 "(kept epoch 3)", "-1024 to 3072 HU", "Licence of the weights"):  # fmt: skip
        assert part in card
    bare = model_card({}, {}, {}, "")
    assert "is not known (kept epoch unknown)" in bare
    assert "Worse" not in bare
