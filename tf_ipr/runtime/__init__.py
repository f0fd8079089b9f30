"""Coding without TensorFlow: the two TFLite files of a model, run by LiteRT.

codec.py         the front door, `tf_ipr.Codec`
encoder.py       encoder.tflite: pixels in, stream out
decoder.py       decoder.tflite: stream in, pixels out
tflite_half.py   what both are: a file with metadata, and running it
quiet_start.py   its first words on the standard error stream
rate_choice.py   a quality from a size
alignment.py     a face by its landmarks, cut out on a recogniser's template
"""
