"""The images that benchmarks run on, and the flags that choose them."""

from __future__ import annotations

import pathlib

from absl import app, flags

from tf_ipr.datasets import lfw
from tf_ipr.files import image_file

FLAGS = flags.FLAGS
flags.DEFINE_enum("dataset", "lfw", ["lfw", "folder"], "LFW's View 1 test images, or a folder.")
flags.DEFINE_string("data_dir", None, "Folder of the images.", required=True)
flags.DEFINE_string("protocol_dir", None, "Folder of LFW's official lists (--dataset=lfw).")
flags.DEFINE_integer("every", 1, "Take every N-th image only.", lower_bound=1)
flags.DEFINE_string("model", None, "Model folder; default: the shipped model.")


def paths() -> list[pathlib.Path]:
    """The images of the data set, every N-th of them, in its order."""
    if FLAGS.dataset == "folder":
        found = image_file.list_images(FLAGS.data_dir)
    elif FLAGS.protocol_dir is None:
        raise app.UsageError("--dataset=lfw needs --protocol_dir, the folder of LFW's lists")
    else:
        found = [face.path for face in lfw.test(FLAGS.protocol_dir, FLAGS.data_dir)]
    return found[::FLAGS.every]


def name() -> str:
    """The data set's name for titles."""
    return "LFW View 1 test" if FLAGS.dataset == "lfw" else pathlib.Path(FLAGS.data_dir).name


def model_folder() -> pathlib.Path:
    """The folder of the model to measure."""
    from tf_ipr.format import shipped_models

    return shipped_models.folder_of(FLAGS.model)
