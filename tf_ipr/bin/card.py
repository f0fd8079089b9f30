"""A face in a QR code, signed, on a card to print: tf_ipr_card [flags] FACE CARD

    tf_ipr_card --new_key=issuer.pem --text="Ada Example, 1815-12-10" face.jpg card.png
    tf_ipr_card --key=issuer.pem --version=13 --text="Ada Example" face.jpg card.png
    tf_ipr_card --read --public_key=issuer.pub.pem photograph.jpg face.png

FACE is a picture; CARD becomes a PNG file of 85.6 x 54 mm at 300 dots per inch with the face as a
machine gets it, the text and the code. With --read the first is a picture of a card, and the face is
written to the second, by default beside the first as NAME.face.png. Both print JSON.

A card without --key or --new_key is not signed. --read with --public_key refuses what none of these
keys signed and what was altered; without, nothing is verified, and the JSON says so. What a signature
says and what not is in docs/card.md.
"""

from __future__ import annotations

import json
import os
import pathlib

from absl import flags

from tf_ipr.bin import codec_flags, missing_package, start

FLAGS = flags.FlagValues()
flags.DEFINE_bool("read", False, "Reads a card instead of making one.", flag_values=FLAGS)
flags.DEFINE_string(
    "text", "", "What stands beside the face: at most 120 bytes of UTF-8.", flag_values=FLAGS
)
flags.DEFINE_string("key", None, "Private key (Ed25519, PEM) that signs the card.", flag_values=FLAGS)
flags.DEFINE_string(
    "new_key",
    None,
    "Instead: makes a key, in this file and, the public one, in NAME.pub.pem beside it.",
    flag_values=FLAGS,
)
flags.DEFINE_multi_string(
    "public_key", [], "With --read: a key whose cards are accepted; may be repeated.", flag_values=FLAGS
)
flags.DEFINE_integer(
    "version",
    None,
    "Of the QR code: --version=1 (21x21) to --version=40 (177x177). Default: the "
    "smallest that holds the card.",
    1,
    40,
    flag_values=FLAGS,
)
flags.DEFINE_enum(
    "level",
    "M",
    ["L", "M", "Q", "H"],
    "Error correction of the QR code: 7, 15, 25 or 30 % of it may be unreadable.",
    flag_values=FLAGS,
)
flags.DEFINE_integer(
    "face_bytes",
    400,
    "The face takes at most so many bytes, and what the code has room for.",
    1,
    flag_values=FLAGS,
)
flags.DEFINE_list(
    "landmarks",
    None,
    "x,y of left eye, right eye, nose, left and right corner of the mouth, as seen "
    "in FACE. Default: they are looked for (needs the extra 'recognition').",
    flag_values=FLAGS,
)
flags.DEFINE_string("font", None, "Font file for the text.", flag_values=FLAGS)
flags.DEFINE_bool("overwrite", False, "Replaces a PNG file that another program made.", flag_values=FLAGS)
codec_flags.define(FLAGS)

# What makes no sense beside --read, and what makes none without it.
_OF_MAKING = ("text", "key", "new_key", "version", "face_bytes", "level", "landmarks", "font")
_OF_READING = ("public_key",)


def main(argv) -> int:
    _check_usage(argv)
    result = _read(*argv[1:]) if FLAGS.read else _make(*argv[1:])
    start.result(json.dumps(result, indent=1, ensure_ascii=False))
    return 0


def _check_usage(argv) -> None:
    wanted = "CARD, and FACE if wanted," if FLAGS.read else "FACE and CARD"
    if len(argv) != 3 and not (FLAGS.read and len(argv) == 2):
        raise start.UsageError(f"{wanted} are needed, {len(argv) - 1} arguments given")
    for name in _OF_MAKING if FLAGS.read else _OF_READING:
        if not FLAGS[name].using_default_value:
            raise start.UsageError(
                f"--{name} has no meaning {'with' if FLAGS.read else 'without'} --read; leave it out"
            )
    if FLAGS.key and FLAGS.new_key:
        raise start.UsageError("--key and --new_key exclude one another; give one of them")
    if FLAGS.landmarks is not None and _landmarks() is None:
        raise start.UsageError(
            f"--landmarks needs ten numbers x,y,x,y,...; {','.join(FLAGS.landmarks)!r} is something else"
        )


