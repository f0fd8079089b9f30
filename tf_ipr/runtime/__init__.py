"""Coding without TensorFlow: the two TFLite files of a model, run by LiteRT.

    rate_search.py   a quality from a size
"""
