"""Training losses: distortion, multi-scale structural similarity, identity and their sum."""
