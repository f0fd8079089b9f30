"""Rows and curves, against small experiments worked out by hand."""

import csv
import json
import pathlib

import numpy as np
import pytest

from tests.evaluation.conftest import MeanColour, StepsCodec
from tf_ipr.datasets.evaluation_set import EvaluationSet
from tf_ipr.datasets.lfw import Pair
from tf_ipr.evaluation import contest, curves, results_folder, row_definition, rows, run
from tf_ipr.evaluation.codecs.codec_choice import CodecChoice
from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.evaluation.measurement import FIGURES, Measured
from tf_ipr.evaluation.pictures import Pictures


def _measured(embeddings, failures=(), **figures):
    count = len(embeddings)
    values = {name: np.full([count], 1.0, np.float32) for name in FIGURES}
    values.update({name: np.asarray(value, np.float32) for name, value in figures.items()})
    landmarks = np.where(np.isnan(embeddings).any(1)[:, None, None], np.nan, np.zeros([count, 5, 2]))
    return Measured(values, landmarks, [np.asarray(embeddings, np.float32)], failures)


def _angles(*degrees):
    radians = np.deg2rad(np.array(degrees, np.float64))
    return np.stack([np.cos(radians), np.sin(radians)], -1)


PATHS = [pathlib.Path(f"{name}.png") for name in "abcdef"]
CHOICE = CodecChoice(StepsCodec(), (10,))


def test_identification_by_hand():
    dataset = EvaluationSet("toy", PATHS, ["ann", "ann", "bob", "bob", "bob", "cyd"])
    originals = _measured(_angles(0, 10, 90, 100, 95, 200))
    # The second of ann falls to bob's side, the last of bob has no face.
    decoded = _angles(0, 60, 90, 100, np.nan, 200)
    judge = rows.Judge(Pictures(dataset), originals, [MeanColour()])
    row = judge.row(CHOICE, 10, _measured(
        decoded, num_bytes=[100, 200, 300, 400, 500, 600], container_bytes=[10] * 6, pixels=[800] * 6))
    assert row_definition.problem(row) is None
    found = row["recognizers"][0]
    # Probes: ann 60° (own 60°, best other: bob at 30°), bob 100° (own 10°, ann at 100°), bob without
    # a face. One percent of three impostors is none: the threshold is the largest, cos 30°.
    assert found["threshold"] == pytest.approx(np.cos(np.deg2rad(30)), abs=1e-6)
    assert found["frr_at_far_1"] == pytest.approx(2 / 3)
    assert (found["n_probes"], found["n_identities"]) == (3, 3)
    assert found["n_identities_without_probe"] == 1  # cyd has one image: gallery only.
    # At 46 % and 68 % one and two impostors pass; then only the missing face is rejected.
    np.testing.assert_allclose(found["roc"]["far"], [0, 10 ** (-1 / 3), 10 ** (-1 / 6)])
    np.testing.assert_allclose(found["roc"]["frr"], [2 / 3, 1 / 3, 1 / 3])
    assert found["worst_cosine"] == pytest.approx(np.cos(np.deg2rad(50)), abs=1e-6)
    assert found["worst"][0]["image"] == "b.png" and len(found["worst"]) == 5
    assert row["detection_rate"] == pytest.approx(5 / 6)
    assert row["mean_bytes"] == 350 and row["bpp"] == pytest.approx(3.5)
    assert row["container_bytes"] == 10 and row["payload_bytes"] == 340
    # 15 pairs, of which 4 genuine: no rate rests on ten events, and flips have no threshold.
    coded, against_originals = found["verification"]
    assert (coded["references"], coded["n_genuine"], coded["n_impostors"]) == ("coded", 4, 11)
    assert (against_originals["references"], against_originals["n_genuine"]) == ("original", 8)
    assert coded["points"][0]["fnmr"] is None and "rests on 0 events" in coded["points"][0]["missing"]
    assert found["flips"] is None and rows.fnmr_at(found, 1e-3) is None
    assert (row["bytes_p5"], row["bytes_p50"], row["bytes_p95"]) == (125, 350, 575)
    # With the gallery as it was nothing changes here: the gallery images did not move.
    other = rows.Judge(Pictures(dataset), originals, [MeanColour()], "original").row(
        CHOICE, 10, _measured(decoded))
    assert other["recognizers"][0]["frr_at_far_1"] == found["frr_at_far_1"]


def test_failed_images_are_named_and_count_as_rejected():
    dataset = EvaluationSet("toy", PATHS[:4], ["ann", "ann", "bob", "bob"])
    originals = _measured(_angles(0, 10, 90, 100))
    decoded = _measured(_angles(0, 10, 90, np.nan), failures=[(3, "too large")],
                        num_bytes=[10, 20, 30, np.nan], psnr_db=[30, 40, np.nan, np.nan])
    row = rows.Judge(Pictures(dataset), originals, [MeanColour()]).row(CHOICE, 10, decoded)
    assert row["n_failed"] == 1 and row["n_images"] == 4
    assert row["failures"] == [{"image": "d.png", "reason": "too large"}]
    assert row["mean_bytes"] == 20 and row["psnr_db"] == 35
    assert row["recognizers"][0]["frr_at_far_1"] == 0.5


