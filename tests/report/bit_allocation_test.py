"""Bits have places, and all of them together are the stream."""

import numpy as np
import pytest

from tf_ipr.format import shipped_models
from tf_ipr.models import model_folder
from tf_ipr.models.codec import TensorFlowCodec
from tf_ipr.recognition import known_face
from tf_ipr.report import bit_allocation


@pytest.fixture(scope="module")
def allocation():
    return bit_allocation.BitAllocation(model_folder.load(shipped_models.folder())[0])


def test_bits_of_all_places_are_the_stream(allocation):
    image = known_face.image()[:150, :130]  # Ten by nine positions, three by three above them.
    bits = allocation(image[None], 60.0)
    assert bits.shape == (1, 10, 9) and bits.min() >= 0
    stream = TensorFlowCodec.load().compress(image, quality=60)
    assert bits.sum() / 8 == pytest.approx(len(stream), abs=30) and bits.sum() / 8 < len(stream)


def test_a_flat_half_costs_less_than_a_face(allocation):
    image = known_face.image().copy()
    image[:, 96:] = 128
    bits = allocation(image[None], 60.0)[0]
    assert bits[:, :5].sum() > 3 * bits[:, 7:].sum()


def test_share_in_box_by_hand():
    bits = np.array([[1.0, 2.0], [3.0, 4.0]])
    # 20×24 pixels: positions of 16 and 4 rows, 16 and 8 columns.
    share, area = bit_allocation.share_in_box(bits, np.array([0, 0, 16, 16]), 20, 24, 16)
    assert share == pytest.approx(0.1) and area == pytest.approx(256 / 480)
    share, area = bit_allocation.share_in_box(bits, np.array([8, 16, 20, 99]), 20, 24, 16)
    # Half of the columns of position (1, 0), half of those of (1, 1).
    assert share == pytest.approx((1.5 + 2.0) / 10) and area == pytest.approx(12 * 4 / 480)
    assert bit_allocation.share_in_box(bits, np.array([-9, -9, 99, 99]), 20, 24, 16) == (1.0, 1.0)
