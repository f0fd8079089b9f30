"""Encoders that look at faces.

    refinement.py        latents refined by a recogniser's gradient
    identity_search.py   the lowest quality that keeps an identity
"""