def test_verification_of_pairs():
    pairs = [Pair(0, PATHS[0], PATHS[1], True), Pair(0, PATHS[0], PATHS[2], False),
             Pair(1, PATHS[2], PATHS[3], True), Pair(1, PATHS[1], PATHS[3], False)]
    dataset = EvaluationSet("toy", PATHS[:4], pairs=pairs)
    measured = _measured(_angles(0, 10, 90, 110))
    row = rows.Judge(Pictures(dataset), measured, [MeanColour()]).row(CHOICE, 10, measured)
    assert row_definition.problem(row) is None
    found = row["recognizers"][0]
    # The impostors are at 90° and 100°; fold 1 sets fold 0's threshold at cos 100°, which 90° passes.
    assert found["verification_accuracy"] == 0.75 and found["tpr_at_far_1e_3"] == 1.0
    assert found["verification_standard_error"] == pytest.approx(0.25)
    assert "frr_at_far_1" not in found


def test_originals_have_no_codec_figures():
    dataset = EvaluationSet("toy", PATHS[:2])
    measured = _measured(_angles(0, 10), psnr_db=[np.inf, np.inf])
    row = rows.Judge(Pictures(dataset), measured, []).row(None, 0, measured)
    assert row_definition.problem(row) is None
    assert row["codec"]["kind"] == "original" and row["psnr_db"] is None and row["encode_ms"] is None
    assert row["detection_rate"] is None and row["recognizers"] == []


def _row(codec, size, psnr_db, frr=None, align=None, dataset="toy", fnmr=None):
    """`codec` as `codec_choice` names it; the form is taken from there."""
    *before, kind = codec.split("+")
    shrink = next((float(part[6:]) for part in before if part.startswith("shrink")), None)
    form = CodecForm("model" if kind == "tf_ipr" else kind, model="toy" if kind == "tf_ipr" else None,
                     crop="aligned" if align else None, size=align, shrink=shrink, grey="grey" in before)
    recognizers = [] if frr is None else [dict(
        name="r", frr_at_far_1=frr, frr_low=frr, frr_high=frr, mean_cosine=1 - frr ** 2)]
    if fnmr is not None:
        recognizers[0].update(flips=None, verification=[dict(references="coded", points=[
            dict(fmr=1e-4, fnmr=fnmr, low=fnmr / 2, high=2 * fnmr)])])
    return dict(dataset=dataset, codec=form.record(), label=codec.upper(), identity=codec, n_images=6,
                setting_name="q", setting=size, mean_bytes=size, bpp=size / 100, psnr_db=psnr_db,
                payload_bytes=size - 10,
                ms_ssim=1 - 10 ** (-psnr_db / 20), encode_ms=1.0, decode_ms=2.0,
                recognizers=recognizers, failures=[])


def test_a_printed_line_has_a_cell_for_each_heading_and_intervals():
    line = dict(_row("avif", 1200, 31.5, 0.25, align=128), payload_bytes=275.4,
                detection_rate=None, n_failed=0)
    line["recognizers"] = [dict(name="a", frr_at_far_1=0.073, frr_low=0.055, frr_high=0.096,
                                mean_cosine=0.9876)]
    cells = run.summary(line).split("|")
    assert len(cells) == run.HEADINGS.splitlines()[0].count("|") + 1
    assert " 7.3 (5.5–9.6) " in cells and " 0.988 " in cells and " 275 " in cells


def test_bd_rate_of_half_the_bytes_is_minus_fifty_percent():
    anchor = [_row("hevc", 100 * 2 ** n, 30 + 3 * n, 0.4 / 2 ** n) for n in range(5)]
    half = [_row("half", 50 * 2 ** n, 30 + 3 * n, 0.4 / 2 ** n) for n in range(5)]
    found = {(entry["label"], entry["quality"]): entry
             for entry in curves.bd_rates(anchor + half, "hevc")}
    assert set(found) == {("HALF", quality) for quality in
                          ("psnr_db", "ms_ssim", "frr r", "cosine r")}
    for entry in found.values():
        assert entry["bd_rate_percent"] == pytest.approx(-50, abs=1e-6)
        assert entry["shared"] == pytest.approx(1)


def test_crops_are_compared_by_recognition_alone():
    anchor = [_row("hevc", 100 * 2 ** n, 30 + 3 * n, 0.4 / 2 ** n) for n in range(5)]
    crops = [_row("crops", 25 * 2 ** n, 30 + 3 * n, 0.4 / 2 ** n, align=128) for n in range(5)]
    found = {entry["quality"]: entry["bd_rate_percent"]
             for entry in curves.bd_rates(anchor + crops, "hevc")}
    assert set(found) == {"frr r", "cosine r"}
    assert found["cosine r"] == pytest.approx(-75, abs=1e-6)


