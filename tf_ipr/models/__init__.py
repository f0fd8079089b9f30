"""What is learned.

    mobile.py            transforms in plain Keras layers (default)
    hyperprior.py        transforms of the paper's reference, on tensorflow-compression
    block_transform.py   where the mobile transforms start
    gains.py             channel gains per quality
    latent_gate.py       what of the latent is left out
    integer_network.py   ẑ → scale index as it is trained
    frozen_network.py    the same with constant integers, and the proof that it is exact
    network.py           all transforms and the data flow between them
    entropy_model.py     rates for training; integer tables for coding
    training_model.py    network and entropy model with noise and straight-through rounding
    inference.py         image to symbols, symbols to image
    model_folder.py      models on disk
    codec.py             images to streams and back, in TensorFlow
"""
