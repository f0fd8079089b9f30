"""People whose pictures scatter around a centre of their own, as embeddings."""

import numpy as np


def draw(seed: int, num_people: int, pictures: int = 4, size: int = 12, scatter: float = 0.45):
    """float32 [N, size] and the N people's numbers; every person's pictures number 2 to `pictures`.

    People differ in how much their pictures scatter, so that those of one fail together.
    """
    random = np.random.default_rng(seed)
    counts = random.integers(2, pictures + 1, num_people)
    identities = np.repeat(np.arange(num_people), counts)
    centres = random.normal(size=(num_people, size))
    own = scatter * random.uniform(0.5, 1.5, num_people)
    noise = random.normal(size=(len(identities), size))
    embeddings = centres[identities] + own[identities, None] * noise
    return embeddings.astype(np.float32), identities
