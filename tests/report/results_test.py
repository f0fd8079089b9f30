"""What the report reads, joins, keeps apart and refuses."""

import pytest

from tf_ipr.format import shipped_models
from tf_ipr.report import results


def _groups(found):
    return [(group.dataset, group.crop and group.crop.size, group.n_images) for group in found.groups]


def test_datasets_and_crops_are_groups_of_their_own(evaluation):
    found = results.load([evaluation.folder])
    assert sorted(_groups(found), key=str) == [
        ("people", 112, 6), ("people", None, 6), ("photographs", 112, 2), ("photographs", None, 2)]
    assert len({group.key for group in found.groups}) == 4
    whole = found.groups[0]
    assert whole.original["codec"]["kind"] == "original" and whole.recognizers == ["mean colour"]
    assert all(row["codec"]["kind"] != "original" for row in whole.coded)
    for curve in whole.curves().values():
        assert [row["bpp"] for row in curve] == sorted(row["bpp"] for row in curve)


def test_codecs_that_are_not_installed_are_named(evaluation):
    assert results.load([evaluation.folder]).unavailable == [
        ("bmshj2018-hyperprior", "CompressAI is not installed")]


def test_several_results_are_joined_and_a_row_counts_once(evaluation, saved):
    record = evaluation.record()
    part = [row for row in record["rows"] if row["codec"]["kind"] in ("original", "webp")]
    alone = results.load([saved(dict(record, rows=part))])
    both = results.load([alone.paths[0], evaluation.folder])
    assert sum(len(group.rows) for group in both.groups) == len(record["rows"])
    assert {row["codec"]["kind"] for row in alone.groups[0].coded} == {"webp"}


def test_crops_are_compared_with_whole_pictures_of_another_result(evaluation, saved):
    record = evaluation.record()
    whole = [row for row in record["rows"] if row["codec"]["crop"] is None]
    anchor = [dict(row, setting=row["setting"] * k, mean_bytes=row["mean_bytes"] * k,
                   recognizers=[dict(found, mean_cosine=1 - 0.1 / k) for found in row["recognizers"]])
              for row in whole if row["codec"]["kind"] == "jpeg" and not row["codec"]["shrink"]
              and row["setting"] == 20
              for k in (1, 2, 4, 8)]
    crops = [dict(row, codec=dict(row["codec"], crop="aligned", size=112), label="crops",
                  mean_bytes=row["mean_bytes"] / 2) for row in anchor]
    found = results.load([saved(dict(record, rows=anchor), "anchor"),
                          saved(dict(record, rows=crops), "crops")])
    rates = {(entry["dataset"], entry["quality"]): entry["bd_rate_percent"]
             for entry in found.bd_rates if entry["label"] == "crops"}
    assert rates["people", "cosine mean colour"] == pytest.approx(-50)


def test_recognisers_of_several_results_are_joined(evaluation, saved):
    record = evaluation.record()
    for row in record["rows"]:
        for found in row["recognizers"]:
            found["name"] = "another"
    found = results.load([evaluation.folder, saved(record)])
    assert found.groups[0].recognizers == ["mean colour", "another"]
    for row in record["rows"]:
        for other in row["recognizers"]:
            other.update(name="mean colour", fingerprint="0")
    with pytest.raises(results.ResultsError, match="mean colour is another recogniser"):
        results.load([evaluation.folder, saved(record, "same name")])


def test_fewer_images_of_a_dataset_are_another_group(evaluation, saved):
    record = evaluation.record()
    record["datasets"] = []
    for row in record["rows"]:
        row["n_images"] -= 1
    found = results.load([evaluation.folder, saved(record)])
    assert ("people", None, 6) in _groups(found) and ("people", None, 5) in _groups(found)
    assert {entry["n_images"] for entry in found.best_within} == {5, 6}


def test_rows_of_a_model_alone_are_enough(evaluation, saved):
    record = evaluation.record()
    found = results.load([saved(dict(schema=2, rows=record["rows"]))])
    assert not found.unavailable and not found.model_folders and not found.bd_rates
    assert found.best_within and not found.examples("people")


@pytest.mark.parametrize("text, message", [
    ("no json", "is no metrics.json"), ("[1]", "names no schema"),
    ("{\"a\": 1}", "names no schema"),
    ("{\"schema\": 3, \"rows\": [{}]}", "has schema 3; this report knows 2 .and reads 1.: evaluate "
                                        "again"),
    ("{\"schema\": 2}", "holds no rows"), ("{\"schema\": 1, \"rows\": []}", "holds no rows"),
    ("{\"schema\": 2, \"rows\": [3]}", "row 0: it is 3, not an object"),
    ("{\"schema\": 1, \"rows\": [3]}", "row 0: it is no row of schema 1"),
    ("{\"schema\": 2, \"rows\": [{}]}", "row 0: dataset is missing"),
    ("{\"schema\": 2, \"rows\": [NaN]}", "it holds NaN"), ("[" * 100000, "is no metrics.json")])
