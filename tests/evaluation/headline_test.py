"""The fewest bytes at parity with a target, by both measures."""

import pathlib

import numpy as np
import pytest

from tests.evaluation.conftest import MeanColour, StepsCodec
from tests.evaluation.protocols import simulated_people
from tf_ipr.datasets.evaluation_set import EvaluationSet
from tf_ipr.evaluation import headline, rows
from tf_ipr.evaluation.codecs.codec_choice import CodecChoice
from tf_ipr.evaluation.measurement import FIGURES, Measured
from tf_ipr.evaluation.pictures import Pictures


@pytest.fixture(scope="module")
def found():
    embeddings, identities = simulated_people.draw(0, 300, scatter=0.3)
    count = len(identities)
    dataset = EvaluationSet("toy", [pathlib.Path(f"{n}.png") for n in range(count)],
                            [str(person) for person in identities])
    noise = np.random.default_rng(0).normal(size=embeddings.shape).astype(np.float32)

    def measured(size, amount):
        figures = {name: np.full([count], 1.0, np.float32) for name in FIGURES}
        figures.update(num_bytes=np.full([count], size), container_bytes=np.full([count], 100.0))
        changed = embeddings + amount * noise
        return Measured(figures, np.zeros([count, 5, 2]),
                        [changed / np.linalg.norm(changed, axis=1, keepdims=True)], ())

    target, codec = CodecChoice(StepsCodec(), (10,)), StepsCodec("2")
    codec.label = "other"
    other = CodecChoice(codec, (50, 10, 5))
    best = headline.Headline(target, dataset, [MeanColour()])
    judge = rows.Judge(Pictures(dataset), measured(1, 0), [MeanColour()], took=best.take)
    judge.row(None, 0, measured(1, 0))
    judge.row(target, 10, measured(8000, 0.1))
    for setting, size, amount in ((50, 500, 0.5), (10, 1000, 0.1), (5, 2000, 0.05)):
        judge.row(other, setting, measured(size, amount))
    return best


def test_equal_outcomes_are_parity_in_files_and_payloads_by_both_measures(found):
    entries = {(entry["measure"], entry["counted"]): entry for entry in found.found()}
    assert set(entries) == {(measure, size) for measure in (headline.FRR, headline.FNMR)
                            for size in headline.SIZES}
    for (_, size), entry in entries.items():
        bytes_at_parity = 1000 if size == "mean_bytes" else 900
        assert entry["label"] == "other" and entry["fewest"] == pytest.approx(bytes_at_parity)
        assert entry["low"] <= entry["fewest"] and entry["target_bytes"] == bytes_at_parity + 7000
    text = headline.tables(found.found(), found.differences())
    assert "| toy | mean colour | FNMR at FMR 1e-4 |" in text and "| 900 |" in text


def test_every_setting_is_compared_with_the_target(found):
    differences = {entry["setting"]: entry for entry in found.differences()}
    assert set(differences) == {50, 10, 5}
    assert differences[10]["difference"] == 0 < differences[50]["difference"]


def test_what_lies_beyond_the_largest_file_is_shown_as_more_than_that():
    entry = dict(fewest=None, low=1708.0, high=None, largest=1787.0)
    assert headline.shown_bytes(entry) == "> 1,787"
    assert headline.shown_interval(entry) == "1,708 – > 1,787"
    assert headline.shown_interval(dict(entry, low=None)) == "> 1,787"
    assert headline.shown_interval(dict(entry, high=1750.0)) == "1,708 – 1,750"
