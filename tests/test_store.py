import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from conftest import ROOT
from hardening import kills
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import palermo
from palermo import ArtifactError, Predictor, store
from palermo.artifact import load, save, tiny
from palermo_training import cli

run = CliRunner()
posix = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    monkeypatch.setenv("PALERMO_HOME", str(folder))
    monkeypatch.delenv("PALERMO_MODEL", raising=False)
    return folder


def invoke(*arguments):
    return run.invoke(cli.app, ["models", *map(str, arguments)], catch_exceptions=False)


def model(label):
    return replace(tiny(), labels=(label,))


def installed(*names):
    for name in names:
        store.install(model(name), {}, name)
    return names


@contextmanager
def unprivileged():
    """Be nobody where the tests run as root, who may write anywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_nothing_is_made_by_looking(home):
    assert (store.in_use(), store.names(), store.history()) == ("packaged", [], ["packaged"])
    assert invoke().exit_code == 0
    assert Predictor.load().labels == palermo.LABELS
    assert not home.exists()


def test_what_is_known_of_an_installed_model(home):
    before = datetime.now(UTC)
    artifact = replace(tiny(), about={"version": "9", "data": "d1", "rows": 5, "groups": 2})
    figures = {"before": {"macro-F1": 0.7}, "after": {"macro-F1": 0.75}}
    found = store.install(artifact, figures)
    assert found == store.read(found.name)
    assert found.name == f"{found.date[:10]}-{artifact.digest[:8]}"
    assert abs((datetime.fromisoformat(found.date) - before).total_seconds()) < 60
    assert (found.digest, found.data) == (artifact.digest, "d1")
    assert found.counts == {"rows": 5, "groups": 2}
    assert (found.figures, found.palermo) == (figures, palermo.__version__)
    assert found.parent == "packaged"
    assert load(store.path(found.name)).digest == artifact.digest
    assert store.in_use() == "packaged"  # installing does not bring into use
    store.use(found.name)
    assert store.install(tiny(), {}).parent == found.name
    assert sorted(os.listdir(home)) == ["in_use", "lock", "models"]
    assert sorted(os.listdir(home / "models")) == store.names()


def test_a_name_that_is_taken_gets_a_number():
    names = [
        store.install(tiny(), {}, name).name for name in ("pilot", "pilot", "pilot", None, None)
    ]
    assert names[:3] == ["pilot", "pilot-2", "pilot-3"]
    assert names[4] == f"{names[3]}-2"
    long = [store.install(tiny(), {}, "n" * 64).name for _ in range(3)]
    assert set(long) < set(store.names())
    with pytest.raises(
        ArtifactError, match=r"^pilot: a model has that name; take another, or remo"
    ):
        store.check("pilot")
    store.check("free")
    assert "free" not in store.names()


@pytest.mark.parametrize("name", [
    "", ".", "..", "../up", "a/b", "a\\b", "/etc", "C:", "A", "ä", "a b", "-a", "a-", "a.", ".a", "a\n",
    "\x1b[2J", "a\0b", "con", "nul.txt", "com1", "\u202eabc", "n" * 65,
])  # fmt: skip
def test_what_cannot_be_a_name(name, home):
    for deed in (
        store.path, store.use, store.remove, store.read, store.check,
        lambda name: store.install(tiny(), {}, name),
    ):  # fmt: skip
        with pytest.raises(
            ArtifactError, match=r"no name for a model; take up to 64 of a-z"
        ) as error:
            deed(name)
        assert str(error.value).isprintable()
    assert not (home / "models").exists() or os.listdir(home / "models") == []


@given(st.text(st.sampled_from("ab0._-/\\\n AZé"), max_size=70))
def test_a_name_is_one_folder_below_models(name):
    try:
        folder = store.path(name).parent
    except ArtifactError:
        return
    assert folder.parent == store.home() / "models"
    assert folder.name == name == name.lower().strip("._- \n")


def test_the_packaged_model_is_no_installed_one():
    with pytest.raises(
        ArtifactError, match="packaged: that is the model that came with palermo; tak"
    ):
        store.install(tiny(), {}, "packaged")
    with pytest.raises(ArtifactError, match="packaged: it came with palermo and stays"):
        store.remove("packaged")
    assert store.read("packaged").digest == load(ROOT / "artifacts" / "palermo.joblib").digest


def test_use_rollback_and_remove():
    installed("one", "two", "three")
    for name in ("one", "two", "three", "two"):
        store.use(name)
    store.use("two")  # again changes nothing
    assert store.history() == ["two", "three", "one", "packaged"]
    assert Predictor.load().labels == ("two",)
    store.remove("three")
    assert store.history() == ["two", "one", "packaged"]
    assert store.names() == ["one", "two"]
    assert [store.rollback(), store.rollback()] == ["one", "packaged"]
    with pytest.raises(
        ArtifactError, match=r"no model was in use before packaged; choose one with"
    ):
        store.rollback()
    store.use("two")
    store.use("packaged")
    assert store.rollback() == "two"


def test_what_is_in_use_stays_till_another_is():
    installed("one")
    store.use("one")
    with pytest.raises(
        ArtifactError, match=r"^one: it is in use; choose another first with 'pal.*roll"
    ):
        store.remove("one")
    for deed in (store.use, store.remove, store.read):
        with pytest.raises(
            ArtifactError, match=r"^none: no installed model has that name; 'palermo m"
        ):
            deed("none")
    assert Predictor.load().labels == ("one",)


def test_precedence(tmp_path, monkeypatch):
    named, path = tmp_path / "named.joblib", tmp_path / "given.joblib"
    save(model("named"), named)
    save(model("given"), path)
    assert Predictor.load().labels == palermo.LABELS
    installed("installed")
    assert Predictor.load().labels == palermo.LABELS
    store.use("installed")
    assert Predictor.load().labels == ("installed",)
    monkeypatch.setenv("PALERMO_MODEL", str(named))
    assert Predictor.load().labels == ("named",)
    assert Predictor.load(path).labels == ("given",)
    shown = invoke()
    assert (
        shown.stderr == f"Note: PALERMO_MODEL names {named}, which goes before the model in use.\n"
    )


@pytest.mark.parametrize("broken", [b"", b"no model", None])
def test_a_broken_model_in_use_says_how_to_go_back(broken):
    installed("one", "two")
    store.use("one")
    store.use("two")
    path = store.path("two")
    path.write_bytes(path.read_bytes()[:-9] if broken is None else broken)
    way = (
        r"joblib: .*\(It is the model in use, two\. Go back to the one before with 'palermo models "
        r"rollback', or go back to the shipped model with 'palermo models use packaged'\.\)$"
    )
    with pytest.raises(ArtifactError, match=way):
        Predictor.load()
    with pytest.raises(ArtifactError, match="not a palermo model"):
        store.use("two")
    shown = invoke()
    assert shown.exit_code == 1
    assert "Go back to the one before with 'palermo models rollback'" in shown.stderr
    assert "*  two" in shown.stdout
    assert store.rollback() == "one"
    assert Predictor.load().labels == ("one",)
    with pytest.raises(ArtifactError, match="not a palermo model"):
        store.use("two")
    assert store.in_use() == "one"


def test_what_was_in_use_before_may_be_broken_too():
    installed("one", "two")
    store.use("one")
    store.use("two")
    store.path("one").unlink()
    with pytest.raises(
        ArtifactError, match=r"one, in use before two, cannot be gone back to; choose"
    ):
        store.rollback()
    assert Predictor.load().labels == ("two",)
    store.use("packaged")
    assert Predictor.load().labels == palermo.LABELS


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"../../etc\n", b"one\n\xff\n", b"one\n\ntwo\n", b"\0" * 9]
)
def test_a_damaged_pointer(content, home):
    installed("one")
    store.use("one")
    (home / "in_use").write_bytes(content)
    for deed in (Predictor.load, store.rollback):
        with pytest.raises(
            ArtifactError, match=r"in_use: damaged: it is to hold names.*use NAME', or go"
        ):
            deed()
    shown = invoke()
    assert (shown.exit_code, shown.stderr.count("in_use: damaged")) == (1, 1)
    assert "one" in shown.stdout
    assert invoke("use", "one").stderr == "In use: one.\n"
    assert Predictor.load().labels == ("one",)


GOOD = {
    "digest": "d",
    "data": "",
    "counts": {},
    "figures": {},
    "palermo": "1",
    "parent": None,
    "date": None,
}


@pytest.mark.parametrize(("content", "wrong"), [
    (None, "No such file or directory"),
    ("", "it is no JSON"),
    ('{"digest": ', "it is no JSON"),
    ("[" * 100_000, "it is no JSON"),
    (b"\xff\xfe\x00", "it is no JSON"),
    ("[]", "parts are missing"),
    ("{}", "parts are missing"),
    (json.dumps({**GOOD, "counts": {"rows": "many"}}), "parts are of the wrong kind"),
    (json.dumps({**GOOD, "figures": 3}), "parts are of the wrong kind"),
    (json.dumps({**GOOD, "digest": None}), "parts are of the wrong kind"),
    (json.dumps({**GOOD, "date": 3}), "parts are of the wrong kind"),
])  # fmt: skip
def test_damaged_json_stops_no_other_model(content, wrong):
    installed("one", "two")
    store.use("one")
    file = store.path("one").with_name("model.json")
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(
        ArtifactError, match=rf"model\.json: damaged: {wrong}\. 'palermo models use one'"
    ):
        store.read("one")
    assert Predictor.load().labels == ("one",)
    shown = invoke()
    assert shown.exit_code == 1
    assert [line.split()[:3] for line in shown.stdout.splitlines()[2:]] == [
        ["*", "one", "damaged"],
        ["two", store.read("two").date[:10], "packaged"],
    ]
    assert shown.stderr.startswith("Error: ")
    found = json.loads(invoke("list", "--json").stdout)
    assert [wrong in each.get("error", "") for each in found] == [False, True, False]
    store.use("two")
    store.remove("one")
    assert store.names() == ["two"]


def test_a_newer_palermo_may_say_more():
    installed("one")
    file = store.path("one").with_name("model.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "more": 1}))
    assert store.read("one").palermo == palermo.__version__


def test_figures_that_json_cannot_hold(home):
    with pytest.raises(TypeError, match="not JSON serializable"):
        store.install(tiny(), {"count": np.int64(3)})
    assert not home.exists()


def test_a_home_that_is_a_file(home):
    home.write_text("")
    for deed in (Predictor.load, store.names):
        with pytest.raises(
            ArtifactError, match=r"cannot be read: .*; name a folder of yours in PALERMO_H"
        ):
            deed()
    for deed in (
        lambda: store.install(tiny(), {}),
        store.check,
        store.rollback,
        lambda: store.use("one"),
    ):
        with pytest.raises(
            ArtifactError, match=r"home: cannot be written: .*; name a folder that can be"
        ):
            deed()
    assert Predictor.load(store.path("packaged")).labels == palermo.LABELS


@posix
def test_a_home_that_cannot_be_written(monkeypatch):
    with TemporaryDirectory() as folder:
        monkeypatch.setenv("PALERMO_HOME", folder)
        installed("one", "two")
        store.use("one")
        paths = [Path(folder), *Path(folder).rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with unprivileged():
            assert Predictor.load().labels == ("one",)
            for deed in (
                lambda: store.install(tiny(), {}), store.check, store.rollback,
                lambda: store.use("two"), lambda: store.remove("two"),
            ):  # fmt: skip
                with pytest.raises(
                    ArtifactError, match=r"cannot be written: Permission denied; name a f"
                ):
                    deed()
            assert (store.in_use(), store.names()) == ("one", ["one", "two"])
        for path in paths:
            path.chmod(0o755)


def test_the_commands():
    installed("one", "two")
    assert invoke("use", "one").stderr == "In use: one.\n"
    table = [line.split() for line in invoke().stdout.splitlines()]
    assert table[0] == ["name", "installed", "rows", "parent", "palermo"]
    assert table[1][0] == "packaged"
    assert table[2][:2] == ["*", "one"]
    assert table[3] == ["two", store.read("two").date[:10], "packaged", palermo.__version__]
    assert invoke("list").stdout == invoke().stdout
    found = json.loads(invoke("--json").stdout)
    assert [(each["name"], each["in_use"]) for each in found] == [
        ("packaged", False), ("one", True), ("two", False),
    ]  # fmt: skip
    assert found[0]["counts"]["rows"] > 1000
    assert json.loads(invoke("show", "one", "--json").stdout) == found[1]
    assert invoke("use", "packaged").exit_code == 0
    assert invoke("rollback").stderr == "In use: one.\n"
    assert invoke("remove", "two").stderr == "Removed: two.\n"
    assert store.names() == ["one"]
    odd = invoke("--json", "rollback")
    assert odd.exit_code == 2
    assert "it goes behind the command's name" in odd.stderr
    assert store.in_use() == "one"


def test_show_lays_figures_out_and_is_safe_to_show():
    store.install(tiny(), {"after": {"macro-F1": 0.75, "odd": "\x1b[2J"}}, "one")
    shown = invoke("show", "one").stdout
    assert ["figures.after.macro-F1", "0.75"] in [line.split() for line in shown.splitlines()]
    assert "\x1b" not in shown
    assert "\\x1b[2J" in shown


def test_errors_end_in_one_line():
    program = "import sys; from palermo_training.cli import main; sys.argv[0] = 'palermo'; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "models", "use", "none"],
        capture_output=True, check=False, text=True, timeout=120,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (1, "")
    assert (
        ended.stderr
        == "Error: none: no installed model has that name; 'palermo models' lists them\n"
    )


def test_without_palermo_home_it_is_the_users_data_folder(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "PALERMO_HOME"}
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):  # never the developer's own
        environment[name] = str(tmp_path)
    program = (
        "import sys; from palermo import store; print(store.home());"
        "print(*sorted(name for name in sys.modules if 'sklearn' in name))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment, capture_output=True, check=True, text=True, timeout=120,
    )  # fmt: skip
    where, sklearn = ended.stdout.splitlines()
    assert where.startswith(str(tmp_path))
    assert where.endswith("palermo")
    assert sklearn == ""


@posix
def test_writers_that_are_killed_leave_nothing_half_done():
    assert kills.kill_at_random(6, seed=1) == 6


def test_installers_at_once():
    assert kills.install_at_once(3, 5) == 15


@posix
def test_a_running_writer_is_not_cleaned_up_after(monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 0)
    program = (  # stops where the model is whole and not yet in place
        "import sys; from palermo import store; from palermo.artifact import tiny\n"
        "def wait(event, arguments):\n"
        "    if event == 'os.rename' and str(arguments[0]).endswith('models/.part'):\n"
        "        print('there', flush=True); sys.stdin.read()\n"
        "sys.addaudithook(wait)\n"
        "store.install(tiny(), {}, 'slow')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as slow:
        assert slow.stdout.readline() == "there\n"
        assert store.names() == []
        with pytest.raises(
            ArtifactError, match=r"another palermo has been writing there for 0 seconds"
        ):
            store.install(tiny(), {}, "fast")
        slow.communicate("", timeout=60)
    assert slow.returncode == 0
    assert store.install(tiny(), {}, "fast").name == "fast"
    assert store.names() == ["fast", "slow"]
    assert load(store.path("slow")).digest == store.read("slow").digest


@posix
def test_what_a_killed_writer_left_is_cleared_away(home):
    program = (
        "import os, signal, sys; from palermo import store; from palermo.artifact import tiny\n"
        "def end(event, arguments):\n"
        "    if event == 'os.rename' and str(arguments[0]).endswith('models/.part'):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(end)\n"
        "store.install(tiny(), {}, 'killed')"
    )
    subprocess.run([sys.executable, "-c", program], check=False, timeout=120)
    assert sorted(os.listdir(home / "models" / ".part")) == ["model.joblib", "model.json"]
    assert store.names() == []
    store.install(tiny(), {}, "next")
    assert os.listdir(home / "models") == ["next"]
