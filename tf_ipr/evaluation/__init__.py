"""Evaluation: image quality, identification protocols, and the codecs to compare with."""
