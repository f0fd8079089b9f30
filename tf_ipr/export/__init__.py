"""From a model folder to what others run: a TFLite encoder for devices, a SavedModel for servers.

    tflite_encoder.py     pixels in, stream out, as TFLite files of built-in operations
    encoder_graph.py      the functions they are made of
    tflite_file.py        conversion, the check of operations, what a file says about itself
    interop.py            golden streams: does another machine agree with this one?
    serving_decoder.py    streams in, pixels out, as a SavedModel for TensorFlow Serving
    batch_decoder.py      the graph of a whole batch, images of mixed sizes included
    load_time_values.py   what a SavedModel computes when it is loaded
    size_groups.py        runs of images of one size within a batch
    aligned_embedding.py  decoded faces to embeddings
    export_error.py       what both raise
    serving_files.py      warm-up requests and the server's configuration
"""
