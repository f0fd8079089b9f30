"""From a model folder to what others run: two TFLite files for devices, a SavedModel for servers.

    tflite_export.py      encoder.tflite and decoder.tflite, of built-in operations
    encoder_graph.py      the functions the encoder is made of
    decoder_graph.py      the function the decoder is made of
    tflite_trial.py       trials before they are written
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
