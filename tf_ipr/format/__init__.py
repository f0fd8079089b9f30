"""What a stream and a model folder are, in NumPy alone: importing it never loads TensorFlow.

bitstream.py        header and container of a stream
lane_count.py       how many lanes code a picture
tables.py           integer probability tables
stream_status.py    what can be wrong with a stream, as a number
model_config.py     ModelConfig: shapes, strides and presets
model_folder.py     reading a model folder; model id
shipped_models.py   the models that come with the project
"""
