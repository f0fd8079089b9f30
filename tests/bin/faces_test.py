"""The binaries around faces: align, identity, convert_recognizer, compress to an identity."""

import json

import numpy as np
import pytest
from PIL import Image

from tests import tiny_recognizer
from tf_ipr.bin import align, compress, convert_recognizer, identity
from tf_ipr.files import image_file
from tf_ipr.format import bitstream, shipped_models
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.pipeline.file_run import Item, Made
from tf_ipr.recognition import default_recognizer, known_face
from tf_ipr.recognition.recognizer import Recognizer

needs_mtcnn = pytest.mark.skipif(not __import__("importlib").util.find_spec("mtcnn"),
                                 reason="needs the package mtcnn")


@pytest.fixture
def pictures(tmp_path):
    """A folder with two faces, a picture without one and a damaged file."""
    face = known_face.image()
    folder = tmp_path / "in"
    image_file.write_png(folder / "a.png", face)
    image_file.write_png(folder / "sub/b.png", face[:, ::-1])
    image_file.write_png(folder / "black.png", np.zeros_like(face))
    (folder / "bad.jpg").write_bytes(b"no image")
    return folder


@needs_mtcnn
def test_align_keeps_the_tree_and_lists_images_without_a_face(run_main, pictures, tmp_path,
                                                              capsys):
    assert run_main(align.main, pictures, tmp_path / "out", size="128") == 1
    message = capsys.readouterr().err
    assert "black.png: no face was found" in message and "bad.jpg" in message
    assert Image.open(tmp_path / "out/a.png").size == (128, 128)
    assert (tmp_path / "out/sub/b.png").is_file()
    assert not (tmp_path / "out/black.png").exists()
    # What is finished is left alone.
    before = (tmp_path / "out/a.png").stat().st_mtime_ns
    assert run_main(align.main, pictures, tmp_path / "out", size="128") == 1
    assert (tmp_path / "out/a.png").stat().st_mtime_ns == before
    assert run_main(align.main, pictures, tmp_path / "out", size="112") == 1
    assert "other settings" in capsys.readouterr().err


def test_a_failed_search_does_not_spoil_the_images_after_it(pictures):
    class Failing:
        calls = 0

        def landmarks(self, images):
            self.calls += 1
            if self.calls == 1:
                raise ValueError("no memory")
            return [known_face.LANDMARKS] * len(images)

    items = [Item(name, (pictures / name).read_bytes()) for name in ("a.png", "bad.jpg", "black.png")]
    aligner = align.Aligner(Failing(), 112, 1 << 20)
    first, bad, third = aligner(items)
    assert str(first) == str(third) == "no memory" and "bad.jpg" in str(bad)
    good = [made for made in aligner(items) if isinstance(made, Made)]
    assert len(good) == 2 and good[0].note.startswith("112x112, landmarks (")


@needs_mtcnn
def test_identity_prints_detection_cosine_and_decision(run_main, pictures, recognizer, capsys):
    one = pictures / "a.png"
    assert run_main(identity.main, one, one, recognizer=recognizer) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["cosine"] == pytest.approx(1.0, abs=1e-5) and result["same_person"]
    assert run_main(identity.main, one, pictures / "black.png", recognizer=recognizer) == 1
    assert "no face was found in" in capsys.readouterr().err
    assert run_main(identity.main, one, pictures / "bad.jpg", recognizer=recognizer) == 1
    assert "bad.jpg" in capsys.readouterr().err


def test_wrong_usage_is_exit_code_2(run_main, pictures, capsys):
    assert run_main(align.main, pictures) == 2
    assert run_main(identity.main, "a") == 2
    assert run_main(convert_recognizer.main) == 2
    assert run_main(compress.main, "a", "b", recognizer="r") == 2
    assert "--recognizer is for --min_identity and --refine" in capsys.readouterr().err
    assert run_main(compress.main, "a", "b", min_identity=0.9, refine=3, recognizer="r") == 2
    assert "--min_identity and --refine exclude one another" in capsys.readouterr().err
    assert run_main(compress.main, "a", "b", min_identity=0.9, quality=5.0) == 2


def test_recogniser_without_json_is_refused(run_main, pictures, tmp_path, capsys):
    one = pictures / "a.png"
    assert run_main(identity.main, one, one, recognizer=str(tmp_path)) == 1
    assert "holds no saved_model.pb" in capsys.readouterr().err


def test_conversion_of_a_wrong_checkpoint_writes_nothing(run_main, tmp_path, capsys):
    torch = pytest.importorskip("torch")
    torch.save({"fc.weight": torch.zeros(2)}, tmp_path / "w.pt")
    code = run_main(convert_recognizer.main, arch="cosface20", checkpoint=str(tmp_path / "w.pt"),
                    output=str(tmp_path / "out"))
    message = capsys.readouterr().err
    assert code == 1 and "missing: layer1.0.bias (64,)" in message
    assert "shape: fc.weight is (2,)" in message and not (tmp_path / "out").exists()


