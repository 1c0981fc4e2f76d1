"""Tagging on a cluster: a master, two workers and their executors, each a process of its own."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cluster import cluster
from conftest import PIECES, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from palermo import ArtifactError
from palermo.artifact import save, tiny
from palermo.spark import COLUMNS, tag

pyspark = pytest.importorskip("pyspark", reason="needs the extra spark", exc_type=ImportError)


def java():
    """Give the version of Java that Spark would run, 0 for none."""
    home = os.environ.get("JAVA_HOME")
    try:
        run = subprocess.run(
            [Path(home, "bin", "java") if home else "java", "-version"],
            capture_output=True, check=True, text=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(re.search(r'version "(\d+)', run.stderr).group(1))


if java() < 17:
    pytest.skip("needs Java 17 or newer", allow_module_level=True)

QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # to start, not to run for long
SETTINGS = {
    "spark.driver.extraJavaOptions": QUICK,
    "spark.executor.extraJavaOptions": QUICK,
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "7",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("spark"), SETTINGS) as session:
        yield session


def rows(df):
    """Collect what is tagged, as dicts, in an order that does not hang on the cluster."""
    found = [row.asDict(recursive=True) for row in df.collect()]
    return sorted(found, key=lambda row: (row["id"], row["index"] or 0))


def in_process(predictor, number, text, **options):
    """Lay out what ``Predictor.tag`` says of one document as the rows of a cluster."""
    return [
        {
            "id": number,
            "index": index,
            "start": passage.start,
            "end": passage.end,
            "passage": passage.text,
            "label": passage.label,
            "tags": list(passage.tags),
            "probabilities": passage.probabilities,
            "known": passage.known,
            "unsure": passage.unsure,
            "term": passage.term and passage.term._asdict(),
            "model": predictor.model,
            "error": None,
        }
        for index, passage in enumerate(predictor.tag(text, **options))
    ]


@pytest.mark.parametrize(
    "options", [{}, {"unit": "paragraph"}, {"unit": "document", "lang": "en"}], ids=str
)
def test_the_rows_are_those_of_a_predictor(spark, predictor, seeds, options):
    texts = list(enumerate(seeds.values()))
    df = spark.createDataFrame(texts, "id int, text string")
    expected = [
        row for number, text in texts for row in in_process(predictor, number, text, **options)
    ]
    assert any(row["term"] for row in expected)
    assert rows(tag(df, **options).drop("text")) == expected


texts_of_any_sort = st.one_of(
    st.none(),
    st.text(max_size=100),
    st.lists(st.sampled_from([each for each in PIECES if each != "\ud800"])).map(" ".join),
)


@settings(max_examples=5)
@given(st.lists(texts_of_any_sort, min_size=1, max_size=60))
def test_any_text_comes_out_as_of_a_predictor_or_with_an_error(spark, predictor, texts):
    df = spark.createDataFrame(list(enumerate(texts)), "id int, text string")
    found = rows(tag(df))
    expected = [
        row
        for number, text in enumerate(texts)
        for row in in_process(predictor, number, text or "")
    ]
    assert [{**row, "text": texts[row["id"]]} for row in expected] == [
        row for row in found if row["error"] is None
    ]
    assert {row["id"] for row in found} == set(range(len(texts)))


def test_offsets_are_those_of_spark(spark):
    df = spark.createDataFrame(
        [(0, "😀 “Él” pagó.\n\n• مهرب 偷渡"), (1, "One. Two.")], "id int, text string"
    )
    cut = tag(df).selectExpr("substring(text, start + 1, end - start) = passage as same")
    assert [row.same for row in cut.collect()] == [True] * 4


def test_a_document_without_passages_says_why(spark, predictor):
    df = spark.sql(
        "select * from values (0, null), (1, ''), (2, ' \\n'), (3, cast(x'4865ff' as string)),"
        " (4, 'They paid.') as (id, text)"
    )
    *without, last = rows(tag(df))
    assert [row["error"] for row in without] == [
        "text is null",
        "text is empty or nothing but white space",
        "text is empty or nothing but white space",
        "text is no UTF-8: byte 0xff at 2; decode it by its own encoding",
    ]
    assert all(row["model"] == predictor.model for row in without)
    added = set(COLUMNS) - {"model", "error"}
    assert all(row[name] is None for row in without for name in added)
    assert (last["passage"], last["error"]) == ("They paid.", None)


def test_the_other_columns_are_carried_through_as_they_are(spark):
    df = spark.sql(
        "select 1 as id, 'They paid. They left.' as body, timestamp '2024-05-09 12:00:00' as `at.utc`,"
        " map('k', array(1, null)) as more, named_struct('url', 'x', 'n', 1.50bd) as page,"
        " date '2024-05-09' as day, cast(x'00ff' as binary) as raw, cast(null as string) as nothing"
    )
    found = tag(df, text="body")
    assert found.columns == [*df.columns, *COLUMNS]
    assert found.schema.fields[: len(df.columns)] == df.schema.fields
    assert [row[: len(df.columns)] for row in found.collect()] == 2 * [tuple(df.first())]


def test_no_document_is_no_row(spark):
    df = spark.createDataFrame([], "id int, text string")
    assert tag(df).collect() == []


def test_the_model_travels_from_the_driver(spark, tmp_path):
    path = tmp_path / "tiny.joblib"
    save(tiny(), path)
    df = spark.createDataFrame([(0, "The boat."), (1, "The end.")], "id int, text string")
    found = tag(df, model=path)
    path.unlink()
    assert [(row["label"], list(row["probabilities"])) for row in rows(found)] == [
        ("smuggling", ["smuggling"]),
        ("none", ["smuggling"]),
    ]


def test_nothing_is_lost_with_an_executor(spark, predictor, tmp_path):
    marker = str(tmp_path / "killed")

    def kill_once(batches):
        for number, batch in enumerate(batches):
            if number == 10:  # some of the partition's rows are tagged by now
                try:
                    with open(marker, "x") as file:
                        pid = batch.column("executor")[0].as_py()
                        file.write(pid)
                except FileExistsError:
                    pass
                else:
                    os.kill(int(pid), signal.SIGKILL)
            yield batch.drop_columns(["executor"])

    texts = [f"Boat {number}. The smugglers charged {number} dollars." for number in range(400)]
    df = spark.createDataFrame(list(enumerate(texts)), "id int, text string").repartition(4)
    with_pid = df.selectExpr("*", "reflect('java.lang.ProcessHandle', 'current') as executor")
    found = rows(tag(with_pid.mapInArrow(kill_once, df.schema)).drop("text"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path(marker).read_text()), 0)
    assert found == [
        row for number, text in enumerate(texts) for row in in_process(predictor, number, text)
    ]


def test_a_process_unpacks_a_model_once(predictor, monkeypatch):
    import pyarrow as arrow

    from palermo import spark as module

    class Sent:
        unpacked = 0

        @property
        def value(self):
            Sent.unpacked += 1
            return predictor

    monkeypatch.setattr(module, "_predictors", {})
    batch = arrow.RecordBatch.from_pydict({"text": ["They paid."]})
    for _ in range(3):  # as many jobs, each with a broadcast of its own
        (found,) = module._tag([batch], Sent(), predictor.model, 0, "sentence", "auto")
        assert found.num_rows == 1
    assert Sent.unpacked == 1


def test_readme_tags_a_folder_of_parquet(spark, tmp_path):
    readme = (ROOT / "README.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(from palermo.spark .*?)```", readme, re.S)
    for folder in ("articles", "passages"):
        assert f'"{folder}/"' in program
        program = program.replace(f'"{folder}/"', repr(str(tmp_path / folder)))
    texts = [("a", "The smugglers charged $7,000. He left."), ("b", None)]
    spark.createDataFrame(texts, "url string, body string").write.parquet(
        str(tmp_path / "articles")
    )
    exec(program, {})
    found = spark.read.parquet(str(tmp_path / "passages")).orderBy("url", "index").collect()
    assert [(row.url, row.label, row.error) for row in found] == [
        ("a", "smuggling", None), ("a", "none", None), ("b", None, "text is null"),
    ]  # fmt: skip
    assert "body" not in found[0]


@pytest.mark.parametrize(
    ("columns", "options", "error", "message"),
    [
        ("id int, text string", {"text": "body"}, ValueError, r"no column 'body'; it has id, text"),
        ("text int", {}, TypeError, r"'text' holds int; tag takes string, .*cast\('string'\)"),
        ("text array<string>", {}, TypeError, r"'text' holds array<string>; tag takes string"),
        ("text string, Label int, end int", {}, ValueError,
         r"already has 'Label', 'end', which tag adds; .*withColumnRenamed\('Label', "),
        ("id int, text string, ID int", {}, ValueError, r"columns of the same name: id, ID; rename"),
        ("text string", {"unit": "page"}, ValueError, r"unit is 'page'"),
        ("text string", {"lang": "fr"}, ValueError, r"lang is 'fr'"),
        ("text string", {"model": Path("no.joblib")}, ArtifactError, r"no.joblib: no such model"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_the_job(spark, columns, options, error, message):
    df = spark.createDataFrame([], columns)
    with pytest.raises(error, match=message):
        tag(df, **options)


def test_what_is_no_data_frame_is_refused():
    with pytest.raises(
        TypeError, match=r"df is a list; tag takes a DataFrame, as from spark\.read"
    ):
        tag(["They paid."])
    remote = object.__new__(pyspark.sql.DataFrame)  # of neither kind, without a server
    with pytest.raises(TypeError, match=r'of Spark Connect, .*"spark.api.mode", "classic"'):
        tag(remote)


@pytest.mark.parametrize("missing", ["pandas", "pyarrow", "pyspark"])
def test_an_extra_that_is_missing_is_named(missing):
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from palermo.spark import tag\n"
        "try: tag(None)\n"
        "except ImportError as error: print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, timeout=120
    )
    assert re.fullmatch(
        rf'tagging on Spark takes pyspark, .* \(.*{missing}.*\): pip install "palermo\[spark\]"\n',
        run.stdout,
    )
