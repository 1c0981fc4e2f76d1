"""The figures of the data statement: what the corpus holds, how clean and various it is."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Any

from palermo.labels import LABELS, NONE
from palermo.terms import WORDS
from palermo_training import corpus, variety
from palermo_training.corpus import Row


def statement(rows: Sequence[Row], others: Sequence[Row] = ()) -> dict[str, Any]:
    """Count what a corpus holds.

    Parameters
    ----------
    rows : sequence of Row
        The corpus: seeds and authored rows.
    others : sequence of Row, default ()
        Rows to hold against it, say of a user's file.

    Returns
    -------
    dict
        ``rows`` by language and primary label, ``tags``, ``groups``; ``coverage`` of
        the plan by attribute and value; ``none`` and ``without words`` (shares, 0 to
        1), and the latter of the seeds, ``seeds without words``; ``duplicates``,
        ``translations`` (pairs of ids), ``skeletons`` (share of rows that share theirs);
        ``distinct pairs`` in 10,000 running words; ``known`` (share of running words that
        the authored rows know) by seed article; and, with ``others``, ``file``: the last
        two for them, the pairs counted in as many words as they have and also for the
        corpus.

    Examples
    --------
    >>> statement(corpus.seeds())["rows"]["en"]["none"]
    113
    """
    authored = [row for row in rows if row.origin == "authored"]
    langs = sorted({row.lang for row in rows})
    field = [row for row in authored if row.tags]
    seeds = [row for row in rows if row.origin == "seed" and row.tags]
    found: dict[str, Any] = {
        "rows": {lang: _primary([row for row in rows if row.lang == lang]) for lang in langs},
        "tags": {
            lang: {
                label: sum(label in row.tags for row in rows if row.lang == lang)
                for label in LABELS
            }
            for lang in langs
        },
        "origins": dict(Counter(row.origin for row in rows)),
        "groups": len({row.group for row in rows}),
        "families": len({row.family for row in rows if row.family}),
        "coverage": {
            name: {
                value: sum(row.attributes.get(name) == value for row in authored)
                for value in values
            }
            for name, values in corpus.attributes().items()
        },
        "none": _share(len(authored) - len(field), len(authored)),
        "without words": _share(sum(not WORDS.search(row.text) for row in field), len(field)),
        "seeds without words": _share(sum(not WORDS.search(row.text) for row in seeds), len(seeds)),
        "duplicates": _pairs(variety.duplicates(rows), rows),
        "translations": _pairs(variety.translations(rows), rows),
        "skeletons": _share(
            sum(len(ids) for ids in variety.skeletons(authored).values()), len(authored)
        ),
        "distinct pairs": {
            lang: variety.distinct_pairs([row for row in authored if row.lang == lang])
            for lang in langs
        },
        "known": {
            group: variety.known_share([row for row in rows if row.group == group], authored)
            for group in sorted({row.group for row in rows if row.origin == "seed"})
        },
    }
    if others:
        words = min(10_000, variety.running_words(others))
        found["file"] = {
            "rows": len(others),
            "running words": variety.running_words(others),
            "known": variety.known_share(others, authored),
            "sample": words,
            "distinct pairs": variety.distinct_pairs(others, words),
            "distinct pairs of the corpus": {
                lang: variety.distinct_pairs([row for row in authored if row.lang == lang], words)
                for lang in langs
            },
        }
    return found


def _primary(rows: Sequence[Row]) -> dict[str, int]:
    count = Counter(row.primary for row in rows)
    return {label: count[label] for label in (*LABELS, NONE)}


def _pairs(pairs: Sequence[variety.Pair], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Leave out what the seed articles say twice among themselves."""
    seeds = {row.id for row in rows if row.origin == "seed"}
    return [pair._asdict() for pair in pairs if not {pair.left, pair.right} <= seeds]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def table(found: dict[str, Any]) -> str:
    """Lay the figures out as text.

    Parameters
    ----------
    found : dict
        From :func:`statement`.

    Returns
    -------
    str
        Several lines.

    Examples
    --------
    >>> print(table(statement(corpus.seeds())).splitlines()[0].rstrip())
    primary        smuggling  trafficking  enforcement       policy         none          all
    """
    names = (*LABELS, NONE)
    lines = ["primary   " + "".join(f"{name:>13}" for name in (*names, "all"))]
    for lang, counts in found["rows"].items():
        figures = [*counts.values(), sum(counts.values())]
        lines.append(f"{lang:<10}" + "".join(f"{figure:>13,}" for figure in figures))
    lines.append("tags")
    for lang, counts in found["tags"].items():
        lines.append(f"{lang:<10}" + "".join(f"{figure:>13,}" for figure in counts.values()))
    lines += [
        "",
        f"rows by origin: {_listed(found['origins'])}",
        f"groups: {found['groups']:,}; families of hard pairs: {found['families']:,}",
        "",
        "of the authored rows",
        f"  none: {found['none']:.1%}",
        f"  of the field, without smuggl-, traffick-, trata, tráfico: {found['without words']:.1%}"
        f" (seed sentences {found['seeds without words']:.1%})",
        f"  sharing a sentence skeleton: {found['skeletons']:.1%}",
        *(
            f"  different word pairs in 10,000 running words, {lang}: {count:,.0f}"
            for lang, count in found["distinct pairs"].items()
        ),
        f"near duplicates: {len(found['duplicates'])}; likely translations: "
        f"{len(found['translations'])}",
        "",
        "share of running words that the authored rows know",
        *(f"  {group}: {share:.1%}" for group, share in found["known"].items()),
    ]
    if file := found.get("file"):
        lines += [
            f"  the file ({file['rows']:,} rows, {file['running words']:,} running words): "
            f"{file['known']:.1%}",
            "",
            f"different word pairs in {file['sample']:,} running words",
            f"  the file: {file['distinct pairs']:,.0f}",
            *(
                f"  the authored rows, {lang}: {count:,.0f} "
                f"({_share(count, file['distinct pairs']):.0%})"
                for lang, count in file["distinct pairs of the corpus"].items()
            ),
        ]
    lines += ["", "the plan and how many authored rows cover each of its values"]
    for name, values in found["coverage"].items():
        lines += textwrap.wrap(
            f"  {name}: {_listed(values)}", 96, subsequent_indent="    ", break_on_hyphens=False
        )
    return "\n".join(lines)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
