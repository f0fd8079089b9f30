"""Compresses an image, or every image of a folder: tf_ipr_compress [flags] IN OUT

    tf_ipr_compress --quality=30 face.jpg face.ipr
    tf_ipr_compress --max_bytes=1500 photographs streams
    tf_ipr_compress --min_identity=0.9 --recognizer=recognizers/mobilefacenet face.jpg face.ipr
    tf_ipr_compress --align=112 --max_bytes=600 face.jpg face.ipr
    tf_ipr_compress --align=112 --refine=20 --recognizer=recognizers/mobilefacenet face.jpg face.ipr

--min_identity takes the smallest stream whose decoded face, found and embedded as a server would,
has that cosine to the original's. --align codes the face crop alone, aligned to the template: the
landmarks of the template then hold in the decoded crop, so the server needs no detection; crops of 112
and 128 pixels have models of their own, which keep what recognisers look at and little else. --refine takes
a second or so for each face to refine its latent by the recogniser's gradient, for a face that is
recognised better from as many bytes; the stream is an ordinary one.

A folder keeps its form (photographs/a/b.jpg -> streams/a/b.ipr); finished files are skipped, and an
image that fails does not stop the others.
"""

from __future__ import annotations

import sys
from typing import Optional

from absl import flags

from tf_ipr.files import atomic_file
from tf_ipr.bin import batch, codec_flags, recognizer_flag, start
from tf_ipr.files import image_file

FLAGS = flags.FLAGS
flags.adopt_module_key_flags(batch)
flags.adopt_module_key_flags(codec_flags)
flags.adopt_module_key_flags(recognizer_flag)

flags.DEFINE_float("quality", None, "1 (smallest) .. 100 (best). Default: 50.", 1.0, 100.0)
flags.DEFINE_integer("max_bytes", None,
                     "Instead of the quality: the best whose stream has at most so many bytes.", 1)
# The binary that trains has a flag of this name too. No command line has both, a test run has.
flags.DEFINE_float("target_bpp", None,
                   "Instead of the quality: the one that comes nearest to so many bits per pixel.",
                   0.0, allow_override=True)
flags.DEFINE_float("min_identity", None,
                   "Instead of the quality: the smallest whose decoded face has this cosine to the "
                   "original's, by --recognizer.", -1.0, 1.0)
flags.DEFINE_integer("refine", None, "Steps of refining the latent by --recognizer; 20 are a good number.",
                     1)
flags.DEFINE_enum("align", None, ["112", "128", "448"],
                  "Codes the aligned crop of the main face, so large, instead of the image.")


def _usage_error(argv) -> Optional[str]:
    if len(argv) != 3:
        return f"IN and OUT are needed, {len(argv) - 1} arguments given (--help)"
    given = [name for name in ("quality", "max_bytes", "target_bpp", "min_identity")
             if FLAGS[name].value is not None]
    if len(given) > 1:
        return f"--{' and --'.join(given)} exclude one another; give one of them"
    if FLAGS.min_identity is not None and FLAGS.refine:
        return "--min_identity and --refine exclude one another; give one of them"
    needs_recognizer = FLAGS.min_identity is not None or FLAGS.refine
    if bool(needs_recognizer) != (recognizer_flag.folder() is not None):
        return ("--recognizer belongs together with --min_identity or --refine; give both or "
                "neither")
    return None


def main(argv) -> int:
    message = _usage_error(argv)
    if message:
        print(f"tf_ipr_compress: {message}", file=sys.stderr)
        return 2
    options = {"quality": 50.0 if FLAGS.quality is None else FLAGS.quality,
               "max_bytes": FLAGS.max_bytes, "target_bpp": FLAGS.target_bpp}
    try:
        plan = batch.plan(argv[1], argv[2], image_file.list_images, codec_flags.STREAM_SUFFIX)
        # pylint: disable=import-outside-toplevel  # Seconds.
        from tf_ipr.models import codec as codec_module
        from tf_ipr.format import shipped_models
        model = FLAGS.model
        if model is None and FLAGS.align and int(FLAGS.align) in shipped_models.ALIGNED:
            model = shipped_models.folder(shipped_models.ALIGNED[int(FLAGS.align)])
        codec = codec_module.TensorFlowCodec.load(model, FLAGS.max_pixels)

        looks = FLAGS.min_identity is not None or FLAGS.align or FLAGS.refine
        faces = _Faces(codec) if looks else None

        def compress(source, target) -> str:
            image = image_file.read_image(source, FLAGS.max_pixels)
            if FLAGS.align:
                image = faces.crop(image)
            if FLAGS.min_identity is None:
                search = faces.refinement_of(image) if FLAGS.refine else None
                stream, kept = codec.compress(image, **options, search=search), ""
            else:
                found = faces.smallest(image)
                stream, kept = found.stream, (f", quality {found.quality:g} keeps an identity of "
                                              f"{found.cosine:.3f}")
            with atomic_file.writing(target) as file:
                file.write(stream)
            return (f"{len(stream)} bytes, "
                    f"{8 * len(stream) / (image.shape[0] * image.shape[1]):.3f} bpp{kept}")

        settings = {"model_id": codec.model_id, **options}
        return plan.run(compress, {**settings, **faces.settings} if faces else settings)
    except (ValueError, OSError, ImportError) as error:
        print(f"tf_ipr_compress: {error}", file=sys.stderr)
        return 1


class _Faces:
    """What only faces need: loaded when a flag asks for it."""

    def __init__(self, codec):
        # pylint: disable=import-outside-toplevel
        from tf_ipr.faces.detection import FaceDetector
        from tf_ipr.recognition.recognizer import Recognizer

        self._size = int(FLAGS.align) if FLAGS.align else None
        self._codec = codec
        self._detector = FaceDetector()
        self.settings = {"align": self._size, "min_identity": FLAGS.min_identity}
        if recognizer_flag.folder() is not None:
            self._recognizer = Recognizer.load(recognizer_flag.folder())
            self.settings["recognizer"] = self._recognizer.fingerprint
        if FLAGS.refine:
            from tf_ipr.encoding.refinement import Refinement

            self.settings["refine"] = FLAGS.refine
            self._refinement = Refinement(codec, [self._recognizer], FLAGS.refine)

    def crop(self, image):
        """The aligned crop of the image's main face."""
        from tf_ipr.faces import aligned_image  # pylint: disable=import-outside-toplevel

        return aligned_image.crop_main_face(image, self._detector, self._size)

    def smallest(self, image):
        """The smallest stream that keeps --min_identity."""
        from tf_ipr.encoding import identity_search  # pylint: disable=import-outside-toplevel

        return identity_search.smallest_keeping(
            self._codec, image, self._recognizer, FLAGS.min_identity, self._detector, self._template())

    def refinement_of(self, image):
        """The search for the image, a crop already with --align; NoFaceError if it has no face."""
        from tf_ipr.faces import aligned_image  # pylint: disable=import-outside-toplevel

        landmarks = self._template()
        if landmarks is None:
            landmarks = aligned_image.main_face_landmarks(image, self._detector)
        return self._refinement.of(landmarks[None])

    def _template(self):
        """Landmarks of every crop; None for whole images."""
        from tf_ipr.faces import alignment  # pylint: disable=import-outside-toplevel

        return alignment.template_for(self._size) if self._size else None


def run() -> None:
    """Entry point of the console script."""
    start.run(main)


if __name__ == "__main__":
    run()
