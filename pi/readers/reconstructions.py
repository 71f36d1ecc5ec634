"""How a slice was reconstructed: thickness and kernel, as header and names agree on them."""

from pi.identity import Reconstruction
from pi.readers.claims import Claims, settle
from pi.readers.names import kernel_meant
from pi.readers.refusal import Refusal, RefusedError


def settle_reconstruction(claims: Claims) -> Reconstruction | Refusal:
    """Return thickness and kernel of a slice, or what is unknown or contradicts itself."""
    try:
        thickness = float(settle("thickness", claims))
        return Reconstruction(thickness, kernel_meant(settle("kernel", claims)))
    except RefusedError as refused:
        return refused.refusal
