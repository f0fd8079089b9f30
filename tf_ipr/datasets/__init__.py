"""Images for training and evaluation.

    image_file.py      the one reader of pictures, of tf_ipr.files
    landmarks.py       the order of the five landmarks, and their mirror
    shape_batches.py   arrays of any sizes in batches that can be stacked

    lfw.py             LFW: View 1's people, View 2's pairs
    celeba_hq.py       CelebA-HQ with identities and a split
    people.py          any folder with a folder per person
    folder.py          any folder of images, with a held-out share
    clic.py            patches of CLIC
    tfds_files.py      datasets of TensorFlow Datasets as files

    evaluation_set.py  the test images of a dataset by name
    pipeline.py        batches for training
"""
