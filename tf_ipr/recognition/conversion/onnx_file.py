"""Reading an ONNX file: is it one, is it a recogniser's, and how does it want its faces?

    file = onnx_file.read("face_recognition_sface_2021dec.onnx")
    file.size, file.channels_first, file.embedding_size
    file.with_open_batch()        # the same graph for any number of faces, where it allows that
    file.session()                # run by onnxruntime

Files differ in what they declare: some fix the batch at 1, some leave height and width open, old ones
list their weights among the inputs. Here all become one form: one input whose layout and size are
written down, one output, nothing that the output does not need.
"""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np

from tf_ipr.recognition import onnx_session
from tf_ipr.recognition.description import RecognizerError

_FLOATS = {1: "float32", 10: "float16"}
_LARGEST = 1 << 31  # of a file that protobuf can hold
# Two runs of one graph, with one face and with several, differ by rounding alone, if in half precision.
_SAME = 1e-2


@dataclasses.dataclass
class OnnxFile:
    """An ONNX graph with one input of known size and one output.

    Attributes:
        model: the `onnx.ModelProto`; weights included, wherever the file had them.
        path: where it was read.
        size: height and width of the input.
        channels_first: whether the input is [B, 3, S, S] (else [B, S, S, 3]).
        dtype: "float32" or "float16", of the input.
        embedding_size: length of the output's rows.
    """

    model: onnx.ModelProto  # noqa: F821  # onnx is a package of an extra
    path: str
    size: int
    channels_first: bool
    dtype: str
    embedding_size: int

    @property
    def batch(self) -> int | None:
        """The number of faces that the graph declares; None for any."""
        return self.model.graph.input[0].type.tensor_type.shape.dim[0].dim_value or None

    def with_open_batch(self) -> OnnxFile:
        """The graph for any number of faces, or for as many as it really takes.

        What a file declares is not what counts: a batch that is fixed at 1 often works for any number,
        and one that is open may not (a Reshape to one row). So three faces are tried together and
        alone.
        """
        opened, fixed = _copy(self.model), _copy(self.model)
        _declare_batch(opened, None)
        _declare_batch(fixed, self.batch or 1)
        faces = self._faces(3)
        alone = onnx_session.OnnxSession(fixed.SerializeToString())(faces)
        try:
            together = onnx_session.OnnxSession(opened.SerializeToString())(faces)
        except RecognizerError:
            return dataclasses.replace(self, model=fixed)
        same = np.allclose(together, alone, rtol=0, atol=_SAME * np.abs(alone).max())
        return dataclasses.replace(self, model=opened if same else fixed)

    def session(self) -> onnx_session.OnnxSession:
        """The graph, ready to run."""
        return onnx_session.OnnxSession(self.model.SerializeToString())

    def _faces(self, count: int) -> np.ndarray:
        """Noise of different strength, float32."""
        strength = 10.0 ** np.arange(count)[:, None, None, None]
        noise = np.random.default_rng(0).uniform(-1, 1, [count, self.size, self.size, 3])
        return (strength * noise).astype(np.float32)


def read(path, size: int | None = None, output: str | None = None) -> OnnxFile:
    """Reads a recogniser's ONNX file.

    Args:
        path: of the file; weights that lie in files beside it are read too.
        size: height and width of the input where the file leaves them open; must be the file's
            otherwise.
        output: name of the output that holds the embedding, if there are several.

    Raises:
        ImportError: onnx or onnxruntime is not installed.
        OSError: the file cannot be read.
        RecognizerError: it is no ONNX file, is cut short, or is no recogniser's.
    """
    model = _load(pathlib.Path(path))
    _choose_output(model, output, path)
    value = _only_input(model, path)
    kind = value.type.tensor_type
    if kind.elem_type not in _FLOATS:
        import onnx  # pylint: disable=import-outside-toplevel

        name = onnx.TensorProto.DataType.Name(kind.elem_type)
        raise RecognizerError(
            f"{path}: the input {value.name} holds {name} numbers; float32 and float16 "
            "can be fed")
    dimensions = [d.dim_value or d.dim_param or "?" for d in kind.shape.dim]
    channels_first, size = _layout(dimensions, size, f"{path}: the input {value.name}")
    shape = [dimensions[0] if isinstance(dimensions[0], int) else "batch",
             *([3, size, size] if channels_first else [size, size, 3])]
    _set_shape(value, shape)
    del model.graph.value_info[:]  # of the shapes as they were declared
    file = OnnxFile(model, str(path), size, channels_first, _FLOATS[kind.elem_type], 0)
    # A graph may leave the length of the embedding open, so some faces are embedded to see it.
    _set_shape(model.graph.output[0], None)
    session = file.session()
    result = session.run(file._faces(session.batch or 1))
    _set_shape(model.graph.output[0], [shape[0], *result.shape[1:]])
    file.embedding_size = session(file._faces(1)).shape[1]
    return file


