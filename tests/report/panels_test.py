"""What stands in one plot, and what does not."""

import dataclasses

from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.report import panels, results


def _whole(evaluation):
    return results.load([evaluation.folder]).groups[0]


def test_a_panel_has_the_rows_of_its_group_alone(evaluation):
    for group in results.load([evaluation.folder]).groups:
        labels = {row["label"] for row in group.coded}
        for panel in (*panels.rate_distortion(group), *panels.rate_recognition(group)):
            assert {series.label for series in panel.series} <= labels
            rates = sorted(point.x for series in panel.series for point in series.points)
            assert rates == sorted(row["bpp"] for row in group.coded if row["bpp"])


def test_points_say_what_they_are(evaluation):
    group = _whole(evaluation)
    frr = next(panel for panel in panels.rate_recognition(group) if panel.title.startswith("FRR"))
    point = next(series for series in frr.series if series.label == "JPEG").points[0]
    row = next(row for row in group.coded if row["label"] == "JPEG")
    assert point.about[0] == "JPEG, quality 20"
    assert f"PSNR {row['psnr_db']:.2f} dB" in point.about[2] and "cosine" in point.about[3]
    assert point.low <= point.y <= point.high
    assert frr.reference == 100 * group.original["recognizers"][0]["frr_at_far_1"]


def test_recognition_in_words_names_nothing_that_is_not_known():
    row = dict(codec=CodecForm("jpeg").record(),
               recognizers=[dict(name="b", frr_at_far_1=0.125, mean_cosine=0.5)])
    assert panels.recognition(row, ["a", "b"]) == ["FRR – / 12.5 %", "cosine – / 0.500"]
    assert panels.recognition(dict(row, codec=CodecForm("original").record()), ["b"]) == ["FRR 12.5 %"]
    assert panels.recognition(None, ["b"]) == [] and panels.recognition(row, []) == []


def test_originals_have_no_psnr_line_and_no_cosine_line(evaluation):
    group = _whole(evaluation)
    assert panels.rate_distortion(group)[0].reference is None
    cosine = panels.rate_recognition(group)[-1]
    assert cosine.title.startswith("Cosine") and cosine.reference is None


def test_nulls_are_left_out(evaluation):
    group = _whole(evaluation)
    rows = [dict(row, psnr_db=None, ms_ssim=None, recognizers=[]) for row in group.rows]
    nothing = dataclasses.replace(group, rows=rows)
    assert panels.rate_distortion(nothing) == []
    assert panels.rate_recognition(nothing) == [] and panels.operating_points(nothing, rows) == []


def test_a_logarithm_is_used_only_where_no_frr_is_zero(evaluation):
    group = _whole(evaluation)
    for frr, log in ((0.0, False), (0.25, True)):
        rows = [dict(row, recognizers=[dict(row["recognizers"][0], frr_at_far_1=frr, frr_low=0.0)])
                for row in group.rows]
        panel = panels.rate_recognition(dataclasses.replace(group, rows=rows))[0]
        assert panel.y_log is log


def test_a_codec_keeps_its_colour_on_crops_and_when_shrunk(evaluation):
    styles = panels.styles(results.load([evaluation.folder]).groups)
    assert styles["JPEG"].slot == styles["align 112, JPEG"].slot == styles["shrink 0.5, JPEG"].slot
    assert styles["JPEG"].dash == 0 and styles["shrink 0.5, JPEG"].dash == 1
    ours = [style for style in styles.values() if style.model]
    assert [style.slot for style in ours] == [0]


def test_domains_are_panels_side_by_side(evaluation):
    groups = results.load([evaluation.folder]).groups
    found = panels.domains(groups)
    assert [panel.title for panel in found] == ["people, 6 images", "photographs, 2 images"]
    assert panels.domains([group for group in groups if group.dataset == "people"]) == []
