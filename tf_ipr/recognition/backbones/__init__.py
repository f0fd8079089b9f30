"""Architectures of published face recognisers, as functional Keras models with frozen weights."""
