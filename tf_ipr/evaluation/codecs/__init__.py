"""Codecs, ours and others alike, behind one interface.

    image_codec.py       the interface
    codec_form.py        what a codec is, part by part
    codec_choice.py      codecs by name: align128+avif:30,50
    learned_codec.py     ours
    exported_codec.py    ours as it is deployed: encoder.tflite and the serving decoder
    reference_codecs.py  the list of those to compare with
    pillow_codecs.py     JPEG, JPEG 2000, JPEG XL, WebP, AVIF through Pillow, also grey
    hevc.py              x265 through PyAV
    compressai_codec.py  bmshj2018-hyperprior
    qr_preset_codec.py   the grey WebP of 48 pixels of tools for QR codes
    fitted_codec.py      another codec at a number of bytes
    shrunk_codec.py      shrink first, then another codec
    searching_codec.py   ours, with an encoder that searches by a recogniser:
    kept_identity_codec.py  each crop at the lowest quality that keeps a cosine
    refined_codec.py     the latent of every picture refined
    containers.py        bytes of a file that describe the file and not the picture
"""
