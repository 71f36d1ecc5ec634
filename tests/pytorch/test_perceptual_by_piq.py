"""VIFp, MS-SSIM, GMSD and HaarPSI are piq's (0.8.0, Apache-2.0).

Run as a program it prints the values that `tests/evaluation/test_perceptual.py` keeps:

    pip install torch piq==0.8.0
    PYTHONPATH=.:tests python tests/pytorch/test_perceptual_by_piq.py
"""

import sys
from unittest.mock import MagicMock

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed here: make test-torch")
# piq loads torchvision for its networks, of which none is wanted here.
for module in ("torchvision", "torchvision.models"):
    sys.modules.setdefault(module, MagicMock())
piq = pytest.importorskip("piq", reason="piq is not installed here: pip install piq==0.8.0")

from evaluation.degraded import degraded  # noqa: E402

from pi.evaluation.gmsd import gmsd  # noqa: E402
from pi.evaluation.haarpsi import haarpsi  # noqa: E402
from pi.evaluation.multiscale_ssim import multiscale_ssim  # noqa: E402
from pi.evaluation.vif import vif  # noqa: E402


def by_piq() -> dict[str, dict[str, float]]:
    """Every metric of every degradation."""
    target, images = degraded()
    y = torch.tensor(target)[None, None]
    found: dict[str, dict[str, float]] = {}
    for name, image in images.items():
        x = torch.tensor(image)[None, None]
        found[name] = {
            "vifp": piq.vif_p(x, y, data_range=255.0).item(),
            "ms_ssim": piq.multi_scale_ssim(x, y, data_range=255.0).item(),
            "gmsd": piq.gmsd(x, y, data_range=255.0).item(),
            "haarpsi": piq.haarpsi(x, y, data_range=255.0).item(),
        }
    return found


def test_ours_are_piqs() -> None:
    target, images = degraded()
    for name, theirs in by_piq().items():
        image = images[name]
        assert vif(image, target) == pytest.approx(theirs["vifp"], abs=1e-6)
        ours = multiscale_ssim(image, target, data_range=255.0)
        assert ours == pytest.approx(theirs["ms_ssim"], abs=1e-10)
        assert gmsd(image, target) == pytest.approx(theirs["gmsd"], abs=1e-10)
        assert haarpsi(image, target) == pytest.approx(theirs["haarpsi"], abs=1e-10)


if __name__ == "__main__":
    sys.stdout.write(f"{by_piq()}\n")
