"""Absl binaries, one per verb: they parse flags and call the library."""