def test_other_files_are_refused_by_name(tmp_path, text, message):
    (tmp_path / "metrics.json").write_text(text)
    with pytest.raises(results.ResultsError, match=message):
        results.load([tmp_path])
    with pytest.raises(results.ResultsError, match="does not exist; give the folder"):
        results.load([tmp_path / "absent"])


@pytest.mark.parametrize("field, value, message", [
    ("bpp", "much", "bpp is 'much', not a number"), ("psnr_db", True, "psnr_db is True"),
    ("label", 3, "label is 3, not a text"), ("failures", None, "failures is None, not a list"),
    ("recognizers", [{}], r"recognizers\[0\].name is missing"), ("n_images", None, "n_images is None"),
    ("failures", ["a.png"], r"failures\[0\] is 'a.png', not an object"),
    ("codec", "align112+avif", "codec is 'align112.avif', not an object"),
    ("codec", {"kind": "avif"}, "codec.model is missing"), ("align", 112, "align is not a field")])
def test_damaged_rows_are_refused_by_number_and_field(evaluation, saved, field, value, message):
    record = evaluation.record()
    record["rows"][2][field] = value
    with pytest.raises(results.ResultsError, match=f"row 2: {message}"):
        results.load([saved(record)])


@pytest.mark.parametrize("field, value, message", [
    ("mean_cosine", "x", "mean_cosine is 'x', not a number"), ("frr_low", None, "frr_low is None"),
    ("worst", [["a.png", 0.5]], r"worst\[0\] is \['a.png', 0.5\], not an object"),
    ("roc", {"far": [0.1]}, "roc.frr is missing"), ("flips", 3, "flips is 3, not an object"),
    ("verification", [{"references": "coded"}], r"verification\[0\].n_genuine is missing")])
def test_damaged_figures_of_a_recogniser_are_refused(evaluation, saved, field, value, message):
    record = evaluation.record()
    record["rows"][1]["recognizers"][0][field] = value
    with pytest.raises(results.ResultsError, match=r"row 1: recognizers\[0\]\." + message):
        results.load([saved(record)])


def test_results_of_schema_1_are_read_as_those_of_today(evaluation, saved):
    record = evaluation.record()
    named = {"model": "tf_ipr"}
    for row in record["rows"]:
        form = row.pop("codec")
        del row["payload_bytes"]
        name = named.get(form["kind"], form["kind"])
        row.update(codec=(f"align{form['size']}+" if form["crop"] and name != "original" else "")
                   + (f"shrink{form['shrink']:g}+" if form["shrink"] else "") + name, align=form["size"])
        for found in row["recognizers"]:
            found.pop("verification", None)
            found.pop("flips", None)
    for codec in record["codecs"]:
        del codec["codec"]
    old = results.load([saved(dict(record, schema=1))])
    new = results.load([evaluation.folder])
    assert _groups(old) == _groups(new) and old.model_folders == new.model_folders
    assert [row["codec"] for group in old.groups for row in group.rows] == [
        row["codec"] for group in new.groups for row in group.rows]


def test_the_shipped_models_results_are_read():
    folders = sorted(path.parent for path in shipped_models.folder().parent.glob("*/metrics.json"))
    rows = [row for folder in folders for group in results.load([folder]).groups for row in group.coded]
    assert {row["codec"]["kind"] for row in rows} >= {"model"}
    assert {row["codec"]["search"] for row in rows} >= {None, "refine"}
    # Two searches of one model, led by two recognisers, are two curves.
    led = {row["label"] for row in rows if row["codec"]["steps"] == 20}
    assert len(led) == 2 and all("refined by" in label for label in led)


def test_results_that_contradict_each_other_are_not_joined(evaluation, saved):
    other = evaluation.record()
    other["rows"][1]["identity"] = "another encoder"
    with pytest.raises(results.ResultsError, match="is another encoder, but .* elsewhere"):
        results.load([evaluation.folder, saved(other, "identity")])
    other = evaluation.record()
    other["datasets"][0]["digest"] = "0"
    with pytest.raises(results.ResultsError, match="the digest of people .* report them apart"):
        results.load([evaluation.folder, saved(other, "digest")])
    other = evaluation.record()
    other["protocol"]["gallery"] = "original"
    with pytest.raises(results.ResultsError, match="the protocol is"):
        results.load([evaluation.folder, saved(other, "protocol")])