def _landmarks() -> list | None:
    try:
        numbers = [float(value) for value in FLAGS.landmarks]
    except ValueError:
        return None
    return [numbers[i : i + 2] for i in range(0, 10, 2)] if len(numbers) == 10 else None


def _make(source: str, target: str) -> dict:
    # pylint: disable=import-outside-toplevel  # What only one of the two ways needs.
    import numpy as np

    from tf_ipr.card import drawing, issuing, keys, payload, qr_code
    from tf_ipr.files import image_file
    from tf_ipr.format import bitstream, compact, shipped_models
    from tf_ipr.pipeline import codecs, png_output
    from tf_ipr.runtime.alignment import align

    _not_onto_itself(source, target)
    png_output.check(target, FLAGS.overwrite)
    payload.check_text(FLAGS.text)
    drawing.check_font(FLAGS.text, FLAGS.font)
    key = keys.read_private(FLAGS.key) if FLAGS.key else None
    image = image_file.read_image(source, FLAGS.max_pixels)
    crop = align(image, _landmarks_in(image), 112)
    codec = codecs.for_both(FLAGS.model or shipped_models.ALIGNED[112])
    draft = issuing.draft(
        crop,
        codec,
        FLAGS.text,
        bool(FLAGS.key or FLAGS.new_key),
        FLAGS.version,
        FLAGS.level,
        FLAGS.face_bytes,
    )
    result = {}
    if FLAGS.new_key:  # When all else is known to work, so that no key is left of a card that is not.
        key, public = keys.make(FLAGS.new_key)
        result["public_key"] = str(public)
    data = draft.finish(key)
    stream = compact.expand(draft.stream)
    code = qr_code.modules(data, draft.version, draft.level)
    key_id = keys.key_id(key.public_key()).hex() if key else None
    note = (
        f"{draft.version}-{draft.level}, {len(data)} bytes, {f'key {key_id}' if key else 'not signed'}"
    )
    card = drawing.draw(codec.decompress(stream), code, FLAGS.text, note, FLAGS.font)
    png_output.write(target, np.asarray(card.convert("RGB")), FLAGS.overwrite, drawing.DPI)
    return {
        "card": target,
        "text": FLAGS.text,
        "key_id": key_id,
        **result,
        "payload_bytes": len(data),
        "face_bytes": len(draft.stream),
        "quality": bitstream.describe(stream)["quality"],
        "version": draft.version,
        "level": draft.level,
        "modules": len(code),
        "module_mm": round(drawing.module_mm(len(code)), 3),
    }


def _landmarks_in(image):
    """Those that are given, or those of the picture's main face; NoFaceError where it has none."""
    if FLAGS.landmarks is not None:
        return _landmarks()
    # pylint: disable=import-outside-toplevel  # TensorFlow, only here.
    try:
        from tf_ipr.faces import aligned_image, detection

        detector = detection.FaceDetector()
    except ImportError as error:
        reason = missing_package.explain(error) if isinstance(error, ModuleNotFoundError) else error
        raise ImportError(
            f"{reason}\nOr say where the face is: --landmarks=x,y,... (five points, see --help)"
        ) from error
    return aligned_image.main_face_landmarks(image, detector)


def _read(source: str, target: str | None = None) -> dict:
    # pylint: disable=import-outside-toplevel
    from tf_ipr.card import keys, reading
    from tf_ipr.files import image_file
    from tf_ipr.format import shipped_models
    from tf_ipr.pipeline import codecs, png_output

    target = target or str(pathlib.Path(source).with_suffix(".face.png"))
    _not_onto_itself(source, target)
    png_output.check(target, FLAGS.overwrite)
    trusted = [keys.read_public(path) for path in FLAGS.public_key]
    card = reading.read(
        image_file.read_image(source, FLAGS.max_pixels),
        lambda stream: codecs.for_both(FLAGS.model or shipped_models.folder_of_stream(stream)),
        trusted,
    )
    png_output.write(target, card.face, FLAGS.overwrite)
    signature = "none" if card.key_id is None else "valid" if card.verified else "not verified"
    return {
        "text": card.text,
        "signature": signature,
        "key_id": card.key_id,
        "face": target,
        "payload_bytes": card.payload_bytes,
        "face_bytes": card.face_bytes,
        "quality": card.stream["quality"],
        "model_id": card.stream["model_id"],
    }


def _not_onto_itself(source: str, target: str) -> None:
    if os.path.exists(target) and os.path.samefile(source, target):
        raise ValueError(f"{target} is the picture that is read; choose another output path")


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
