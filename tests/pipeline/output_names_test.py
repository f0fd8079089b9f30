"""Every output has a name of its own, in every file system, and keeps it."""

from __future__ import annotations

import os
import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_ipr.pipeline import output_names, verb


def assign(*inputs, before=None):
    return output_names.assign(inputs, verb.COMPRESS, before or {})


def keys(names):
    """As a file system sees them that knows neither letter case nor Unicode forms."""
    return [unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
            for name in names]


def test_a_name_alone_is_short():
    assert assign("a.jpg", "b/a.png", "c.d.webp", "photo.2024", "e") == {
        "a.jpg": "a.ipr", "b/a.png": "b/a.ipr", "c.d.webp": "c.d.ipr", "photo.2024": "photo.2024.ipr",
        "e": "e.ipr"}


def test_what_differs_in_the_suffix_keeps_it():
    assert assign("a.jpg", "a.png") == {"a.jpg": "a.jpg.ipr", "a.png": "a.png.ipr"}


def test_double_suffixes_do_not_collide():
    assert assign("a.jpg", "a.png", "a.jpg.webp") == {
        "a.jpg": "a.jpg.ipr", "a.png": "a.png.ipr", "a.jpg.webp": "a.jpg.webp.ipr"}


@pytest.mark.parametrize("inputs", [
    ("A.jpg", "a.jpg"), ("a.JPG", "a.jpg"), ("sub/a.jpg", "Sub/a.jpg"), ("\u00e4.jpg", "a\u0308.jpg"),
    ("stra\u00dfe.png", "STRASSE.png"), ("a.jpg", "a.png", "A.jpg.webp", "a.jpg.png"),
    ("a.jpg", "a.ipr/b.jpg"), ("x" * 251 + ".jpg", "x" * 251 + ".png"), ("\ufb01.jpg", "fi.jpg")])
def test_names_differ_in_the_least_able_file_system(inputs):
    names = assign(*inputs)
    assert len(set(keys(names.values()))) == len(inputs)
    assert not set(keys(names.values())) & {
        key for path in inputs for key in keys([path.rpartition("/")[0]])}
    assert all(name.endswith(".ipr") and len(os.fsencode(name.rpartition("/")[2])) <= 255
               for name in names.values())


def test_a_name_that_would_be_too_long_is_cut_between_characters():
    (name,) = assign("\u9854" * 85).values()
    assert len(os.fsencode(name)) <= 255 and name.startswith("\u9854" * 80) and "~" in name
    assert assign("\u9854" * 83 + ".jpg")["\u9854" * 83 + ".jpg"] == "\u9854" * 83 + ".ipr"
    (name,) = assign(os.fsdecode(b"\xff" * 255)).values()  # Bytes that are no text.
    assert len(os.fsencode(name)) <= 255


def test_names_stay_when_a_folder_grows_or_shrinks():
    first = assign("a.jpg")
    assert first == {"a.jpg": "a.ipr"}
    assert assign("a.jpg", "a.png", before=first) == {"a.jpg": "a.ipr", "a.png": "a.png.ipr"}
    # What a picture that is gone was made into is not written over.
    assert assign("a.png", before=first) == {"a.png": "a.png.ipr"}


@settings(max_examples=300, deadline=None)
@given(st.sets(st.lists(st.text("aAbB.~\u00e4\u0308jpgn", min_size=1, max_size=6).filter(
    lambda part: not part.startswith(".")), min_size=1, max_size=3).map("/".join), max_size=12),
    st.randoms())
def test_names_are_distinct_whatever_the_inputs_in_any_order(inputs, generator):
    inputs = sorted(inputs)
    names = assign(*inputs)
    assert set(names) == set(inputs)
    assert len(set(keys(names.values()))) == len(inputs)
    shuffled = list(inputs)
    random.Random(generator.random()).shuffle(shuffled)
    assert assign(*shuffled) == names
    assert assign(*inputs[::2], before=names) == {path: names[path] for path in inputs[::2]}
