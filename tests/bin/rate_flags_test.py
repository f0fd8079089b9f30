"""The flags that choose a quality refuse what is no number, in every binary that has them."""

import math

import pytest
from absl import flags

from tf_ipr.bin import codec_flags


@pytest.mark.parametrize("name", ["quality", "target_bpp"])
@pytest.mark.parametrize("value", [math.nan, 0.0, math.inf])
def test_only_positive_finite_numbers_are_taken(name, value):
    values = flags.FlagValues()
    codec_flags.define_rate(values)
    with pytest.raises(flags.IllegalFlagValueError):
        values(["program", f"--{name}={value}"])