def test_bd_rate_is_left_out_where_curves_do_not_meet():
    anchor = [_row("hevc", 100 * 2 ** n, 30 + 3 * n) for n in range(5)]
    better = [_row("far", 100 * 2 ** n, 60 + 3 * n) for n in range(5)]
    short = [_row("short", 100 * 2 ** n, 30 + 3 * n) for n in range(3)]
    crops = [_row("crops", 100 * 2 ** n, 30 + 3 * n, align=128) for n in range(5)]
    found = curves.bd_rates(anchor + better + short + crops, "hevc")
    assert {entry["label"] for entry in found} == {"FAR", "SHORT"}
    assert all(entry["bd_rate_percent"] is None for entry in found)


def test_points_that_a_smaller_file_beats_are_left_out_of_a_curve():
    curve = [_row("a", 1, 30), _row("a", 2, 29), _row("a", 3, 31)]
    assert curves._rising(curve, "psnr_db") == [(1, 30), (3, 31)]


def test_best_within_a_budget_chooses_scale_and_crop():
    found = curves.best_within([
        _row("avif", 900, 30, 0.4), _row("shrink0.5+avif", 800, 28, 0.3),
        _row("shrink0.8+avif", 1000, 28, 0.2), _row("align128+avif", 700, 28, 0.1, 128),
        _row("tf_ipr", 512, 28, 0.3), _row("original", 10, 30, 0.0)], budgets=[512, 950, 1000])
    table = {(entry["budget"], entry["kind"]): entry["label"] for entry in found}
    assert table == {
        (512, "model, whole"): "TF_IPR", (950, "model, whole"): "TF_IPR",
        (1000, "model, whole"): "TF_IPR", (950, "whole"): "AVIF", (1000, "whole"): "AVIF",
        (950, "shrunk"): "SHRINK0.5+AVIF", (1000, "shrunk"): "SHRINK0.8+AVIF",
        (950, "aligned"): "ALIGN128+AVIF", (1000, "aligned"): "ALIGN128+AVIF"}


def test_a_contest_is_won_within_a_budget_of_payload_by_the_best_scale():
    found = contest.best([
        _row("avif", 511, 30, 0.4, fnmr=0.10), _row("avif", 510, 30, 0.4, fnmr=0.20),
        _row("shrink0.5+avif", 400, 28, 0.3, fnmr=0.08), _row("grey+avif", 450, 28, 0.3, fnmr=0.05),
        _row("tf_ipr", 500, 28, 0.3, fnmr=0.02), _row("original", 10, 30, 0.0, fnmr=0.0)], [500])
    assert {entry["contestant"]: entry["label"] for entry in found} == {
        "avif": "SHRINK0.5+AVIF", "grey avif": "GREY+AVIF", "model toy": "TF_IPR"}
    ours, theirs = contest.leaders(found, "toy", "r", 500)
    assert (ours["fnmr"], theirs["contestant"], theirs["payload_bytes"]) == (0.02, "grey avif", 440)


def test_the_documentation_has_the_definition_of_a_row():
    text = (pathlib.Path(__file__).parents[2] / "docs/evaluation.md").read_text(encoding="utf-8")
    assert row_definition.markdown() in text


def test_the_results_folder_has_every_form(tmp_path):
    folder = results_folder.ResultsFolder(tmp_path, dict(time="2026-01-01T00:00:00"))
    measured = [_row("steps", 100 * n, 30 + n, 0.1) for n in (2, 1)]
    for row in measured:
        folder.add(row)
    figures = {name: np.array([8.0, np.nan]) for name in FIGURES}
    figures["psnr_db"] = np.array([np.inf, 3.0])
    folder.add_curve(measured, ["a.png", "b.png"], [figures, figures])
    folder.add_curve(measured, ["a.png", "b.png"], [figures, figures])

    record = json.loads((tmp_path / "metrics.json").read_text())
    assert record["schema"] == 2 and record["rows"] == measured
    with open(tmp_path / "metrics.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert lines[1]["mean_bytes"] == "100" and lines[0]["r frr_at_far_1"] == "0.1"
    assert lines[0]["codec kind"] == "steps" and lines[0]["r fnmr at fmr 0.0001"] == ""
    curve = json.loads((tmp_path / "compressai/toy_steps.json").read_text())
    assert curve["results"]["bpp"] == [1.0, 2.0] and curve["results"]["psnr-rgb"] == [31, 32]
    assert curve["results"]["encoding_time"] == [0.001, 0.001]
    batch = json.loads((tmp_path / "codec_compare/toy_steps.json").read_text())
    assert len(batch["constant_values"]) == len(batch["constant_descriptions"])
    names = [next(iter(field)) for field in batch["field_descriptions"]]
    # The image without a result is left out, once for each setting.
    assert [dict(zip(names, values)) for values in batch["field_values"]] == [
        dict(original_name="a.png", quality=setting, encoded_size=8, bpp=8.0, psnr=100.0,
             msssim=8.0, encoding_time=0.008, decoding_time=0.008) for setting in (200, 100)]
    assert json.loads((tmp_path / "codec_compare/batches.json").read_text()) == [
        ["toy_steps.json"]]
