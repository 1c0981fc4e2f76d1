"""Passages of a Spark DataFrame of documents, tagged where its partitions are.

Nothing else of palermo imports this. Executors need palermo and its extra ``spark``; the
model is sent to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from palermo.passages import Lang, Passage, Unit
from palermo.predictor import Predictor

if TYPE_CHECKING:
    import pyarrow as arrow
    from pyspark import Broadcast
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

COLUMNS: Final = (
    "index", "start", "end", "passage", "label", "tags", "probabilities", "known", "unsure",
    "term", "model", "error",
)  # fmt: skip
"""The columns that :func:`tag` adds, in order."""

_ROWS: Final = 1024  # documents at a time whose passages are Python objects; these take memory


def tag(
    df: DataFrame,
    text: str = "text",
    unit: Unit = "sentence",
    lang: Lang = "auto",
    model: Path | None = None,
) -> DataFrame:
    r"""Cut the documents of a DataFrame into passages and tag each.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        A document a row, in a session that is not one of Spark Connect.
    text : str, default "text"
        Its column that holds the documents, as strings.
    unit, lang
        As for :meth:`palermo.Predictor.tag`.
    model : Path, optional
        As for :meth:`palermo.Predictor.load`; a file where the driver runs.

    Returns
    -------
    pyspark.sql.DataFrame
        A passage a row: all columns of ``df``, then those of :data:`COLUMNS`. ``index`` is
        the passage's number in its document, from 0; ``start`` and ``end`` are code points,
        so ``substring(text, start + 1, end - start)`` is ``passage``; ``probabilities`` is a
        struct with a double for each label, so that Parquet keeps a column for each.

        A document without passages has one row, in which ``error`` says why (it is null, is
        white space, is no UTF-8), ``model`` is set and the other columns added are null.
        ``error`` is null elsewhere.

    Raises
    ------
    ArtifactError
        If the model file is missing, damaged or no palermo model.
    ImportError
        If pyspark or pyarrow is not installed.
    TypeError
        If ``df`` is no such DataFrame, or its column ``text`` does not hold strings.
    ValueError
        If ``df`` has no column ``text``, two columns of one name or one that is to be added,
        or ``unit`` or ``lang`` is none there is.

    Examples
    --------
    With a session of your own, ``tag(spark.read.parquet("articles/"))``.

    >>> tag("articles/")
    Traceback (most recent call last):
    TypeError: df is a str; tag takes a DataFrame, as from spark.read.parquet("articles/")
    """
    try:
        import pandas  # noqa: F401  mapInArrow asks for it, after some seconds of Java
        import pyarrow  # noqa: F401  and the job for this
        from pyspark.sql import DataFrame
        from pyspark.sql import functions as f
        from pyspark.sql.classic.dataframe import DataFrame as Classic
        from pyspark.sql.types import StringType, StructField, StructType
    except ImportError as error:
        raise ImportError(
            f"tagging on Spark takes pyspark, pandas and pyarrow ({error}): "
            'pip install "palermo[spark]"'
        ) from None
    if not isinstance(df, DataFrame):
        raise TypeError(
            f"df is a {type(df).__name__}; tag takes a DataFrame, "
            'as from spark.read.parquet("articles/")'
        )
    if not isinstance(df, Classic):
        raise TypeError(
            "df is of Spark Connect, which cannot broadcast a model; make the session with "
            'SparkSession.builder.config("spark.api.mode", "classic"), or run it by spark-submit'
        )
    if text not in df.columns:
        raise ValueError(f"df has no column {text!r}; it has {', '.join(df.columns) or 'none'}")
    _check_names(df.columns)
    if not isinstance(df.schema[text].dataType, StringType):
        raise TypeError(
            f"column {text!r} holds {df.schema[text].dataType.simpleString()}; tag takes string, "
            f"as from df.withColumn({text!r}, df[{text!r}].cast('string'))"
        )
    predictor = Predictor.load(model)
    predictor.tag_all([], unit, lang)  # refuses units and languages that there are not
    found = "_" * (1 + max(map(len, df.columns)))  # longer than each, so there is no such column
    work = partial(
        _tag,
        sent=df.sparkSession.sparkContext.broadcast(predictor),
        model=predictor.model,
        column=df.columns.index(text),
        unit=unit,
        lang=lang,
    )
    schema = StructType([*df.schema, StructField(found, _found_type(predictor.labels))])
    # One row a document comes back from Python, and the JVM makes many of it: so a document
    # does not travel once a passage, and is not copied at all where no one selects its column.
    return (
        df.toDF(*map(str, range(len(df.columns))))  # mapInArrow trips over a dot in a name
        .mapInArrow(work, schema)
        .select(
            "*",
            f.inline_outer(f"{found}.passages"),
            f.lit(predictor.model).alias("model"),
            f.col(f"{found}.error").alias("error"),
        )
        .drop(found)
    )


def _check_names(columns: Sequence[str]) -> None:
    """Refuse columns of one name; Spark takes upper and lower case for the same."""
    count = Counter(name.lower() for name in columns)
    if twice := [name for name in columns if count[name.lower()] > 1]:
        raise ValueError(
            f"df has columns of the same name: {', '.join(twice)}; rename or drop all but one"
        )
    if clash := [name for name in columns if name.lower() in COLUMNS]:
        raise ValueError(
            f"df already has {', '.join(map(repr, clash))}, which tag adds; rename first, "
            f"as by df.withColumnRenamed({clash[0]!r}, {'document_' + clash[0]!r})"
        )


def _found_type(labels: Sequence[str]) -> StructType:
    """Lay out what is found in one document."""
    from pyspark.sql.types import (
        ArrayType,
        BooleanType,
        DoubleType,
        IntegerType,
        StringType,
        StructType,
    )

    probabilities, term, passage = StructType(), StructType(), StructType()
    for label in labels:
        probabilities.add(label, DoubleType())
    term.add("uses", StringType()).add("describes", StringType()).add("strength", DoubleType())
    for name, type_ in zip(
        COLUMNS,
        (
            IntegerType(), IntegerType(), IntegerType(), StringType(), StringType(),
            ArrayType(StringType()), probabilities, DoubleType(), BooleanType(), term,
        ),
        strict=False,  # model and error are not of the passage
    ):  # fmt: skip
        passage.add(name, type_)
    return StructType().add("passages", ArrayType(passage)).add("error", StringType())


# What runs on executors. A task may be run again after a lost executor: each row depends on
# its document and the model alone.

_predictors: dict[str, Predictor] = {}
"""The last one that this Python process used, by its model's digest."""


