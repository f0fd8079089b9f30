"""Many files through the codec: what becomes which, what is finished, what is left out and why.

    transcode.py      bytes -> bytes: a picture to a stream, a stream to a picture
    codecs.py         the codec of a model, with or without TensorFlow
    encoders.py       what makes a stream of a picture: the codec alone, or led by faces
    verb.py           what a run reads and writes, by content and by suffix
    inputs.py         files and folders -> what is read, and what is left out with its reason
    output_names.py   a name of its own for every output
    manifest.py       what was made from which bytes with which settings
    png_output.py     one picture at a place that a user names
    targets.py        places that may be written: nothing that is another's
    file_run.py       all of it: a run over files that may be killed and started again

Nothing here knows flags, prints, or loads a model.
"""
