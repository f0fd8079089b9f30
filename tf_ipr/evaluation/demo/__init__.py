"""What tf_ipr_demo shows: a face and its picture in a few bytes, and what a recogniser says of them.

subject.py      the aligned face and the whole picture, from a picture of any size
judge.py        a recogniser's cosine to the original
equal_bytes.py  ours and other codecs, none with more bytes than allowed
sheet.py        all of it as one picture
text.py         all of it as lines
"""
