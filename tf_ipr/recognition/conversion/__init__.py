"""Weights of other frameworks: reading them, checking them, freezing them into a graph."""
