"""What a user says of a model's input is taken in every form, or refused with the forms."""

import numpy as np
import pytest

from tf_ipr.faces import alignment
from tf_ipr.recognition.conversion import declared_input

TEN = [20, 30, 60, 30, 40, 50, 25, 70, 55, 70]


@pytest.mark.parametrize("text", [["1"], ["a", "b"], ["1", "2", "3"]])
def test_bad_value_ranges_are_named(text):
    with pytest.raises(ValueError, match="expected two or six numbers"):
        declared_input.parse_range(text)
    assert declared_input.parse_range(["0", "1"]) == [[0.0, 1.0]] * 3


def test_a_template_is_arcfaces_own_or_scaled_or_ten_numbers():
    own = alignment.ARCFACE_TEMPLATE
    np.testing.assert_allclose(declared_input.parse_template(None, 112), own)
    np.testing.assert_allclose(declared_input.parse_template(["arcface"], 448),
                               alignment.template_for(448))
    assert declared_input.parse_template(list(map(str, TEN)), 96)[1] == [60, 30]


def test_a_template_that_is_missing_is_asked_for():
    with pytest.raises(ValueError,
                       match="input of 160 pixels has no template.*--template=arcface.*ten numbers"):
        declared_input.parse_template(None, 160)


@pytest.mark.parametrize("given, message", [
    (["arc"], "expected arcface or ten numbers"), (["1", "2"], "expected arcface or ten numbers"),
    ([str(x / 100) for x in TEN], "no face in 96×96 pixels"),
    ([str(2 * x) for x in TEN], "no face in 96×96 pixels")])
def test_templates_that_are_no_faces_in_pixels_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        declared_input.parse_template(given, 96)