def _predictor(model: str, sent: Broadcast[Predictor]) -> Predictor:
    """Unpack a model once a process; Spark itself forgets it between two jobs."""
    if model not in _predictors:
        _predictors.clear()
        _predictors[model] = sent.value
    return _predictors[model]


def _tag(
    batches: Iterable[arrow.RecordBatch],
    sent: Broadcast[Predictor],
    model: str,
    column: int,
    unit: Unit,
    lang: Lang,
) -> Iterator[arrow.RecordBatch]:
    """Add one column to batches of documents: the passages of each, and what is wrong with it."""
    import pyarrow as arrow

    predictor = _predictor(model, sent)
    for whole in batches:
        for first in range(0, whole.num_rows, _ROWS):
            batch = whole.slice(first, _ROWS)
            texts = _texts(batch.column(column))
            passages = list(
                predictor.tag_all(
                    [text if isinstance(text, str) else "" for text in texts], unit, lang
                )
            )
            errors = [
                None if found else _error(text) for text, found in zip(texts, passages, strict=True)
            ]
            found = arrow.StructArray.from_arrays(
                [_lists(passages, predictor.labels), arrow.array(errors, arrow.string())],
                ["passages", "error"],
            )
            yield batch.append_column("found", found)


def _texts(column: arrow.Array) -> list[str | UnicodeDecodeError | None]:
    """Take the texts out of a column; Spark does not check that they are UTF-8."""
    try:
        texts: list[str | UnicodeDecodeError | None] = column.to_pylist()
    except UnicodeDecodeError:
        texts = []
        for each in column:
            try:
                texts.append(each.as_py())
            except UnicodeDecodeError as error:
                texts.append(error)
    return texts


def _error(text: str | UnicodeDecodeError | None) -> str:
    """Say why a document has no passages."""
    if text is None:
        return "text is null"
    if isinstance(text, str):
        return "text is empty or nothing but white space"
    return (
        f"text is no UTF-8: byte 0x{text.object[text.start]:02x} at {text.start}; "
        "decode it by its own encoding"
    )


def _lists(documents: Sequence[Sequence[Passage]], labels: Sequence[str]) -> arrow.ListArray:
    """Lay passages out in columns, a list for each document."""
    import pyarrow as arrow

    def array(values: Iterable[Any], type_: arrow.DataType) -> arrow.Array:
        return arrow.array(list(values), type_)

    def struct(names: Sequence[str], arrays: Sequence[arrow.Array]) -> arrow.StructArray:
        return arrow.StructArray.from_arrays(arrays, names)

    int32, double, string = arrow.int32(), arrow.float64(), arrow.string()
    term = arrow.struct({"uses": string, "describes": string, "strength": double})
    flat = [passage for document in documents for passage in document]
    offsets = [0]
    for document in documents:
        offsets.append(offsets[-1] + len(document))
    columns = [
        array((number for document in documents for number in range(len(document))), int32),
        array((each.start for each in flat), int32),
        array((each.end for each in flat), int32),
        array((each.text for each in flat), string),
        array((each.label for each in flat), string),
        array((each.tags for each in flat), arrow.list_(string)),
        struct(
            labels,
            [array((each.probabilities[label] for each in flat), double) for label in labels],
        ),
        array((each.known for each in flat), double),
        array((each.unsure for each in flat), arrow.bool_()),
        array((each.term and each.term._asdict() for each in flat), term),
    ]
    return arrow.ListArray.from_arrays(
        arrow.array(offsets, int32), struct(COLUMNS[: len(columns)], columns)
    )
