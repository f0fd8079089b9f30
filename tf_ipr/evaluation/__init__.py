"""Evaluation: rate, distortion and recognition of codecs, ours and others alike; docs/evaluation.md.

    run.py               a whole evaluation: datasets × codecs × settings × recognisers
    pictures.py          what is coded: a dataset's images, whole or cut to the aligned face
    codec_choice.py      codecs by name: align128+avif:30,50
    measurement.py       every picture coded, compared, searched for its face and embedded; resumed
    coding_pool.py       many images through one codec, in processes or batches
    rows.py              the figures of one codec at one setting
    curves.py            BD rates, the best within a budget of bytes
    results_folder.py    metrics.json, metrics.csv, the forms of CompressAI and codec-compare
    report/              those results as one HTML file and as figures for papers

    image_codec.py       the interface of every codec
    learned_codec.py     ours
    exported_codec.py    ours as it is deployed: encoder.tflite and the serving decoder
    reference_codecs.py  JPEG, JPEG 2000, JPEG XL, WebP, AVIF through Pillow; the list of all
    hevc.py              x265 through PyAV
    compressai_codec.py  bmshj2018-hyperprior
    shrunk_codec.py      shrink first, then another codec
    searching_codec.py   ours, with an encoder that searches by a recogniser:
    kept_identity_codec.py  each crop at the lowest quality that keeps a cosine
    refined_codec.py     the latent of every picture refined
    containers.py        bytes of a file that describe the file and not the picture

    metrics.py           bits per pixel, PSNR, MS-SSIM
    identification.py    FRR at FAR 1 %
    verification.py      LFW View 2, TPR at a fixed FAR
    operating_point.py   thresholds at a FAR, the ROC curve
    bootstrap.py         draws of whole people, for every interval
    fewest_bytes.py      where a codec reaches another one's FRR, with its interval
    frr_difference.py    how many more people one codec rejects, doubt about thresholds included
    bit_allocation.py    where in the picture the bits go

"""
