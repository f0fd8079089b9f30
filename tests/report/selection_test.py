"""Pictures are shown at about equal bytes, our models first."""

from tf_ipr.evaluation.codecs.codec_form import CodecForm
from tf_ipr.report import selection
from tf_ipr.report.results import Group


def _row(codec, setting, size, worst=()):
    kind = "model" if codec.startswith("tf_ipr") else codec
    return dict(codec=CodecForm(kind).record(), label=codec, setting=setting, mean_bytes=size,
                bpp=size / 100, recognizers=[dict(name="r", worst=[
                    dict(image=image, cosine=0.5) for image in worst])])


def _group(*rows):
    return Group("toy", None, 3, rows)


def test_the_size_is_the_one_that_our_models_come_nearest_to():
    group = _group(_row("tf_ipr a", 1, 700), _row("tf_ipr a", 2, 1100), _row("tf_ipr a", 3, 1700),
                   _row("tf_ipr b", 1, 900), _row("tf_ipr b", 2, 1710), _row("jpeg", 9, 1200))
    assert selection.target_bytes(group) in (1700, 1710)
    assert selection.target_bytes(_group(_row("jpeg", 9, 1200))) == 1200
    assert selection.target_bytes(_group()) is None and selection.shown(_group()) == []


def test_sizes_far_from_the_others_do_not_count():
    group = _group(_row("tf_ipr a", 1, 1000), _row("tf_ipr a", 2, 9000), _row("tf_ipr a", 0, 900),
                   _row("tf_ipr b", 1, 1100), _row("tf_ipr b", 2, 9000), _row("tf_ipr b", 0, 800))
    assert selection.target_bytes(group) in (1000, 1100)


def test_every_codec_is_shown_at_the_nearest_setting_behind_the_anchor():
    rows = [_row("jpeg", 10, 800), _row("jpeg", 20, 2000), _row("hevc", 23, 7000),
            _row("hevc", 36, 1100), _row("tf_ipr a", 1, 500), _row("tf_ipr a", 2, 1000)]
    shown = selection.shown(_group(*rows), 1000)
    assert [(row["label"], row["setting"]) for row in shown] == [
        ("hevc", 23), ("tf_ipr a", 2), ("jpeg", 10), ("hevc", 36)]
    assert [row["label"] for row in selection.with_worst(shown)] == ["hevc", "tf_ipr a", "hevc"]
    many = [_row(f"codec{number}", 1, 1000) for number in range(40)]
    assert len(selection.shown(_group(*many))) == selection.MAX_CODECS


def test_the_worst_images_are_the_most_frequent_first():
    rows = [_row("a", 1, 9, ["x", "y"]), _row("b", 1, 9, ["y", "z"])]
    assert selection.worst_images(rows) == ["y", "x", "z"]
