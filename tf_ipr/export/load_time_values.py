"""Values that a SavedModel computes once, when it is loaded, from something smaller in the file.

TensorFlow Serving and `tf.saved_model.load` run the initialisers of a model's resources before the
first request. Here a resource is a variable and its initialiser computes the value, so that the file
holds frequencies instead of the decoder's slot tables, and weights in half precision.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf


class LoadTimeValue(tf.saved_model.experimental.TrackableResource):
    """One value; call it to read. Track it from the module that is saved."""

    def __init__(self, compute: Callable[[], tf.Tensor], name: str):
        """Computes the value once now, for this process.

        Args:
          compute: makes the value in TensorFlow operations from constants alone.
          name: unique within a model.
        """
        super().__init__()
        self._compute = compute
        self._name = name
        value = compute()
        self._dtype, self._shape = value.dtype, value.shape
        self._assign(value)

    def __call__(self) -> tf.Tensor:
        """The value."""
        value = tf.raw_ops.ReadVariableOp(resource=self.resource_handle, dtype=self._dtype)
        value.set_shape(self._shape)
        return value

    def _create_resource(self):
        return tf.raw_ops.VarHandleOp(dtype=self._dtype, shape=self._shape,
                                      shared_name=f"load_time/{self._name}")

    def _initialize(self):
        self._assign(self._compute())

    def _assign(self, value):
        tf.raw_ops.AssignVariableOp(resource=self.resource_handle, value=value)


class HalfPrecisionVariable(LoadTimeValue):
    """A float32 variable that is saved as float16; functions that read it stay as they are."""

    def __init__(self, variable: tf.Variable, name: str):
        """Takes the place of `variable` in what is saved; the variable must outlive it.

        Raises:
          ValueError: half precision would change the variable's value, see `is_half`.
        """
        if not is_half(variable):
            raise ValueError(f"{name} is not a float32 variable of values that half precision holds.")
        half = variable.numpy().astype(np.float16)
        self._variable = variable
        super().__init__(lambda: tf.cast(tf.constant(half), tf.float32), name)

    def _create_resource(self):
        # In this process the functions hold the variable's own handle.
        return self._variable.handle if tf.executing_eagerly() else super()._create_resource()


def is_half(variable: tf.Variable) -> bool:
    """Whether a float32 variable survives half precision unchanged, as a shipped model's weights do."""
    value = variable.numpy()
    with np.errstate(over="ignore"):
        return value.dtype == np.float32 and np.array_equal(value.astype(np.float16), value)
