"""The losses of the literature as presets: data. A new one is an entry here and no code.

A preset's ``loss`` is spelt as any user's: see `pi.losses.loss`. What nobody outside a group can
know is said by ``assumes``, which is printed whenever the preset runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

EVIDENCE: Mapping[str, str] = {
    "C": "the authors' code was read",
    "L": "code of the same group, or a re-implementation, was read",
    "A": "the abstract",
    "T": "Table 1 of the perceptual influence paper alone",
}
"""What is known of a preset, by its mark."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One published loss.

    Attributes:
        name: what it is called.
        loss: as a user would write it.
        weight: lambda in the units of that loss; None where a rule sets it.
        source: whose it is.
        evidence: marks, see `EVIDENCE`.
        adversarial: its adversarial term; empty where it has none.
        others: further terms, which are left out here.
        assumes: what is not known, and what is taken in its place.
    """

    name: str
    loss: str
    weight: float | None
    source: str
    evidence: str
    adversarial: str = ""
    others: str = ""
    assumes: str = ""


_FOUR = "block1_conv2+block2_conv2+block3_conv3+block4_conv3"
_STAGES = "stage1+stage2+stage3+stage4"
_KERAS = "Keras's ImageNet weights stand in for torchvision's"

_ALL = (
    Preset(
        "yang2018_wgan_vgg",
        "vgg19:imagenet:block5_conv4/input=keras_caffe/reduction=sum_half/pixel=none",
        0.1,
        "Yang 2018, WGAN-VGG",
        "C",
        adversarial="WGAN-GP",
        others="gradient penalty of the critic (weight 1 in the code, 10 in the paper)",
        assumes="as in the code; the paper divides by the number of features instead",
    ),
    Preset(
        "yang2018_wgan_vgg_ssinyu",
        "vgg19:imagenet:block5_conv4/input=unit/tap=pre/norm=absolute/pixel=none",
        0.1,
        "SSinyu's WGAN-VGG",
        "L",
        adversarial="WGAN-GP",
        assumes=_KERAS,
    ),
    Preset(
        "yang2018_wgan_vgg_ldctbench",
        "vgg19:imagenet:block5_conv4/input=torch_imagenet/tap=pre/norm=absolute/pixel=none",
        0.689,
        "ldct-benchmark's WGAN-VGG",
        "L",
        adversarial="WGAN-GP",
        assumes=f"a mean over features; {_KERAS}",
    ),
    Preset(
        "li2020_sacnn",
        "autoencoder:medical:block3_conv4/input=unit/pixel=none",
        0.1,
        "Li 2020, SACNN",
        "T + L",
        adversarial="WGAN-GP",
        assumes="the autoencoder of this paper, one slice at a time, for one of three slices in 3D",
    ),
    Preset(
        "marcos2022_adaptive",
        f"vgg16:imagenet:{_FOUR}/input=unit/pixel=0.2*squared",
        None,
        "Marcos 2022",
        "T + A + L",
        others="structural dissimilarity (0.5 in the group's code)",
        assumes="the formula of lambda is not known: read as a constant share, set anew each epoch "
        "(schedule recalibrate_each_epoch); all four layers, though the group's code stops "
        "after three; its weight of the MSE",
    ),
    Preset(
        "trung2019",
        "vgg19:imagenet:block5_conv4/input=raw255",
        0.1,
        "Trung 2019",
        "T",
        assumes="layer, input and pixel term are not known: taken as in the paper's baseline",
    ),
    Preset(
        "mahmoud2023",
        "vgg19:imagenet:block5_conv4/input=raw255/pixel=none",
        0.1,
        "Mahmoud 2023",
        "T + A",
        adversarial="WGAN",
        others="SSIM or a structure-sensitive loss, in two of three variants",
        assumes="layer, input and reduction are not known: taken as in the paper's baseline",
    ),
    Preset(
        "zhang2024",
        "autoencoder:medical:block3_conv4/input=unit",
        0.1,
        "Zhang 2024",
        "T + A",
        assumes="feature loss, input and pixel term are not known: means of squares, in [0, 1]",
    ),
    Preset(
        "saidulu2024_rhlnet",
        "vgg19:medical:block5_conv4/input=raw255/pixel=huber",
        0.1,
        "Saidulu 2024, RHLNet",
        "T + A",
        others="Charbonnier structure term",
        assumes="layer, input and feature loss are not known: taken as in the paper's baseline; "
        "Huber's delta is 1, every library's default, which makes it half the MSE",
    ),
    Preset(
        "saidulu2025",
        "vgg19:medical:block5_conv4/input=raw255",
        0.1,
        "Saidulu 2025",
        "T",
        others="structure-aware self-similarity",
        assumes="layer, input, feature loss and pixel term are not known: taken as in the paper's "
        "baseline, with medical weights alone for ImageNet's and medical ones",
    ),
    Preset(
        "marcos2025_pvit",
        f"vgg16:imagenet:{_FOUR}/input=unit/pixel=0.2*squared",
        0.4,
        "Marcos 2025, PViT",
        "T + L",
        others="structural dissimilarity (0.4), possibly",
        assumes="0.4 is read as the 40 of the group's 40/20/40 for perceptual, MSE and structural "
        "loss; input and feature loss are not known: sum over layers of means of squares",
    ),
    Preset(
        "ctmamba2025",
        f"resnet50:imagenet:{_STAGES}/input=unit/layers=mean/pixel=100*absolute",
        0.01,
        "CT-Mamba 2025",
        "C",
        others="a constant 1e-4; from epoch 11 1e-4 L1 and correlation of noise spectra",
        assumes=f"epochs 1 to 10; {_KERAS}",
    ),
    Preset(
        "huang2021",
        "vgg19:imagenet:block5_conv4/input=raw255/pixel=none",
        0.001,
        "Huang 2021",
        "T",
        adversarial="attribute-augmented WGAN",
        assumes="which VGG, layer, input and feature loss are not known: taken as in the paper's "
        "baseline",
    ),
    Preset(
        "edcnn2020",
        f"resnet50:imagenet:{_STAGES}/input=unit/layers=mean",
        0.01,
        "EDCNN 2020",
        "C",
        assumes=_KERAS,
    ),
    Preset(
        "ataei2020_drlp",
        "vgg16:imagenet:block1_conv2+block2_conv2+block3_conv3/input=unit",
        0.1,
        "Ataei 2020, DRL-P",
        "C",
        assumes="the three that its code uses of the four layers named are the first three",
    ),
    Preset("viana2025_e1", "vgg19:imagenet:block3_conv2/input=raw255", 1e-5, "Viana 2025, E1", "C"),
    Preset("viana2025_e2", "vgg19:imagenet:block5_conv4/input=raw255", 1e-2, "Viana 2025, E2", "C"),
    Preset(
        "viana2025_e3",
        "vgg19:medical:block3_conv2/input=raw255",
        1e-5,
        "Viana 2025, E3",
        "C",
        assumes="the authors' medical weights were never published: those given stand in for them",
    ),
    Preset(
        "viana2025_e4",
        "vgg19:medical:block5_conv4/input=raw255",
        1e-4,
        "Viana 2025, E4",
        "C",
        assumes="the authors' medical weights were never published: those given stand in for them",
    ),
    Preset(
        "viana2025_baseline",
        "vgg19:imagenet:block5_conv4/input=raw255",
        1e-1,
        "Viana 2025, baseline",
        "C",
    ),
)

PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in _ALL}
