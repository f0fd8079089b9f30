"""Trials of exported files before they are written: the exact part unchanged, streams that decode.

Pictures of several kinds go through the encoder, or the codec where there is none; every stream must
decode with the codec's own graphs, and with the decoder file to the same pixels within a grey level, or
three where half precision rounds the model's filters (those of shipped models it does not). The
integers that decide what a stream means must stand in the file as they are.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from tf_ipr.export import tflite_file
from tf_ipr.export.export_error import ExportError
from tf_ipr.format.bitstream import BitstreamError
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.runtime.decoder import Decoder
from tf_ipr.runtime.encoder import Encoder
from tf_ipr.runtime.tflite_half import litert

_SIZE = 75, 53  # width, height; for files of any size
_QUALITIES = 1.0, 50.0, 100.0
_MAX_DRIFT, _MAX_ROUNDED_DRIFT = 1, 3  # grey levels


def check_exact_part(converted: schema.ModelT, layers, part: str) -> None:
    """Every integer of `layers` must be in the file as it is, but for a power of two.

    Args:
      converted: the file.
      layers: of a `FrozenHyperSynthesis`.
      part: what the file is, for the message.

    Raises:
      ExportError: naming the first layer that is not.
    """
    constants = [values for tensor in converted.subgraphs[0].tensors
                 if (values := tflite_file.constant(converted, tensor)) is not None]
    for number, layer in enumerate(layers):
        scale = np.float32(2.0 ** -layer.shift)
        for name, expected in (("kernel", layer.kernel.T), ("bias", layer.bias)):
            if name == "bias" and not expected.any():
                continue  # The converter leaves it out.
            forms = [expected * factor for factor in (scale, 1)]
            # The converter may add the rounding offset, 1/2, to the bias beforehand.
            forms += [expected * scale + np.float32(0.5)] if name == "bias" else []
            if not any(values.size == form.size and np.array_equal(values.reshape(form.shape), form)
                       for values in constants for form in forms):
                raise ExportError(f"The {name} of integer layer {number} did not come through the "
                                  f"conversion unchanged; such a {part} would not be exact.")


def check_constants(converted: schema.ModelT, expected: dict[str, np.ndarray], part: str) -> None:
    """Every array of `expected` must be a constant of the file; raises ExportError."""
    found = {bytes(buffer.data) for buffer in converted.buffers if buffer.data is not None}
    for name, values in expected.items():
        if values.tobytes() not in found:
            raise ExportError(f"The table `{name}` did not come through the conversion unchanged; such "
                              f"a {part} would not be exact.")


def try_out(contents: dict[str, bytes], codec: TensorFlowCodec,
            image_size: tuple[int, int] | None, rounded: bool) -> None:
    """Codes pictures with the files; raises ExportError where they and the codec disagree.

    Args:
      contents: "encoder", "decoder" or both, or "analysis" and "coder"; each the content of the file.
      codec: the same model, without exported halves.
      image_size: (width, height) that the files take, or None for any.
      rounded: whether the files hold filters in half precision that are not half-precision numbers.
    """
    encode = (_split_encoder(**contents) if "coder" in contents
              else Encoder(contents["encoder"]).encode if "encoder" in contents else codec.compress)
    decoder = Decoder(contents["decoder"]) if "decoder" in contents else None
    for image in _images(*(image_size or _SIZE)):
        for quality in _QUALITIES:
            stream = encode(image, quality)
            try:
                expected = codec.decompress(stream) if decoder else codec.symbols(stream)
            except BitstreamError as error:
                raise ExportError("The exported encoder made a stream that does not decode, at "
                                  f"quality {quality:g}: {error}") from error
            if decoder:
                _compare(decoder, stream, expected, _MAX_ROUNDED_DRIFT if rounded else _MAX_DRIFT)


def _compare(decoder: Decoder, stream: bytes, expected: np.ndarray, max_drift: int) -> None:
    try:
        drift = np.abs(decoder.decode(stream).astype(int) - expected).max()
    except BitstreamError as error:
        raise ExportError(f"The exported decoder refuses a good stream: {error}") from error
    if drift > max_drift:
        raise ExportError(f"The exported decoder's pixels differ by {drift} grey levels; at most "
                          f"{max_drift} are allowed. Filters in full precision differ less: "
                          "--weights=float32.")
    try:
        decoder.decode(stream[:-2])
    except BitstreamError:
        return
    raise ExportError("The exported decoder gave a picture for a stream that was cut off.")


def _split_encoder(analysis: bytes, coder: bytes):
    """(image, quality) -> stream, by the two files of a split encoder."""
    analyse = litert(analysis, 1).get_signature_runner("analyse")
    code = litert(coder, 1).get_signature_runner("code")

    def encode(image, quality: float) -> bytes:
        height, width = (np.int32(side) for side in image.shape[:2])
        result = code(latent=analyse(image=image[np.newaxis])["latent"], height=height, width=width,
                      quality=np.float32(quality))
        return result["stream"][:int(result["length"])].tobytes()

    return encode


def _images(width: int, height: int) -> Iterable[np.ndarray]:
    """Noise, a gradient, a checkerboard and one colour, uint8 [H,W,3]."""
    rows, columns = np.indices((height, width))
    yield np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    yield np.stack([rows * 255 // height, columns * 255 // width, (rows + columns) % 256],
                   -1).astype(np.uint8)
    yield np.repeat(((rows + columns) % 2 * 255)[..., np.newaxis], 3, -1).astype(np.uint8)
    yield np.full((height, width, 3), 200, np.uint8)
