"""RED-CNN against its published size, and layer by layer against scipy."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import convolve2d, correlate2d

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.denoisers.redcnn import DESIGN, build

Image = NDArray[np.float64]


def test_with_96_filters_it_has_the_published_number_of_parameters() -> None:
    # Chen et al. 2017: 5 x 5 kernels from 1 to 96, eight times 96 to 96, and 96 to 1, with biases.
    assert build(96, 5).count_params() == 1_848_865


def relu(x: Image) -> Image:
    return np.maximum(x, 0)


def test_it_is_the_published_chain_of_convolutions_and_shortcuts() -> None:
    network = build(1, 3)  # one filter: every layer is a convolution of two images
    rng = np.random.default_rng(1)
    network.set_weights([rng.normal(0, 0.3, array.shape) for array in network.get_weights()])
    w = [array.astype(np.float64) for array in network.get_weights()]
    kernels = [(w[2 * k][:, :, 0, 0], float(w[2 * k + 1][0])) for k in range(10)]
    image = rng.random((25, 27)).astype(np.float32)

    def down(x: Image, k: int) -> Image:
        return correlate2d(x, kernels[k][0], "valid") + kernels[k][1]

    def up(x: Image, k: int) -> Image:
        return convolve2d(x, kernels[k][0], "full") + kernels[k][1]

    x = image.astype(np.float64)
    second = relu(down(relu(down(x, 0)), 1))
    fourth = relu(down(relu(down(second, 2)), 3))
    fifth = relu(down(fourth, 4))
    y = relu(up(fifth, 5) + fourth)
    y = relu(up(relu(up(y, 6)), 7) + second)
    expected = relu(up(relu(up(y, 8)), 9) + x)
    found = np.asarray(network(image[np.newaxis, ..., np.newaxis]))[0, ..., 0]
    assert expected.max() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_kernels_begin_as_published() -> None:
    for filters, deviation in ((96, 0.01), (24, 0.02)):
        kernels = [array for array in build(filters, 5).get_weights() if array.ndim == 4]
        drawn = np.concatenate([array.ravel() for array in kernels])
        assert abs(drawn.std() / deviation - 1) < 0.01
        assert abs(drawn.mean()) < 0.01 * deviation


def test_ten_convolutions_of_five_need_twenty_one_pixels() -> None:
    assert (DESIGN.sizes.divisor, DESIGN.sizes.least) == (1, 21)
