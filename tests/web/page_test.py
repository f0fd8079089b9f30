"""What the page shows and says, in headless Chromium."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.web.conftest import run_node


def _bytes(caption: str) -> int:
    return int(re.search(r"([\d,]+) bytes", caption).group(1).replace(",", ""))


@pytest.fixture
def page(answers) -> dict:
    return answers["page"]


def test_the_page_stays_below_20_megabytes(page_folder):
    assert sum(path.stat().st_size for path in page_folder.rglob("*") if path.is_file()) < 20e6


def test_the_sample_is_coded_beside_three_other_codecs(page):
    _, *others = page["captions"]
    assert [caption.split()[0] for caption in others] == ["tf_ipr", "JPEG", "WebP", "AVIF"]
    assert all(_bytes(caption) <= 400 for caption in others)


def test_the_slider_moves_by_keyboard_and_tells_its_bytes(page):
    assert page["slider"]["shown"] == page["slider"]["text"] == "1,500 bytes"
    assert 1000 < _bytes(page["slider"]["caption"]) <= 1500


def test_a_codec_that_cannot_be_so_small_says_so(page):
    by_name = {caption.split()[0]: caption for caption in page["least"]}
    assert "No JPEG file is so small" in by_name["JPEG"]
    assert _bytes(by_name["tf_ipr"]) <= 240


def test_free_headers_give_the_others_a_picture(page):
    assert all(re.search(r"bytes, \d+ free", caption) for caption in page["free"][2:])
    assert all(_bytes(caption) <= 240 for caption in page["free"][1:])


def test_a_point_moves_by_keyboard_and_says_where_it_is(page):
    before, after = page["moved"]
    assert re.fullmatch(r"Nose, at \d+, \d+", before) and after != before


def test_a_point_follows_the_pointer(page):
    np.testing.assert_allclose(page["dragged"], [-30, 20], atol=1.5)


def test_the_square_takes_all_five_points_along(page):
    np.testing.assert_allclose(page["allDragged"], [[12, -9]] * 5, atol=1)


def test_a_stream_is_opened_with_its_facts(page):
    assert "lfw_align112_l2_ip" in page["opened"] and "112×112" in page["opened"]
    assert "40 of 100" in page["opened"]


def test_a_damaged_stream_is_a_problem_in_words(page):
    assert "integrity check" in page["damaged"]


def test_a_file_that_is_no_picture_is_named(page):
    assert page["noPicture"].startswith("notes.txt is no picture")


def test_without_a_face_the_points_are_placed_by_hand(page):
    assert "by hand" in page["noFace"] and page["pointsByHand"] == 6


def test_a_face_is_found_upright_where_the_file_says_how_to_turn_it(page):
    left, right, nose, left_mouth, right_mouth = np.array(page["sideways"])
    assert left[0] < right[0] and left_mouth[0] < right_mouth[0] and left[1] < nose[1] < left_mouth[1]


def test_every_control_and_picture_has_a_name_for_screen_readers(page):
    assert not page["unnamed"]
    assert set(page["live"]) == {"status", "problem"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits_a_phone(answers, theme):
    found = answers["phone"][theme]
    assert found["width"] <= 360 and found["smallest"] >= 36


def test_the_page_follows_the_theme(answers):
    light, dark = (np.array(re.findall(r"\d+", answers["phone"][theme]["ground"]), int)
                   for theme in ("light", "dark"))
    assert light.min() > 200 and dark.max() < 60


def test_a_refused_camera_is_explained(answers):
    assert answers["camera"]["problem"].startswith("The camera was refused.")


def test_the_camera_is_off_once_the_picture_is_taken(answers):
    assert answers["camera"]["closed"]


def test_a_browser_without_simd_is_told_what_it_lacks(answers):
    found = answers["oldBrowser"]
    assert "no WebAssembly with SIMD" in found["problem"] and found["disabled"]


def test_once_loaded_the_page_works_without_a_server(answers):
    ours = answers["offline"]["captions"][1]
    assert ours.startswith("tf_ipr") and _bytes(ours) <= 400


def test_nothing_is_asked_of_any_other_host(answers):
    assert set(answers["hosts"]) <= {answers["host"], ""}


def test_without_both_halves_the_build_says_how_to_make_them(page_folder, tmp_path):
    with pytest.raises(AssertionError, match=r"encoder\.tflite is missing.*tf_ipr_export --target"):
        run_node("build.mjs", f"--halves={tmp_path}", f"--output={tmp_path / 'dist'}")
    assert not (tmp_path / "dist").exists()
