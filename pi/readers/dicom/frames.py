"""The codecs at work on one frame, in the process of `pi.readers.child`: bytes in, words out.

Only what a codec needs is imported: pydicom and numpy would cost a second. The frames are of one
sample per pixel.

References:
    DICOM PS3.5 A.4 (encapsulation), annex G (RLE); ISO/IEC 14495-1 C.2.2 (JPEG-LS), 15444-1 A.5.1
    (JPEG 2000).
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

_ITEM, _END = 0xE000FFFE, 0xE0DDFFFE
_UNDEFINED = 0xFFFFFFFF


class Image(NamedTuple):
    """What the header tells of a slice's pixels.

    Attributes:
        syntax: TransferSyntaxUID.
        rows: of the image.
        columns: of the image.
        allocated: BitsAllocated.
        stored: BitsStored.
        signed: whether PixelRepresentation is 1.
    """

    syntax: str
    rows: int
    columns: int
    allocated: int
    stored: int
    signed: bool


class DecodedFrame(NamedTuple):
    """A decoded frame.

    Attributes:
        content: little-endian words of 1, 2 or 4 bytes, one a pixel.
        bits: of a word that count.
        leading: whether these are the leading bits of a word rather than the last.
        raised: whether half the range was added, to make signed values unsigned.
    """

    content: bytes
    bits: int
    leading: bool = False
    raised: bool = False


def decode_frame(encapsulated: bytes, codec: str, image: Image) -> DecodedFrame:
    """Return the first frame.

    Args:
        encapsulated: value of PixelData, and whatever follows it.
        codec: one of `CODECS`.
        image: what the header says of it.

    Raises:
        LookupError, RuntimeError, TypeError, ValueError, struct.error, OSError: the frame is
            damaged.
    """
    return CODECS[codec](_stream(encapsulated), image)


def _stream(encapsulated: bytes) -> bytes:
    """Return the fragments behind the table of offsets as one."""
    fragments: list[bytes] = []
    at = 0
    while at + 8 <= len(encapsulated):
        tag, length = struct.unpack_from("<LL", encapsulated, at)
        if tag == _END:
            return b"".join(fragments[1:])
        if tag != _ITEM or length == _UNDEFINED:
            raise ValueError("an item of encapsulated pixels was expected")
        fragments.append(encapsulated[at + 8 : at + 8 + length])
        at += 8 + length
    raise ValueError("the encapsulated pixels break off")


def _gdcm(stream: bytes, image: Image) -> DecodedFrame:
    """Decode JPEG, JPEG-LS or JPEG 2000."""
    import gdcm

    bits = _ls_precision(stream) or image.stored
    allocated = (8 if bits <= 8 else 16) if _ls_precision(stream) else image.allocated
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(stream)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    picture = gdcm.Image()
    picture.SetNumberOfDimensions(2)
    picture.SetDimensions((image.columns, image.rows, 1))
    picture.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    picture.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    syntax = gdcm.TransferSyntax.GetTSType(image.syntax)
    picture.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    picture.SetPixelFormat(gdcm.PixelFormat(1, allocated, bits, bits - 1, int(image.signed)))
    return DecodedFrame(picture.GetBuffer().encode("utf-8", "surrogateescape"), bits)


def _pillow(stream: bytes, image: Image) -> DecodedFrame:
    """Decode JPEG 2000; Pillow spreads N bits over 8 or 16 and makes signed values unsigned."""
    from io import BytesIO

    from PIL import Image as Picture

    size = stream.index(b"\xff\x4f\xff\x51")  # SOC, SIZ; behind boxes if it is a JP2 file
    precision = stream[size + 42]
    content = Picture.open(BytesIO(stream), formats=("JPEG2000",)).tobytes()
    return DecodedFrame(content, (precision & 0x7F) + 1, leading=True, raised=precision > 0x7F)


def _rle(stream: bytes, image: Image) -> DecodedFrame:
    """Decode RLE, whose segments hold a byte of every pixel each, the highest first."""
    pixels, width = image.rows * image.columns, image.allocated // 8
    count, *offsets = struct.unpack_from("<16L", stream)
    if count != width:
        raise ValueError(f"{width} segments were expected but there are {count}")
    ends = [*offsets[1:count], len(stream)]
    content = bytearray(pixels * width)
    for place, (start, end) in enumerate(zip(offsets, ends, strict=False)):
        content[width - 1 - place :: width] = _unpacked(stream[start:end], pixels)
    return DecodedFrame(bytes(content), image.stored)


def _unpacked(segment: bytes, size: int) -> bytes:
    """Return the first ``size`` bytes of a segment (PS3.5 G.3.2)."""
    result, at = bytearray(), 0
    while len(result) < size and at < len(segment):
        head = segment[at]
        if head < 128:
            result += segment[at + 1 : at + 2 + head]
            at += 2 + head
        else:
            result += segment[at + 1 : at + 2] * ((257 - head) % 129)  # 128 means nothing
            at += 1 if head == 128 else 2
    if len(result) < size:
        raise ValueError(f"a segment ends after {len(result)} of {size} bytes")
    return bytes(result[:size])


def _ls_precision(stream: bytes) -> int | None:
    """Return the bits of a pixel of JPEG-LS, None if the stream is something else."""
    at = 2
    while stream[at] == 0xFF and at + 4 < len(stream):
        if stream[at + 1] == 0xF7:  # SOF55
            return stream[at + 4]
        at += 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
        if at >= len(stream):
            break
    return None


CODECS: dict[str, Callable[[bytes, Image], DecodedFrame]] = {
    "gdcm": _gdcm,
    "pillow": _pillow,
    "pydicom": _rle,
}
"""By the names that pydicom has for its plugins."""
