"""tf_ipr_card: cards made and read by files."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tf_ipr.bin import card
from tf_ipr.card import keys
from tf_ipr.files import image_file
from tf_ipr.format import model_folder, shipped_models
from tf_ipr.recognition import known_face

LANDMARKS = [str(round(float(value), 1)) for value in known_face.LANDMARKS.reshape(-1)]
needs_mtcnn = pytest.mark.skipif(
    not __import__("importlib").util.find_spec("mtcnn"), reason="needs the package mtcnn"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a key, and a card signed by it."""
    folder = tmp_path_factory.mktemp("cards")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tf_ipr.bin.card",
            f"--new_key={folder}/issuer.pem",
            "--text=Ada Example",
            f"--landmarks={','.join(LANDMARKS)}",
            str(known_face.PATH),
            f"{folder}/card.png",
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder / "made.json").write_text(done.stdout)
    return folder


@pytest.fixture
def face(tmp_path):
    image_file.write_png(tmp_path / "face.png", known_face.image())
    return tmp_path / "face.png"


def test_a_card_is_made_and_read_again(run_main, made, tmp_path, capsys):
    said = json.loads((made / "made.json").read_text())
    assert (
        said["payload_bytes"] <= 1005
        and said["face_bytes"] <= 400
        and said["public_key"].endswith(".pub.pem")
    )
    assert Image.open(made / "card.png").size == (1011, 638)

    assert (
        run_main(
            card.main,
            made / "card.png",
            tmp_path / "out.png",
            read=True,
            public_key=[str(made / "issuer.pub.pem")],
        )
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["text"] == "Ada Example" and told["signature"] == "valid"
    assert {name: told[name] for name in ("key_id", "payload_bytes", "face_bytes", "quality")} == {
        name: said[name] for name in ("key_id", "payload_bytes", "face_bytes", "quality")
    }
    assert image_file.read_image(tmp_path / "out.png").shape == (112, 112, 3)


def test_the_face_lies_beside_the_card_unless_it_is_named(run_main, made, capsys):
    assert run_main(card.main, made / "card.png", read=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["signature"] == "not verified" and told["face"] == str(made / "card.face.png")
    assert (made / "card.face.png").is_file()


def test_a_card_of_another_key_is_refused_and_nothing_is_written(run_main, made, tmp_path, capsys):
    keys.make(tmp_path / "other.pem")
    assert (
        run_main(
            card.main,
            made / "card.png",
            tmp_path / "out.png",
            read=True,
            public_key=[str(tmp_path / "other.pub.pem")],
        )
        == 1
    )
    assert "names the key" in capsys.readouterr().err and not (tmp_path / "out.png").exists()
    # Beside the right key, one more does no harm.
    assert (
        run_main(
            card.main,
            made / "card.png",
            tmp_path / "out.png",
            read=True,
            public_key=[str(tmp_path / "other.pub.pem"), str(made / "issuer.pub.pem")],
        )
        == 0
    )


def test_a_card_without_signature_says_so_and_is_not_trusted(run_main, made, face, tmp_path, capsys):
    assert run_main(card.main, face, tmp_path / "plain.png", landmarks=LANDMARKS) == 0
    assert json.loads(capsys.readouterr().out)["key_id"] is None
    assert run_main(card.main, tmp_path / "plain.png", read=True) == 0
    assert json.loads(capsys.readouterr().out)["signature"] == "none"
    assert (
        run_main(card.main, tmp_path / "plain.png", read=True, public_key=[str(made / "issuer.pub.pem")])
        == 1
    )
    assert "has no signature" in capsys.readouterr().err


def test_an_existing_key_signs_and_the_version_is_what_was_asked_for(
    run_main, made, face, tmp_path, capsys
):
    assert (
        run_main(
            card.main,
            face,
            tmp_path / "card.png",
            key=str(made / "issuer.pem"),
            landmarks=LANDMARKS,
            version=13,
            text="Ada",
        )
        == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert said["version"] == 13 and said["modules"] == 69 and 300 < said["payload_bytes"] <= 331


@pytest.mark.skipif(
    not (shipped_models.folder(shipped_models.ALIGNED[112]) / model_folder.DECODER).is_file(),
    reason="needs the exported halves of the model for crops",
)
def test_with_landmarks_neither_way_needs_tensorflow(made, tmp_path):
    for arguments in (
        [f"--landmarks={','.join(LANDMARKS)}", str(known_face.PATH), f"{tmp_path}/card.png"],
        ["--read", f"{made}/card.png", f"{tmp_path}/face.png"],
    ):
        script = (
            "import sys; from tf_ipr.bin import card, start; "
            f"code = start.call(card.main, {['tf_ipr_card', *arguments]!r}); "
            "sys.exit(code or 'tensorflow' in sys.modules)"
        )
        subprocess.run([sys.executable, "-c", script], check=True, timeout=300)


@needs_mtcnn
def test_a_picture_without_a_face_makes_no_card_and_no_key(run_main, tmp_path, capsys):
    image_file.write_png(tmp_path / "grey.png", np.full([100, 120, 3], 128, np.uint8))
    assert (
        run_main(
            card.main, tmp_path / "grey.png", tmp_path / "card.png", new_key=str(tmp_path / "key.pem")
        )
        == 1
    )
    assert "no face was found" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["grey.png"]


@needs_mtcnn
def test_the_face_is_found_where_no_landmarks_are_given(run_main, face, tmp_path, capsys):
    assert run_main(card.main, face, tmp_path / "card.png", text="Ada") == 0
    found = json.loads(capsys.readouterr().out)
    assert run_main(card.main, face, tmp_path / "card.png", text="Ada", landmarks=LANDMARKS) == 0
    given = json.loads(capsys.readouterr().out)
    assert abs(found["face_bytes"] - given["face_bytes"]) < 20


@pytest.mark.parametrize(
    "flags, message",
    [
        (dict(text="x" * 121), "at most 120 are allowed"),
        (dict(text="a\x1bb"), "control character U+001B"),
        (dict(version=5), "Take version 1"),
        (dict(face_bytes=20), "Allow at least"),
        (dict(text="Ada \U0010fffd"), "no letter"),
        (dict(key="absent.pem"), "absent.pem cannot be read"),
        (dict(landmarks=["5"] * 10), "landmarks all lie at"),
        (dict(model="nothing"), "no shipped model"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_line_and_leaves_nothing(
    run_main, face, tmp_path, capsys, flags, message
):
    assert run_main(card.main, face, tmp_path / "card.png", **{"landmarks": LANDMARKS, **flags}) == 1
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["face.png"]


def test_no_key_is_made_for_a_card_that_is_not(run_main, face, tmp_path):
    assert (
        run_main(
            card.main,
            face,
            tmp_path / "card.png",
            landmarks=LANDMARKS,
            version=5,
            new_key=str(tmp_path / "key.pem"),
        )
        == 1
    )
    assert [path.name for path in tmp_path.iterdir()] == ["face.png"]


def test_existing_files_are_safe(run_main, made, face, tmp_path, capsys):
    assert run_main(card.main, face, face, landmarks=LANDMARKS) == 1
    assert "is the picture that is read" in capsys.readouterr().err
    (tmp_path / "notes.png").write_text("mine")
    assert (
        run_main(
            card.main,
            face,
            tmp_path / "notes.png",
            landmarks=LANDMARKS,
            new_key=str(tmp_path / "key.pem"),
        )
        == 1
    )
    assert "is not replaced" in capsys.readouterr().err and not (tmp_path / "key.pem").exists()
    assert (
        run_main(
            card.main, face, tmp_path / "card.png", landmarks=LANDMARKS, new_key=str(made / "issuer.pem")
        )
        == 1
    )
    assert "keys are never overwritten" in capsys.readouterr().err
    assert (tmp_path / "notes.png").read_text() == "mine" and not (tmp_path / "card.png").exists()


@pytest.mark.parametrize(
    "arguments, flags, message",
    [
        (["a"], {}, "FACE and CARD are needed, 1 arguments given"),
        ([], dict(read=True), "CARD, and FACE if wanted,"),
        (["a", "b", "c"], dict(read=True), "3 arguments given"),
        (["a", "b"], dict(key="k", new_key="n"), "--key and --new_key exclude one another"),
        (["a", "b"], dict(public_key=["p"]), "--public_key has no meaning without --read"),
        (["a", "b"], dict(read=True, text="Ada"), "--text has no meaning with --read"),
        (["a", "b"], dict(read=True, version=5), "--version has no meaning with --read"),
        (["a", "b"], dict(landmarks=["1", "2"]), "--landmarks needs ten numbers"),
        (["a", "b"], dict(landmarks=["x"] * 10), "--landmarks needs ten numbers"),
    ],
)
def test_wrong_usage_is_exit_code_2(run_main, capsys, arguments, flags, message):
    assert run_main(card.main, *arguments, **flags) == 2
    assert message in capsys.readouterr().err


def test_a_picture_without_a_code_is_no_card(run_main, face, capsys):
    assert run_main(card.main, face, read=True) == 1
    assert "No QR code was found" in capsys.readouterr().err


def test_a_picture_of_another_program_stays_unless_overwrite_is_given(run_main, made, tmp_path, capsys):
    photograph = tmp_path / "photograph.png"
    Image.new("RGB", (20, 20), (9, 8, 7)).save(photograph)
    before = photograph.read_bytes()
    assert run_main(card.main, made / "card.png", photograph, read=True) == 1
    assert "was not made by tf_ipr" in capsys.readouterr().err and photograph.read_bytes() == before
    assert run_main(card.main, made / "card.png", photograph, read=True, overwrite=True) == 0
    assert run_main(card.main, made / "card.png", photograph, read=True) == 0  # ours by now
    assert image_file.read_image(photograph).shape == (112, 112, 3)
