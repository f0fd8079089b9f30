"""Folder by folder outputs get the names that one machine gives them that sees all."""

from __future__ import annotations

import collections

from hypothesis import given
from hypothesis import strategies as st

from tf_ipr.pipeline import beam_names, output_names
from tf_ipr.pipeline.beam_names import Found
from tf_ipr.pipeline.manifest import Entry
from tf_ipr.pipeline.verb import COMPRESS

_NAMES = st.sampled_from(["a.jpg", "A.jpg", "a.png", "a.jpg.png", "a.ipr", "a", "b.jpg", "é.jpg", "é.jpg"])
_FOLDERS = st.sampled_from(["", "a/", "A/", "a.ipr/", "a/a.ipr/", "é/", "é/"])
_PATHS = st.sets(st.builds(str.__add__, _FOLDERS, _NAMES), min_size=1)


def entry(source, output, verb="compress"):
    return Entry(verb, output, "hash", source, "hash", {})


def by_folder(paths, entries):
    """What the pipeline does: groups by key, each named by itself."""
    found, folders, known = (collections.defaultdict(set) for _ in range(3))
    for path in paths:
        found[output_names.folder_key(path)].add(Found("/in/" + path, path, 1))
        for key, folder in beam_names.folders(path):
            folders[key].add(folder)
    for one in entries:
        known[output_names.folder_key(one.output)].add(one.output)
    lines = {one.output: one for one in entries}
    return {task.found.relative: task.output for key in found for task in
            beam_names.tasks(found[key], folders[key], [lines[output] for output in known[key]], COMPRESS)}


@given(_PATHS)
def test_names_are_those_of_a_folders_run(paths):
    assert by_folder(paths, []) == output_names.assign(paths, COMPRESS, {})


@given(_PATHS, _PATHS)
def test_names_stay_when_inputs_come(paths, more):
    first = output_names.assign(paths, COMPRESS, {})
    entries = [entry(source, output) for source, output in first.items()]
    assert by_folder(paths | more, entries) == output_names.assign(paths | more, COMPRESS, first)


def test_a_task_knows_its_line_and_keeps_off_those_of_other_verbs():
    mine, other = entry("a/x.jpg", "a/x.ipr"), entry("a/y.ipr", "a/y.ipr", "decompress")
    found = [Found("/in/a/x.jpg", "a/x.jpg", 1), Found("/in/a/y.jpg", "a/y.jpg", 1)]
    x, y = beam_names.tasks(found, [], [mine, other], COMPRESS)
    assert (x.output, x.before) == ("a/x.ipr", mine)
    assert (y.output, y.before) == ("a/y.jpg.ipr", None)
