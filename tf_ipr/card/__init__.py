"""A face in a QR code: coded, signed, drawn as a card, and read again from a photograph of it.

    payload        the bytes in the code (docs/card.md)
    keys           Ed25519 key files, signatures, key ids
    qr_code        versions and levels, what they hold, drawing and finding codes
    issuing        crop, text and key -> a payload within the budget
    reading        photograph or payload -> a verified face
    drawing        the card as a picture to print

No TensorFlow here: pixels become streams and streams pixels by a codec that the caller gives.
"""
