"""Evaluation: rate, distortion and recognition of codecs, ours and others alike; docs/evaluation.md.

    run.py               a whole evaluation: datasets × codecs × settings × recognisers
    pictures.py          what is coded: a dataset's images, whole or cut
    crops.py             aligned and loose crops of the face
    measurement.py       every picture coded, compared, searched for its face and embedded; resumed
    coding_pool.py       many images through one codec, in processes or batches
    metrics.py           bits per pixel, PSNR, MS-SSIM
    rows.py              the figures of one codec at one setting
    row_definition.py    the fields of a row: checked when read, documented from there
    migration.py         rows of schema 1
    curves.py            BD rates, the best within a budget of bytes
    contest.py           codec against codec within a budget of payload
    headline.py          the fewest bytes at parity with a target
    results_folder.py    metrics.json, metrics.csv, the forms of CompressAI and codec-compare
    demo/                one picture through several codecs of as many bytes, judged by a recogniser

    codecs/              what codes
    protocols/           what is counted on the embeddings
"""
