"""The report opens with what was found."""

import copy

from tf_ipr.report import finding, page, results, tables


def _with_fnmr(record):
    """Rows as a set would have them that carries FMR 1e-4."""
    record = copy.deepcopy(record)
    for row in record["rows"]:
        worse = {"original": 0.01, "model": 0.02, "jpeg": 0.2, "webp": 0.1}[row["codec"]["kind"]]
        if row["codec"]["kind"] != "original":
            row.update(payload_bytes=450.0, mean_bytes=470.0)
        for found in row["recognizers"]:
            for kind in found.get("verification", ()):
                for point in kind["points"]:
                    point.update(fnmr=worse, low=worse / 2, high=2 * worse, wilson_low=worse / 2,
                                 wilson_high=2 * worse, threshold=0.4, false_matches=12, missing=None)
                kind["det"] = dict(fmr=[1e-5, 1e-4, 1e-3], fnmr=[2 * worse, worse, worse / 2])
            if found.get("verification") and row["codec"]["kind"] != "original":
                image = found["worst"][0]["image"]
                found["flips"] = dict(
                    fmr=1e-4, threshold=0.4, lost=3, gained=1, n_genuine=9, faces=4, n_faces=6,
                    false_matches_before=12, false_matches=11,
                    worst=[dict(first=image, second=image, before=0.6, after=None)])
    return record


def test_one_sentence_names_both_sides_the_uncoded_and_the_judge(evaluation, saved):
    found = results.load([saved(_with_fnmr(evaluation.record()))])
    text = finding.sentence(found)
    assert text.startswith("At 500 bytes of payload and a false match rate of 1e-4, mean colour does not "
                           "match these shares of the genuine pairs: on people 2.00 % (1.00–4.00) with model ")
    assert "10.00 % (5.00–20.00) with the best other codec (WebP)" in text and "1.00 % uncoded" in text


def test_without_such_figures_it_says_what_is_missing(evaluation):
    text = finding.sentence(results.load([evaluation.folder]))
    assert "no comparison at FMR 1e-4" in text and "people, photographs" in text


def test_a_panel_for_each_dataset_and_curves_at_the_budget(evaluation, saved):
    record = _with_fnmr(evaluation.record())
    other = copy.deepcopy(record)
    for row in other["rows"]:
        row["dataset"] = {"people": "others"}.get(row["dataset"], row["dataset"])
    for entry in other["datasets"]:
        entry["name"] = {"people": "others"}.get(entry["name"], entry["name"])
    found = results.load([saved(record, "one"), saved(other, "two")])
    assert [panel.title for panel in finding.figure(found)] == [
        "people, by mean colour", "others, by mean colour"]
    det = finding.det(found)
    assert [panel.title for panel in det] == [
        "people, 500 bytes, by mean colour", "others, 500 bytes, by mean colour"]
    assert [series.label for series in det[0].series].count("original") == 1
    table = tables.contest(found)
    assert [name for name, _ in table.over] == ["", "people, 6 images", "others, 6 images"]
    assert all(len(row) == len(table.headings) == 10 for row in table.rows)
    assert {row[1] for row in table.rows} >= {"jpeg", "webp"}
    text = page.html(found, [page.GroupPictures()] * len(found.groups))
    assert text.index("At 500 bytes of payload") < text.index("<h3>Rate and distortion")


def test_flipped_pairs_stand_side_by_side(evaluation, saved, tmp_path):
    from tests.report.conftest import KnownFace
    from tf_ipr.report import writing

    found = results.load([saved(_with_fnmr(evaluation.record()))])
    text = writing.write(found, tmp_path / "out", detector=KnownFace).read_text()
    assert "Decisions that coding flips" in text and "0.600 → no face" in text
    assert "3 of 9 genuine pairs lost, 1 gained; 66.7 % of the faces take part" in text
    assert (tmp_path / "out/figures/finding.svg").is_file()
    assert (tmp_path / "out/figures/det.pdf").is_file()
