"""How often intervals of FNMR at a fixed FMR hold the truth.

    python -m benchmarks.interval_coverage --sets=400

Draws sets of simulated people (tests/evaluation/protocols/simulated_people.py: 2 to 6 pictures each,
people differ in how much theirs scatter), and asks of each 95 % interval in how many sets the FNMR of
6,000 people
lies in it: the bootstrap by people that the results show, Wilson's with the
variance of Fogliato et al. at the set's own and at the true threshold, and Wilson's as if comparisons
were independent. Promised: the bootstrap within 90 and 98 %.
"""

from __future__ import annotations

import numpy as np
from absl import app, flags

from tests.evaluation.protocols import simulated_people
from tf_ipr.evaluation.protocols import intervals, verification
from tf_ipr.evaluation.protocols.comparisons import compare

FLAGS = flags.FLAGS
flags.DEFINE_integer("sets", 400, "Simulated sets of each size.", 10)
flags.DEFINE_integer("resamples", 500, "Draws of the bootstrap.", 50)
flags.DEFINE_multi_integer("people", [100, 300, 800], "People of a set; may be repeated.")
flags.DEFINE_multi_float("fmr", [1e-2, 1e-3, 1e-4], "False match rates; may be repeated.")

_PICTURES, _PEOPLE_OF_TRUTH = 6, 6000


def main(argv) -> None:
    del argv
    truth = compare(*simulated_people.draw(2 ** 31, _PEOPLE_OF_TRUTH, _PICTURES))
    print("| people | FMR | events | true FNMR, % | bootstrap by people | Wilson, Fogliato | at the "
          "true "
          "threshold | independent |\n" + "|---" * 8 + "|")
    for people in FLAGS.people:
        sets = [compare(*simulated_people.draw(seed, people, _PICTURES)) for seed in range(FLAGS.sets)]
        for fmr in FLAGS.fmr:
            events = np.median([fmr * found.num_impostors for found in sets])
            if events < verification.LEAST_EVENTS:
                continue
            threshold = verification.threshold_at(truth, fmr)
            true = np.mean(truth.genuine_scores <= threshold)
            inside = np.array([[low <= true <= high
                                for low, high in _intervals(found, fmr, threshold, seed)]
                               for seed, found in enumerate(sets)])
            print(f"| {people} | {fmr:g} | {events:,.0f} | {100 * true:.2f} | "
                  + " | ".join(f"{100 * share:.0f} %" for share in inside.mean(axis=0)) + " |",
                  flush=True)


def _intervals(found, fmr: float, true_threshold: float, seed: int):
    own = verification.threshold_at(found, fmr)
    person = found.people[found.genuine_pairs[:, 0]]
    count = len(person)

    def dependent(threshold):
        return intervals.wilson_of_people(np.bincount(person, found.genuine_scores <= threshold),
                                          np.bincount(person))

    rate = np.mean(found.genuine_scores <= own)
    return (intervals.fnmr_interval(found, fmr, FLAGS.resamples, seed), dependent(own),
            dependent(true_threshold), intervals.wilson(rate, rate * (1 - rate) / count, count))


if __name__ == "__main__":
    app.run(main)
