"""tf_ipr_report from the command line, and at the end of tf_ipr_evaluate."""

import json

import pytest

from tf_ipr.bin import evaluate, report
from tf_ipr.files import image_file
from tf_ipr.format import shipped_models
from tf_ipr.recognition import known_face


@pytest.fixture
def evaluated(run_main, tmp_path):
    """Flags of an evaluation that has been run, without its report."""
    for number in range(2):
        image_file.write_png(tmp_path / "in" / f"{number}.png", known_face.image()[number:])
    flags = dict(dataset=["folder"], data_dir=[str(tmp_path / "in")], output=str(tmp_path / "out"),
                 cache_dir=str(tmp_path / "cache"), processes=1, recognizers=[])
    assert run_main(evaluate.main, **flags, codec=["jpeg:20,50"], report=False) == 0
    assert not (tmp_path / "out/report.html").exists()
    return flags


def test_an_evaluation_ends_with_its_report(run_main, evaluated, tmp_path, capsys):
    assert run_main(evaluate.main, **evaluated, codec=["jpeg:20,50"]) == 0
    assert capsys.readouterr().out.endswith(f"{tmp_path}/out/report.html\n")
    text = (tmp_path / "out/report.html").read_text()
    assert "Error of JPEG" in text and "0.png" in text
    assert (tmp_path / "out/figures/in-2_rate_distortion.pdf").stat().st_size > 1000


def test_a_report_that_cannot_be_made_does_not_fail_the_evaluation(
        run_main, evaluated, tmp_path, capsys, monkeypatch):
    from tf_ipr.report import page

    def absent(*_):
        raise ImportError("the report needs jinja2")

    monkeypatch.setattr(page, "html", absent)
    assert run_main(evaluate.main, **evaluated, codec=["jpeg:20,50"]) == 0
    assert "the report is left out: the report needs jinja2" in capsys.readouterr().err
    assert not (tmp_path / "out/report.html").exists()


def test_folders_images_models_and_output(run_main, evaluated, tmp_path, capsys, monkeypatch):
    assert run_main(evaluate.main, **evaluated, report=False,
                    codec=["jpeg:20", f"{shipped_models.folder()}:30"]) == 0
    record = json.loads((tmp_path / "out/metrics.json").read_text())
    record["codecs"][1]["folder"] = "/absent"
    (tmp_path / "out/metrics.json").write_text(json.dumps(record))
    image_file.write_png(tmp_path / "mine.png", known_face.image())
    assert run_main(report.main, tmp_path / "out", images=[str(tmp_path / "mine.png")],
                    models=[str(shipped_models.folder())], output=str(tmp_path / "there")) == 0
    assert capsys.readouterr().out.endswith(f"{tmp_path}/there/report.html\n")
    text = (tmp_path / "there/report.html").read_text()
    assert "mine.png" in text and "alt=\"Bits of tf_ipr" in text
    # Without arguments: runs/evaluation, and the report lies in it.
    (tmp_path / "runs").mkdir()
    (tmp_path / "out").rename(tmp_path / "runs/evaluation")
    monkeypatch.chdir(tmp_path)
    assert run_main(report.main, pictures=False) == 0
    assert (tmp_path / "runs/evaluation/report.html").is_file()


def test_wrong_input_is_named(run_main, evaluated, tmp_path, capsys):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign/metrics.json").write_text("{\"accuracy\": 1}")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "file").write_text("")
    out = tmp_path / "out"
    for arguments, flags, message in [
            ([tmp_path / "absent"], {}, "absent does not exist; give the folder"),
            ([tmp_path / "foreign"], {}, "names no schema; give the folder"),
            ([out], dict(images=[str(tmp_path / "notes.txt")]), "notes.txt is not an image"),
            ([out], dict(models=[str(tmp_path)]), str(tmp_path)),
            ([out], dict(output=str(tmp_path / "file")), "choose another output path"),
            ([out], dict(images=["x.png"] * 13), "13 --images are given; at most 12")]:
        assert run_main(report.main, *arguments, **flags) != 0
        assert message in capsys.readouterr().err
    assert not (out / "report.html").exists()
