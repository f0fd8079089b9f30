"""A loop over time steps that is fast wherever TensorFlow runs.

The coder's steps are tiny (a dozen operations on a handful of numbers), so the loop around them is
what costs: in TensorFlow's executor every loop variable passes several control-flow nodes per
iteration, in TFLite every iteration enters a subgraph. Hence

  * several steps (`unroll`) make one iteration;
  * results are pushed into a small rolling buffer with slice and concatenation (plain copies of
    fixed shape, the same everywhere; TFLite rebuilds a whole TensorArray at each write), and
  * an outer loop collects the buffers, so that the work grows linearly with the number of steps
    in practice (each level copies at most a few hundred kilobytes per iteration).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

UNROLL = 16  # Default number of steps per iteration of the inner loop.
BLOCKS = 32  # Iterations of the inner loop per iteration of the outer loop.


def scan(step: Callable, carry: tuple[tf.Tensor, ...], grids: Sequence[tf.Tensor],
         num_steps: tf.Tensor, unroll: int = UNROLL, backward: bool = False):
    """Runs `carry, out = step(carry, *[grid[t] for grid in grids])` for t = 0..num_steps-1.

    Args:
      step: the step; `out` must have the shape and dtype of `grids[0][t]`.
      carry: tensors handed from step to step; shapes and dtypes stay.
      grids: tensors [T, ...] of equal shape, T a positive multiple of `unroll * BLOCKS`.
      num_steps: int32 scalar, 0..T; rounded up to a multiple of `unroll`, so the padding of the
        grids must make `step` harmless.
      unroll: steps per iteration of the inner loop.
      backward: run t = num_steps-1 .. 0 instead.

    Returns:
      The last carry, and the outs [T, ...] in the order of t. Rows of steps that did not run are
      zero if `backward`, else undefined.
    """
    rest = tf.shape(grids[0])[1:]
    # The rows of all grids in one tensor: one gather and one unstacking per iteration.
    width = unroll * len(grids)
    rows = tf.stack(grids, axis=1) if len(grids) > 1 else grids[0]
    chunks = tf.reshape(rows, tf.concat([[-1, BLOCKS, width], rest], axis=0))
    buffers = tf.zeros_like(tf.reshape(grids[0], tf.concat([[-1, BLOCKS, unroll], rest], axis=0)))
    num_blocks = (num_steps + (unroll - 1)) // unroll
    num_chunks = (num_blocks + (BLOCKS - 1)) // BLOCKS

    def run_block(carry, block, _):
        rows = tf.unstack(block, num=width)
        steps = [rows[start:start + len(grids)] for start in range(0, width, len(grids))]
        outs = []
        for inputs in (reversed(steps) if backward else steps):
            carry, out = step(carry, *inputs)
            outs.append(out)
        return carry, tf.stack(outs[::-1] if backward else outs)

    def run_chunk(carry, chunk, index):
        count = tf.minimum(num_blocks - index * BLOCKS, BLOCKS)
        return _roll(run_block, carry, chunk, buffers[0], count, backward)

    carry, outs = _roll(run_chunk, carry, chunks, buffers, num_chunks, backward)
    return carry, tf.reshape(outs, tf.shape(grids[0]))


def _roll(body: Callable, carry: tuple[tf.Tensor, ...], rows: tf.Tensor, buffer: tf.Tensor,
          count: tf.Tensor, backward: bool):
    """Loops `carry, out = body(carry, rows[i], i)` over i < count; outs in place of `buffer`."""
    def iterate(done, buffer, *carry):
        index = count - 1 - done if backward else done
        new_carry, out = body(carry, tf.gather(rows, index), index)
        # The newest row goes first: backward, that is already the order of i.
        pushed = tf.concat([out[tf.newaxis], buffer[:-1]], axis=0)
        for new, old in zip((pushed,) + tuple(new_carry), (buffer,) + carry):
            new.set_shape(old.shape)
        return (done + 1, pushed) + tuple(new_carry)

    _, buffer, *carry = tf.while_loop(
        lambda done, *_: done < count, iterate,
        (tf.constant(0), buffer) + tuple(carry), parallel_iterations=1)
    if not backward:
        buffer = tf.gather(buffer, tf.maximum(count - 1 - tf.range(tf.shape(buffer)[0]), 0))
    return tuple(carry), buffer
