"""What a model is made of: a frozen record that travels with its weights.

The record is written as `config.json` into every model folder and checkpoint, so that a model is
always rebuilt as it was trained.  Presets are in `PRESETS`, architectures in `ARCHITECTURES`; an
unknown key is an error.
"""

from __future__ import annotations

import dataclasses

# Its name is that of its module in `tf_ipr.models`; the number is the largest `ModelConfig.width`.
ARCHITECTURES = {
    "mobile": 192,  # coefficients of 8×8 pixels of 3 colours
    "hyperprior": 1024,
}


class ConfigError(ValueError):
    """A model description that names unknown or impossible values."""


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """Shapes of one codec.

    Attributes:
      architecture: a key of `ARCHITECTURES`: "mobile" (mean and scale, transforms at 1/8 resolution,
        plain Keras layers) or "hyperprior" (the scale hyperprior of Ballé et al. 2018 on SignalConv2D
        and GDN).
      width: channels of the trunk at 1/8 resolution, twice as many at 1/16 ("mobile", 1..192), or
        of every hidden layer ("hyperprior", N of the paper, 1..1024).
      latent_channels: channels M of the latent y at 1/16 resolution.
      side_channels: channels of the hyper-latent z at 1/64 resolution.
      hyper_width: hidden channels of the hyper transforms, integer network included.
      analysis_blocks: residual blocks of the analysis at (1/8, 1/16); "mobile" only.
      synthesis_blocks: residual blocks of the synthesis at (1/16, 1/8); "mobile" only. The decoder
        runs on a server, so it may be larger than the encoder.
      gate_width: hidden channels of the gate on the latent (`latent_gate.py`); 0: no gate.
      num_rates: quality levels with a gain vector of their own; 1 is a single-rate model.
    """

    architecture: str = "mobile"
    width: int = 96
    latent_channels: int = 160
    side_channels: int = 48
    hyper_width: int = 64
    analysis_blocks: tuple[int, int] = (2, 1)
    synthesis_blocks: tuple[int, int] = (2, 4)
    gate_width: int = 0
    num_rates: int = 8

    def __post_init__(self):
        if self.architecture not in list(ARCHITECTURES):  # a list: JSON also gives what has no hash
            raise ConfigError(
                f"architecture is {self.architecture!r}; it must be one of {', '.join(ARCHITECTURES)}."
            )
        max_width = ARCHITECTURES[self.architecture]
        if not isinstance(self.width, int) or not 1 <= self.width <= max_width:
            raise ConfigError(
                f"width is {self.width!r}; with the architecture {self.architecture} it "
                f"must be an integer in 1..{max_width}."
            )
        for name in ("latent_channels", "side_channels", "hyper_width", "num_rates"):
            value = getattr(self, name)
            if not isinstance(value, int) or not 1 <= value <= 1024:
                raise ConfigError(f"{name} is {value!r}; it must be an integer in 1..1024.")
        if not isinstance(self.gate_width, int) or not 0 <= self.gate_width <= 1024:
            raise ConfigError(f"gate_width is {self.gate_width!r}; it must be an integer in 0..1024.")
        for name in ("analysis_blocks", "synthesis_blocks"):
            value = getattr(self, name)
            if (
                not isinstance(value, (list, tuple))
                or len(value) != 2
                or any(not isinstance(v, int) or v < 0 for v in value)
            ):
                raise ConfigError(f"{name} is {value!r}; it must be two integers of 0 or more.")
            object.__setattr__(self, name, tuple(value))  # JSON gives lists

    @property
    def stride(self) -> int:
        """Pixels from one position of the latent y to the next."""
        return 16

    @property
    def side_stride(self) -> int:
        """Positions of the latent from one position of the hyper-latent z to the next."""
        return 4

    def latent_size(self, height: int, width: int) -> tuple[int, int]:
        """(rows, columns) of y for a picture; works on int32 tensors, too."""
        return _divide_up(height, self.stride), _divide_up(width, self.stride)

    def side_size(self, rows: int, columns: int) -> tuple[int, int]:
        """(rows, columns) of z for those of a latent y; works on int32 tensors, too."""
        return _divide_up(rows, self.side_stride), _divide_up(columns, self.side_stride)

    def num_symbols(self, height: int, width: int) -> tuple[int, int]:
        """Symbols of z and of y in a picture; works on int32 tensors, too."""
        rows, columns = self.latent_size(height, width)
        side_rows, side_columns = self.side_size(rows, columns)
        return (side_rows * side_columns * self.side_channels, rows * columns * self.latent_channels)

    def to_dict(self) -> dict:
        """The record as plain JSON types."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict) -> ModelConfig:
        """The inverse of `to_dict`; raises `ConfigError` on an unknown key."""
        known = [f.name for f in dataclasses.fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ConfigError(f"Unknown model settings {unknown}; known are {known}.")
        return cls(**values)


def _divide_up(value, divisor: int):
    return (value + (divisor - 1)) // divisor


PRESETS = {
    "mobile": ModelConfig(),
    "hyperprior": ModelConfig(
        architecture="hyperprior", width=128, latent_channels=192, side_channels=128, hyper_width=128
    ),
}
