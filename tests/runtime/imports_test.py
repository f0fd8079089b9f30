"""The ground floor codes and decodes in a process where nothing larger can be imported."""

import subprocess
import sys

_SCRIPT = """
import importlib.abc, sys

class Refuse(importlib.abc.MetaPathFinder):
    names = {"tensorflow", "keras", "tensorflow_compression", "tensorflow_probability", "tensorflow_addons",
             "keras_cv", "tensorflow_datasets", "mtcnn", "onnxruntime", "cv2", "av", "skimage", "scipy",
             "matplotlib", "torch"}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"{name} is not part of the small installation")

sys.meta_path.insert(0, Refuse())

import numpy as np
import tf_ipr

codec = tf_ipr.Codec.load()
image = np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)
assert codec.decompress(codec.compress(image, quality=10)).shape == image.shape
assert tf_ipr.align(image, 3.0 * np.arange(10).reshape(5, 2) ** 1.5, 112).shape == (112, 112, 3)
assert not Refuse.names & {name.split(".")[0] for name in sys.modules}
"""


def test_the_codec_runs_without_tensorflow():
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_package_itself_loads_nothing():
    script = "import sys; before = set(sys.modules); import tf_ipr; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["tf_ipr"]
