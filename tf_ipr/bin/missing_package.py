"""What to say when a package of one of the extras is not installed."""

from __future__ import annotations

import sys

# The extra that brings each package, by the name under which it is imported.
_EXTRAS = {
    "tensorflow": "train", "keras": "train", "tensorflow_compression": "train",
    "tensorflow_probability": "train", "tensorflow_addons": "train", "keras_cv": "train",
    "tensorflow_datasets": "train", "scipy": "train", "mtcnn": "recognition",
    "face_recognition_models": "dlib", "onnx": "onnx", "onnxruntime": "onnx",
    "av": "evaluation", "bjontegaard": "evaluation",
    "pillow_jxl": "evaluation", "matplotlib": "evaluation", "jinja2": "evaluation",
    "skimage": "evaluation", "tensorflow_serving": "serving", "segno": "card",
    "cryptography": "card", "zxingcpp": "card", "apache_beam": "beam", "ai_edge_litert": "",
}
_TENSORFLOW_EXTRAS = ("train", "recognition", "onnx", "serving")
_LAST_PYTHON = (3, 11)  # of TensorFlow 2.14, to which tensorflow-compression's last release is bound


def explain(error: ModuleNotFoundError) -> str:
    """One line: what is missing, and how to get it or why it cannot be had here."""
    package = (error.name or "").split(".")[0]
    if package not in _EXTRAS:
        return str(error)
    extra = _EXTRAS[package]
    if extra in _TENSORFLOW_EXTRAS and sys.version_info[:2] > _LAST_PYTHON:
        return (f"this needs {package}, which there is for Python 3.10 and 3.11 alone; here is Python "
                f"{sys.version_info[0]}.{sys.version_info[1]}. Coding and decoding need it not. For the "
                "rest make an environment of Python 3.11 and install 'tf_ipr[all]' there.")
    wanted = f"tf_ipr[{extra}]" if extra else "tf_ipr"
    return f"this needs {package}: pip install '{wanted}'"
