"""The page holds everything, fetches nothing, and trusts no text."""

import dataclasses
import html
import re

import numpy as np
import pytest

from tf_ipr.report import page, results, tables


def _plain(found):
    return page.html(found, [page.GroupPictures()] * len(found.groups))


@pytest.fixture(scope="module")
def text(report):
    return report.read_text()


def test_nothing_is_fetched(text):
    sources = re.findall(r"(?:src|href)=\"([^\"]*)\"", text)
    assert sources and all(source.startswith(("data:", "#")) for source in sources)
    assert not re.search(r"@import|url\(|<link[^>]*stylesheet|fetch\(|XMLHttpRequest", text)
    assert re.findall(r"https?://[^\"'\s]+", text) == ["http://www.w3.org/2000/svg"]  # A name.
    assert "default-src 'none'" in text


def test_light_dark_and_phone(text):
    assert "@media (prefers-color-scheme: dark)" in text and "color-scheme: light" in text
    assert "name=\"viewport\" content=\"width=device-width" in text


def test_every_number_of_every_row_is_there(evaluation, text):
    for group in results.load([evaluation.folder]).groups:
        for cells in tables.all_rows(group).rows:
            for cell in cells:
                assert f">{html.escape(cell)}</td>" in text
        row = group.coded[0]
        assert f">{row['bpp']:.3f}</td>" in text and f">{row['psnr_db']:.2f}</td>" in text


def test_every_column_has_a_heading_and_a_recogniser_above_its_own(evaluation):
    for group in results.load([evaluation.folder]).groups:
        table = tables.all_rows(group)
        assert {len(row) for row in table.rows} == {len(table.headings)}
        assert sum(columns for _, columns in table.over) == len(table.headings)
        assert [name for name, _ in table.over if name] == group.recognizers


def test_command_versions_and_weights_are_there(evaluation, text):
    record = evaluation.record()
    assert "tf_ipr_evaluate &#39;--codec=jpeg:20 &amp; &lt;more&gt;&#39;" in text
    assert f">{record['versions']['tensorflow']}</td>" in text
    assert record["rows"][1]["recognizers"][0]["weights_sha256"] in text
    assert "bmshj2018-hyperprior (CompressAI is not installed)" in text
    assert record["datasets"][0]["digest"] in text


def test_texts_of_the_results_are_never_markup(evaluation, saved):
    record = evaluation.record()
    evil = "</script><script>alert(1)</script><b title=\"x\">"
    for row in record["rows"]:
        row["label"] = evil + row["label"]
        row["failures"] = [dict(image=evil, reason="<i>")]
        for found in row["recognizers"]:
            found["name"] = evil
    record["datasets"][0]["name"] = record["command"][0] = evil
    text = _plain(results.load([saved(record)]))
    assert "<script>alert" not in text and "<b title" not in text and "<i>" not in text.replace(
        "<i></i>", "")
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in text


def test_each_plot_is_of_one_group(evaluation, text):
    sections = re.split(r"<section class=\"group\"", text)[1:]
    assert len(sections) == 5  # Four groups and the domains.
    crops = next(section for section in sections if "aligned crops of 112 pixels" in section)
    legend = re.findall(r"data-label=\"([^\"]*)\"", crops)
    assert legend == ["align 112, JPEG"]


def test_rows_without_recognisers_or_distortion_are_shown_with_dashes(evaluation, saved):
    record = evaluation.record()
    for row in record["rows"]:
        row.update(recognizers=[], psnr_db=None, ms_ssim=None, detection_rate=None,
                   encode_ms=None, decode_ms=None, container_bytes=None)
    text = _plain(results.load([saved(record)]))
    assert "<h3>Rate and recognition" not in text and f">{tables.NOTHING}</td>" in text


def test_originals_alone_make_a_page(evaluation, saved):
    record = evaluation.record()
    record["rows"] = record["rows"][:1]
    record["bd_rates"] = []
    assert "people, whole images" in _plain(results.load([saved(record)]))


def test_images_of_one_name_in_two_folders_keep_their_own_originals():
    images = [page.WorstImage(f"{person}/0.png", 0.5, np.full([8, 8, 3], grey, np.uint8),
                              np.zeros([8, 8, 3], np.uint8))
              for person, grey in (("ann", 10), ("bob", 200))]
    entries, originals = page._worst("k", [("all", images), ("again", images)])
    first, second = entries[0]["items"]
    assert first["name"] == second["name"] == "0.png" and first["original"] != second["original"]
    assert len(originals) == 2 and originals[0][1] != originals[1][1]


def test_failures_are_named(evaluation, saved):
    record = evaluation.record()
    record["rows"][1].update(n_failed=1, failures=[dict(image="bob/2.jpg", reason="torn")])
    assert "bob/2.jpg: torn" in _plain(results.load([saved(record)]))


def test_bd_rates_and_budgets_have_a_line_for_each_case(evaluation):
    found = results.load([evaluation.folder])
    table = tables.bd_rates(found)
    assert {row[1] for row in table.rows} >= {"WebP", "align 112, JPEG"}
    assert table.headings[3:] == ["at equal PSNR", "at equal MS-SSIM", "at equal cosine, mean colour",
                                  "at equal FRR, mean colour"]
    assert all(len(row) == len(table.headings) for row in table.rows)
    best = tables.best_within(found)
    assert "model, whole" in best.headings and "aligned" in best.headings
    nothing = dataclasses.replace(found, bd_rates=[], best_within=[])
    assert tables.bd_rates(nothing) is None and tables.best_within(nothing) is None
