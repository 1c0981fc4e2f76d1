"""Model files that mean harm: each is refused by name, and nothing in it is run.

``hardening/tampered.py`` has the files; ``make hardening`` gives them to other loaders too.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from hardening import models
from hardening.tampered import MARK, kinds, values, written

from palermo import ArtifactError, Predictor
from palermo.artifact import tiny


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where to write a model; if anything in one runs, it leaves a file beside it."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "model.joblib"
    assert not Path(MARK).exists()


def test_the_untampered_file_is_a_model(path):
    path.write_bytes(written(values()))
    assert Predictor.load(path).predict(["boat"]) == ["smuggling"]
    assert models.same(models.palermo(path), values())


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: ascii(kind.name)[1:-1])
def test_a_tampered_file_is_refused_by_name(path, kind):
    path.write_bytes(kind.content)
    with pytest.raises(ArtifactError, match=kind.says) as caught:
        Predictor.load(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory as Linux has them")
def test_no_file_takes_more_memory_or_time_than_is_stated():
    contents = [kind.content for kind in kinds()]
    found = list(models.outcomes("Predictor.load", contents))
    assert models.count(found) == f"refused {len(contents)}"
    assert models.most_memory(contents, found)
    assert [each.what for each in models.outcomes("Predictor.load", [models.all_keys()])] == [
        "loaded wrong values"  # those of another model
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory as Linux has them")
def test_a_small_model_asks_for_little_memory(path):
    """Reading once set aside as much as the largest model may take, whatever the file's size."""
    path.write_bytes(written(values()))
    code = """
import resource, sys
from pathlib import Path
from palermo import Predictor
pages = int(Path("/proc/self/statm").read_text().split()[0])
most = pages * resource.getpagesize() + 64 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (most, most))
print(Predictor.load(Path(sys.argv[1])).labels[0])
"""
    limited = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, env=limited
    )
    assert (done.stdout.strip(), done.stderr) == ("smuggling", "")


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory as Linux has them")
def test_the_payloads_are_real():
    """Were they duds, refusing them would prove nothing."""
    by_name = {kind.name: kind.content for kind in kinds()}
    ran = [
        "GLOBAL and REDUCE",
        "INST",
        "OBJ",
        "NEWOBJ",
        "NEWOBJ_EX",
        "BUILD by __setstate__",
        "EXT1",
        "EXT2",
        "EXT4",
    ]
    found = models.outcomes("pickle.load", (by_name[name] for name in ran))
    assert [each.what for each in found] == ["ran code"] * len(ran)


def test_a_file_cut_off_anywhere_is_refused(path):
    content = written(values())
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ArtifactError, match="not a palermo model"):
            Predictor.load(path)


def test_a_flipped_bit_is_refused_or_does_not_matter(path):
    content = written(values())
    loaded = 0
    for at in range(len(content)):
        for bit in range(8):
            path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
            try:
                found = models.palermo(path)
            except ArtifactError as error:
                assert str(error).startswith(str(path))
            else:  # in padding, in the length of a frame
                assert models.same(found, values())
                loaded += 1
    assert loaded < len(content)


@pytest.mark.parametrize("name", ["a name that warns", "a text that warns"])
def test_refusing_a_file_warns_of_nothing(path, name):
    """Python may print warnings, or turn them into errors that are none of palermo's."""
    path.write_bytes(next(kind.content for kind in kinds() if kind.name == name))
    code = f"from palermo import *\ntry: Predictor.load({str(path)!r})\nexcept ArtifactError: print('refused')"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert (run.stdout, run.stderr) == ("refused\n", "")


def test_the_model_of_the_tests_is_the_smallest():
    assert values()["digest"] == tiny().digest
    assert len(written(values())) < (ROOT / "artifacts" / "palermo.joblib").stat().st_size / 1000
