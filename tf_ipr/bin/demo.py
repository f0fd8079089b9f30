"""tf_ipr_demo: a face in 500 bytes and its picture in 1,000, beside other codecs, judged by a recogniser.

    tf_ipr_demo
    tf_ipr_demo --image=photo.jpg

The aligned face is coded by lfw_align112_l2_ip, the whole picture by lfw_l2_ip, as on a device and a
server. JPEG, WebP, AVIF and HEVC get as many bytes, and may shrink the picture. Under each picture stands
what a recogniser says that took no part in training: the cosine to the original, and whether that is still
the same person at its threshold. Without --recognizer it is dlib's (pip install 'tf_ipr[demo]').

A picture without a face is coded by lfw_l2_rec, the model for people who look at pictures.
"""

from __future__ import annotations

import pathlib
import textwrap

from absl import flags

from tf_ipr.bin import recognizer_flag, start

FLAGS = flags.FlagValues()
recognizer_flag.define(FLAGS)

flags.DEFINE_string("image", None, "Picture to code, of any size. Default: a public-domain portrait by NASA.",
                    flag_values=FLAGS)
flags.DEFINE_integer("face_bytes", 500, "Bytes of the aligned face, at most.", lower_bound=1, flag_values=FLAGS)
flags.DEFINE_integer("picture_bytes", 1000, "Bytes of the whole picture, at most.", lower_bound=1,
                     flag_values=FLAGS)
flags.DEFINE_list("beside", ["hevc", "avif", "webp", "jpeg"], "Codecs to compare with: hevc, avif, jpegxl, "
                  "webp, jpeg2000, jpeg.", flag_values=FLAGS)
flags.DEFINE_string("output", "runs/demo/comparison.png", "Where the picture is written (PNG).",
                    flag_values=FLAGS)

SAMPLE = pathlib.Path(__file__).resolve().parents[1] / "assets" / "astronaut.png"
FACE_MODEL, PICTURE_MODEL, MODEL_WITHOUT_FACES = "lfw_align112_l2_ip", "lfw_l2_ip", "lfw_l2_rec"


def main(argv) -> int:
    if len(argv) > 1:
        raise start.UsageError(f"unexpected arguments {argv[1:]}; give the picture with --image")
    # Imported here, so that a wrong flag is answered at once.
    from tf_ipr.evaluation.demo import part, sheet, subject, text
    from tf_ipr.files import image_file

    others = _others()
    image_u8 = image_file.read_image(FLAGS.image or SAMPLE)
    start.say(f"{FLAGS.image or 'sample portrait'}: {image_u8.shape[1]}x{image_u8.shape[0]} pixels")
    judge, detector = _judge()
    found = _subject(subject, image_u8, detector)
    start.say("".join(f"{note}\n" for note in found.notes))

    parts, threshold, cosine = [], judge.threshold if judge else None, None
    if found.face_u8 is not None:
        parts.append(part.make("Aligned face", found.face_u8, FLAGS.face_bytes, _codec(FACE_MODEL), others,
                               judge.to_face(found.face_u8), threshold))
        cosine = judge.to_picture(found.picture_u8)
        if cosine is None:
            start.say("In the whole picture, at its size, no face is found, so no recogniser can judge it.")
    model = MODEL_WITHOUT_FACES if judge and found.face_u8 is None else PICTURE_MODEL
    parts.append(part.make("Whole picture", found.picture_u8, FLAGS.picture_bytes, _codec(model), others, cosine,
                           threshold))
    note = _note(judge if any(one.threshold is not None for one in parts) else None)
    start.say(f"{text.table(parts)}\n\n{textwrap.fill(note, 100)}")
    image_file.write_png(FLAGS.output, sheet.draw(parts, note))
    start.say(f"The pictures, side by side: {FLAGS.output}")
    return 0


def _subject(subject, image_u8, detector):
    try:
        return subject.of(image_u8, detector)
    except ValueError as error:
        raise ValueError(f"{FLAGS.image}: {error}") from error


def _note(judge) -> str:
    shrunk = "The other codecs may shrink the picture; "
    if judge is None:
        return shrunk + "the attempt nearest in PSNR is shown."
    return (f"Recogniser: {judge.name}, which took no part in training. Under each picture: the cosine of its "
            f"face to the original's. From {judge.threshold:g} on the recogniser sees the same person. "
            f"{shrunk}the attempt that the recogniser likes best is shown.")


def _codec(model: str):
    import tf_ipr

    return tf_ipr.Codec.load(model)


def _judge() -> tuple:
    """(Judge, FaceDetector), or (None, None) with a word on what is missing."""
    try:
        from tf_ipr.evaluation.demo.judge import Judge
        from tf_ipr.faces.detection import FaceDetector
        from tf_ipr.recognition import default_recognizer
        from tf_ipr.recognition.recognizer import Recognizer

        detector = FaceDetector()
        recognizer = Recognizer.load(FLAGS.recognizer) if FLAGS.recognizer else default_recognizer.load()
    except ImportError as error:
        if FLAGS.recognizer:
            raise
        start.say(f"No recogniser judges, and no face is sought: {error}")
        return None, None
    return Judge(recognizer, detector), detector


def _others() -> list:
    """The codecs asked for that are installed; the others are named with their reasons."""
    from tf_ipr.evaluation.codecs import reference_codecs

    found = []
    for name in FLAGS.beside:
        if name not in reference_codecs.ALL:
            raise start.UsageError(f"--beside knows {', '.join(reference_codecs.ALL)}; given {name!r}")
        codec = reference_codecs.ALL[name]
        if codec.unavailable_reason():
            start.say(f"{codec.label} is left out: {codec.unavailable_reason()}")
        else:
            found.append(codec)
    return found


def run() -> None:
    start.run(main)


if __name__ == "__main__":
    run()
