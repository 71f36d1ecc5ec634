"""What the two terms truly pull at: Psi_g and the cosine of their gradients (method, 2.6)."""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from pi.influence.gradient_pair import GradientPair
from pi.loops.reading import MeterError
from pi.torch.device import exact, over_all, processes


def gradient_influence(
    terms: Mapping[str, Tensor],
    over: Tensor | Iterable[Tensor],
    image: str = "image",
    factors: Mapping[str, float] | None = None,
) -> GradientPair:
    """Return the gradients of image and perceptual loss: ``.psi(lambda)`` is Psi_g, ``.cosine``.

    The graph is kept, so that `backward` still works. It waits for the device: measure now and
    then. Under a scaler of float16 gradients may vanish: measure in float32 or bfloat16.

    Args:
        terms: by name, with their graph.
        over: the parameters, or the output of the network as one tensor.
        image: name of the image loss; all others are perceptual.
        factors: of the perceptual terms.

    Raises:
        MeterError: the terms lack an image or a perceptual loss.
    """
    others = [name for name in terms if name != image]
    if image not in terms or not others:
        raise MeterError(
            f"`terms` must hold {image!r} and a perceptual term but hold {', '.join(terms)}."
        )
    variables = [over] if isinstance(over, Tensor) else [v for v in over if v.requires_grad]
    known = factors or {}
    p = torch.stack([known.get(name, 1.0) * terms[name].mean() for name in others]).sum()
    of_m, of_p = (_gradient(loss, variables) for loss in (terms[image].mean(), p))
    if isinstance(over, Tensor):  # each process has outputs of its own
        mm, pp, mp = over_all(_products(of_m, of_p)).tolist()
    else:
        mm, pp, mp = _products(over_all(of_m), over_all(of_p)).tolist()
    return GradientPair(mm**0.5 / processes(), pp**0.5 / processes(), mp / processes() ** 2)


def _products(a: Tensor, b: Tensor) -> Tensor:
    return torch.stack([a @ a, b @ b, a @ b])


def _gradient(loss: Tensor, variables: Sequence[Tensor]) -> Tensor:
    """Return the gradient as one vector; 0 where the loss does not hang on a variable."""
    if loss.requires_grad:
        found = torch.autograd.grad(loss, variables, retain_graph=True, allow_unused=True)
    else:
        found = (None,) * len(variables)
    whole = [torch.zeros_like(v) if g is None else g for v, g in zip(variables, found, strict=True)]
    return torch.cat([part.detach().reshape(-1).to(exact(part)) for part in whole])