def _load(path: pathlib.Path):
    onnx = _onnx()
    with path.open("rb") as file:
        size = file.seek(0, 2)
    if size >= _LARGEST:
        raise RecognizerError(
            f"{path} has {size} bytes; an ONNX file that holds its weights has at most 2 GiB")
    try:
        model = onnx.load(str(path))
    except OSError as error:
        raise RecognizerError(f"{path} keeps its weights in another file, which cannot be read: {error}"
                              ) from error
    except Exception as error:  # pylint: disable=broad-except  # protobuf's, onnx's checker's, ValueError.
        raise RecognizerError(f"{path} is no ONNX file, or is cut short "
                              f"({type(error).__name__}: {str(error).strip()[:200]})") from error
    # An empty file is a message without fields.
    if not model.graph.node or not model.graph.output:
        raise RecognizerError(f"{path} is no ONNX file, or is cut short (it holds no graph)")
    return model


def _onnx():
    try:
        import onnx  # pylint: disable=import-outside-toplevel  # A package of an extra.
    except ImportError as error:
        raise ImportError("reading an ONNX file needs the package onnx: pip install 'tf_ipr[onnx]'"
                          ) from error
    return onnx


def _choose_output(model, name: str | None, path) -> None:
    """Leaves one output and what it needs."""
    graph = model.graph
    names = [value.name for value in graph.output]
    if name is None and len(names) != 1:
        raise RecognizerError(f"{path} has {len(names)} outputs: {', '.join(names)}. Say which is the "
                              "embedding: --output_name")
    if name is not None and name not in names:
        raise RecognizerError(f"{path} has no output {name!r}; it has {', '.join(names)}")
    chosen = [value for value in graph.output if name in (None, value.name)][0]
    needed, nodes = {chosen.name}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            nodes.append(node)
            needed.update(_names_in(node))
    _replace(graph.output, [chosen])
    _replace(graph.node, nodes[::-1])
    _replace(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in needed])
    _replace(graph.input, [value for value in graph.input if value.name in needed])


def _names_in(node) -> list[str]:
    """What a node reads, the graphs inside of it included."""
    names = list(node.input)
    for attribute in node.attribute:
        for inner in [attribute.g, *attribute.graphs]:
            for one in inner.node:
                names += _names_in(one)
    return names


def _only_input(model, path):
    """The input; weights that old files list among the inputs are none."""
    weights = {tensor.name for tensor in model.graph.initializer}
    values = [value for value in model.graph.input if value.name not in weights]
    if len(values) != 1:
        raise RecognizerError(f"{path} has {len(values)} inputs that its embedding depends on "
                              f"({', '.join(value.name for value in values)}), expected one: the faces")
    _replace(model.graph.input, values)
    return model.graph.input[0]


def _layout(dimensions, size: int | None, what: str):
    """(whether channels are first, S) of an input's dimensions, numbers or names."""
    if len(dimensions) != 4:
        raise RecognizerError(
            f"{what} is {dimensions}, expected four dimensions: [B,3,S,S] or [B,S,S,3]")
    if 3 not in (dimensions[1], dimensions[3]):
        raise RecognizerError(
            f"{what} is {dimensions}: neither the second nor the last dimension is 3, the "
            "number of colours")
    channels_first = dimensions[1] == 3
    height, width = dimensions[2:] if channels_first else dimensions[1:3]
    known = {length for length in (height, width) if isinstance(length, int)}
    if len(known) > 1:
        raise RecognizerError(f"{what} is {height}×{width}; a recogniser here takes a square")
    if known and size not in (None, *known):
        raise RecognizerError(f"{what} is {known.pop()} pixels large, --input_size says {size}")
    if not known and size is None:
        raise RecognizerError(
            f"{what} is {dimensions}: its height and width are open. Give --input_size")
    return channels_first, known.pop() if known else size


def _set_shape(value, shape) -> None:
    """Declares a value's shape; None for a value that says nothing of it."""
    kind = value.type.tensor_type
    kind.ClearField("shape")
    for length in shape or []:
        kind.shape.dim.add(**{"dim_value" if isinstance(length, int) else "dim_param": length})


def _declare_batch(model, batch: int | None) -> None:
    for value in (*model.graph.input, *model.graph.output):
        first = value.type.tensor_type.shape.dim[0]
        if batch is None:
            first.dim_param = "batch"
        else:
            first.dim_value = batch


def _copy(model):
    other = type(model)()
    other.CopyFrom(model)
    return other


def _replace(field, values) -> None:
    values = [_copy(value) for value in values]
    del field[:]
    field.extend(values)