def test_conversion_of_any_saved_model_checks_that_it_sees_a_face(run_main, tmp_path, capsys):
    tiny_recognizer.model().export(str(tmp_path / "plain"))
    code = run_main(convert_recognizer.main, arch="savedmodel", input_size=28, template=["arcface"],
                    checkpoint=str(tmp_path / "plain"), output=str(tmp_path / "out"))
    assert code == 1 and "does not see a face" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@needs_mtcnn
def test_compress_codes_the_aligned_crop_alone(run_main, pictures, tmp_path):
    assert run_main(compress.main, pictures / "a.png", tmp_path / "a.ipr", align="112") == 0
    facts = bitstream.describe((tmp_path / "a.ipr").read_bytes())
    assert (facts["width"], facts["height"], facts["quality"]) == (112, 112, 50)
    assert shipped_models.shipped_name(facts["model_id"]) == shipped_models.ALIGNED[112]
    assert run_main(compress.main, pictures, tmp_path / "out", align="112") == 1
    assert (tmp_path / "out/sub/b.ipr").is_file() and not (tmp_path / "out/black.ipr").exists()


@needs_mtcnn
def test_compress_to_an_identity_says_what_it_reached(run_main, pictures, tmp_path, recognizer, capsys):
    assert run_main(compress.main, pictures / "a.png", tmp_path / "a.ipr", min_identity=-1.0,
                    recognizer=recognizer) == 0
    assert "quality 1 keeps an identity of " in capsys.readouterr().out
    assert run_main(compress.main, pictures / "black.png", tmp_path / "b.ipr", min_identity=0.5,
                    recognizer=recognizer) == 1
    assert "face" in capsys.readouterr().err and not (tmp_path / "b.ipr").exists()


@needs_mtcnn
def test_without_a_recognizer_that_of_dlib_is_used_or_asked_for(run_main, pictures, tmp_path, capsys,
                                                               monkeypatch, recognizer):
    def absent():
        raise ImportError("pip install 'tf_ipr[dlib]'")

    monkeypatch.setattr(default_recognizer, "load", absent)
    for main, options in ((compress.main, dict(refine=1)), (compress.main, dict(min_identity=0.5)),
                          (identity.main, {})):
        assert run_main(main, pictures / "a.png", tmp_path / "a.ipr" if options else pictures / "a.png",
                        **options) == 1
        said = capsys.readouterr().err
        assert "no --recognizer is given; dlib's is used" in said and "tf_ipr[dlib]" in said
    monkeypatch.setattr(default_recognizer, "load", lambda: Recognizer.load(recognizer))
    assert run_main(compress.main, pictures / "a.png", tmp_path / "a.ipr", refine=1) == 0
    model_id = bitstream.describe((tmp_path / "a.ipr").read_bytes())["model_id"]
    assert shipped_models.shipped_name(model_id) == "lfw_l2_ip"


@needs_mtcnn
def test_compress_refines_crops_and_whole_pictures(run_main, pictures, tmp_path, recognizer, capsys):
    streams = {}
    for number, options in enumerate([dict(align="112"), dict(align="112", refine=20),
                                      dict(model=str(shipped_models.folder("lfw_l2_ip")), refine=2)]):
        target = tmp_path / f"{number}.ipr"
        led = {"recognizer": recognizer} if "refine" in options else {}
        assert run_main(compress.main, pictures / "a.png", target, quality=30.0, **options, **led) == 0
        streams[number] = target.read_bytes()
    crop, refined, whole = map(bitstream.describe, streams.values())
    assert streams[0] != streams[1] and crop["model_id"] == refined["model_id"]
    assert (refined["height"], refined["width"]) == (112, 112)
    assert TensorFlowCodec.load(shipped_models.folder_of_stream(streams[2])).decompress(
        streams[2]).shape == (whole["height"], whole["width"], 3)
    capsys.readouterr()
    assert run_main(compress.main, pictures / "black.png", tmp_path / "black.ipr", refine=2,
                    model=str(shipped_models.folder("lfw_l2_ip")), recognizer=recognizer) == 1
    assert "no face was found" in capsys.readouterr().err and not (tmp_path / "black.ipr").exists()
    assert run_main(compress.main, pictures / "a.png", tmp_path / "rec.ipr", refine=2,
                    model="lfw_l2_rec", recognizer=recognizer) == 1
    assert "trained for the objective rec; only models of ip and ipr" in capsys.readouterr().err
