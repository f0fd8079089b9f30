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

    decoders.py       what makes a picture of a stream
    self_identity.py  the cosine of a picture's face to the decoded one's

The same on many workers, by Apache Beam:

    beam_work.py      what is done to each file, small enough to travel
    beam_files.py     files wherever Beam reaches, written whole or not at all
    beam_journal.py   one manifest of many workers' parts
    beam_names.py     names, folder by folder
    beam_steps.py     the steps
    beam_run.py       a run: checks, steps, outcome
    beam_local.py     the local runner; beam_worker.py, its processes

Nothing here knows flags, prints, or loads a model.
"""
