"""tf_ipr_export answers wrong flags at once, and says what a folder lacks."""

import pytest

from tf_ipr.bin import export


@pytest.mark.parametrize("flags, exit_code, message", [
    (dict(target=None), 2, "--target"),
    (dict(target="tflite", image_size="250"), 1, "WIDTHxHEIGHT"),
    (dict(target="serving", split=True), 2, "split"),
    (dict(target="tflite", batch_sizes=["1"]), 2, "batch_sizes"),
    (dict(target="serving", part="encoder"), 2, "part"),
    (dict(target="tflite", output="face.tflite"), 1, "--part=encoder"),
    (dict(target="tflite", model="lfw_l2_rec"), 1, "--overwrite"),
])
def test_wrong_flags_are_named(run_main, capsys, flags, exit_code, message):
    assert run_main(export.main, **flags) == exit_code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("target", ["tflite", "serving"])
def test_a_folder_that_is_no_model_leaves_nothing(run_main, tmp_path, capsys, target):
    output = tmp_path / "out"
    assert run_main(export.main, target=target, model=str(tmp_path), output=str(output)) == 1
    assert "no model folder" in capsys.readouterr().err
    assert not output.exists()
