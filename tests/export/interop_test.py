"""Golden streams: agreement is found, and so is every kind of disagreement."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tf_ipr.bin import interop as interop_bin
from tf_ipr.bin import start
from tf_ipr.export import interop
from tf_ipr.export.interop import InteropError
from tf_ipr.files import image_file


@pytest.fixture(scope="module")
def written(tmp_path_factory, small_codec):
    folder = tmp_path_factory.mktemp("golden") / "streams"
    small = {name: image[:48, :40] for name, image in interop.pictures().items()}
    with pytest.MonkeyPatch.context() as patch:  # The same pictures, cut, to save time.
        patch.setattr(interop, "pictures", lambda: small)
        assert interop.write(folder, small_codec) == 3 * len(small)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    """A copy to damage."""
    for path in written.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_the_writer_agrees_with_itself(written, small_codec):
    found = interop.check(written, small_codec)
    assert len(found) == 18
    for agreement in found:
        assert agreement.passes(max_drift=0) and np.isinf(agreement.psnr_db)


def test_every_kind_of_disagreement_is_found(folder, small_codec):
    stream = folder / "noise_q50.ipr"
    stream.write_bytes(stream.read_bytes()[:-2])
    (folder / "flat_q50.ipr").write_bytes((folder / "flat_q1.ipr").read_bytes())
    path = folder / "waves_q100.png"
    drifted = image_file.read_image(path).copy()
    drifted[3, 4, 1] += 2 if drifted[3, 4, 1] < 100 else -2
    image_file.write_png(path, drifted)
    found = {agreement.name: agreement for agreement in interop.check(folder, small_codec)}
    failed = {name for name, agreement in found.items() if not agreement.passes()}
    assert failed == {"noise_q50", "flat_q50", "waves_q100"}
    assert "integrity" in found["noise_q50"].problem or "truncated" in found["noise_q50"].problem
    assert not found["flat_q50"].same_symbols
    assert found["waves_q100"].same_symbols and found["waves_q100"].drift == 2
    assert found["waves_q100"].passes(max_drift=2) and found["waves_q100"].psnr_db > 60


@pytest.mark.parametrize("key, value, message", [
    ("model_id", "00000000", "model 00000000"), ("format_version", "2.0", "reads 1.x"),
    ("symbols", {}, "no golden streams")])
def test_foreign_folders_are_refused(folder, small_codec, key, value, message):
    index = json.loads((folder / "golden.json").read_text())
    (folder / "golden.json").write_text(json.dumps({**index, key: value}))
    with pytest.raises(InteropError, match=message):
        interop.check(folder, small_codec)


def test_the_binary_says_it_by_its_exit_code(folder, model_dir, capsys):
    def run(*arguments):
        return start.call(interop_bin.main, ["interop", f"--model={model_dir}", *arguments])

    assert run(str(folder)) == 0
    assert "all agree" in capsys.readouterr().out
    (folder / "flat_q1.ipr").unlink()
    assert run(str(folder)) == 1
    assert "1 streams disagree" in capsys.readouterr().out
    assert run() == 2
    assert run(str(folder / "nothing")) == 1
    assert "golden.json cannot be used" in capsys.readouterr().err
