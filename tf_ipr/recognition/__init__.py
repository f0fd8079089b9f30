"""Faces: detection, alignment, frozen recognisers and the caches of what they find."""
