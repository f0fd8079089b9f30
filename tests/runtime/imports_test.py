"""The codec runs on the small installation: nothing of training, recognition or evaluation."""

import subprocess
import sys

_SCRIPT = """
import importlib.abc, sys

class Refuse(importlib.abc.MetaPathFinder):
    names = {"tensorflow_compression", "tensorflow_probability", "tensorflow_addons", "keras_cv",
             "tensorflow_datasets", "mtcnn", "cv2", "av", "skimage", "matplotlib", "torch"}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"{name} is not part of the small installation")

sys.meta_path.insert(0, Refuse())

import numpy as np
from tf_ipr.models.codec import TensorFlowCodec

codec = TensorFlowCodec.load()
image = np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)
assert codec.decompress(codec.compress(image, quality=10)).shape == image.shape
assert not Refuse.names & {name.split(".")[0] for name in sys.modules}
"""


def test_codec_needs_tensorflow_numpy_and_pillow_alone():
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
