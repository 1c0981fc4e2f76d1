"""Passages as one web page that needs nothing but a browser: to read, filter, print, pass on.

The page loads nothing, and its own style and script are let in by their hashes alone, so
that a document, a file name or a label cannot make it do anything.
"""

import re
import shutil
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from itertools import pairwise
from pathlib import Path
from tempfile import SpooledTemporaryFile, gettempdir
from typing import Final, TextIO

from palermo.errors import OutputError
from palermo.evidence import Evidence
from palermo.labels import NONE
from palermo.outputs.finding import Reasons
from palermo.outputs.table import printable
from palermo.passages import Passage, detect
from palermo.predictor import LEAST_KNOWN

_SHOWN: Final = 8  # words and pairs of a tag
_CONTEXT: Final = 80  # characters on either side of a marked word; what lies farther is left out
_OPEN: Final = 12  # documents up to which the list of them stands open
_IN_MEMORY: Final = 1 << 26  # bytes of a page that are kept in memory while it is counted

_HERE: Final = Path(__file__).parent
_BLANK_LINE: Final = re.compile(r"\n\s*\n")

_PURPOSE: Final = (
    "The labels sort passages for a human reader. They accuse nobody, and nothing about a "
    "person should follow from them. A model gave them, and it errs: read the passage itself."
)
_HELP: Final = """<details class="help"><summary>How to read this</summary><dl>
<dt>Label</dt><dd>What a passage is mainly about: the most probable of its tags, or none;
enforcement and policy go before another tag that is little more probable. The number beside it
is its probability by the model, 0 to 1; other tags follow after “also”.</dd>
<dt>Unsure</dt><dd>The model knows less than half of the words, or the label is less probable
than was asked for. The label stays, in doubt.</dd>
<dt>Term warning</dt><dd>The passage says smuggling or trafficking of people, and describes the
other, or sets the two beside each other. Smuggling is a service that migrants pay for,
trafficking exploits people against their will. The strength is the probability that it
is so, 0 to 1.</dd>
<dt>Why</dt><dd>The words and pairs of words that weigh most for a tag (+) and against it (−),
each with its share of the tag’s log-odds, and underlined in the passage: with a line for,
with dots against. They say what moved the model, not what is true. A whole document is
judged by its sentences; its words are weighed here as if it were one passage.</dd></dl></details>
"""


def write(
    documents: Iterable[tuple[str, Sequence[Passage]]],
    wanted: Callable[[Passage], bool],
    reasons: Callable[[Passage], Reasons | None],
    labels: Sequence[str],
    model: str,
    to: TextIO,
    paged: bool = True,
) -> None:
    """Write the passages of all documents as one page.

    The counts stand before the passages, so these wait in memory, or where they are many
    in a temporary file, until all are counted.

    Parameters
    ----------
    documents : iterable of (str, sequence of Passage)
        Name of each document, and all of its passages in reading order.
    wanted : callable
        Tells whether a passage shall be shown; the page says how many are left out.
    reasons : callable
        Gives what speaks for and against each tag of a passage, or None.
    labels : sequence of str
        The model's, in its order.
    model : str
        Version of the model, from :attr:`palermo.Predictor.model`.
    to : text file
        Where to, in UTF-8. The same input gives the same bytes.
    paged : bool, default True
        Whether each document begins a new sheet when it is printed; lines of a table need not.

    Raises
    ------
    OutputError
        If there is no room for the temporary file.

    Examples
    --------
    >>> from io import StringIO
    >>> page = StringIO()
    >>> passage = Passage("<b>Hi.</b>", 0, 10, "none", (), {"policy": 0.25}, 1.0)
    >>> write([("a.txt", [passage])], lambda _: True, lambda _: {}, ["policy"], "0.1.0", page)
    >>> "&lt;b&gt;Hi.&lt;/b&gt;" in page.getvalue()
    True
    """
    count: Counter[str] = Counter()
    listed: list[tuple[int, str, int]] = []
    with SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="") as body:
        for number, (name, passages) in enumerate(documents, 1):
            kept = [passage for passage in passages if wanted(passage)]
            count.update(documents=1, passages=len(passages), kept=len(kept))
            if not kept:
                continue  # nothing that was asked for
            for passage in kept:
                count.update([f"main {passage.label}", *_filters(passage, labels)])
            listed.append((number, name, len(kept)))
            try:
                body.writelines(_document(number, name, kept, reasons, labels))
            except OSError as error:
                raise OutputError(
                    f"{gettempdir()}: no room to make the report in: {error.strerror}; "
                    "free some, or let TMPDIR name a folder that has it"
                ) from None
        to.writelines(_head(count, listed, labels, model, paged))
        body.seek(0)
        shutil.copyfileobj(body, to)
    to.write(f"</main>\n<script>{_own('report.js')}</script>\n</body>\n</html>\n")


def _own(name: str) -> str:
    """Read the page's style or script."""
    return (_HERE / name).read_text("utf-8")


def _allow(name: str) -> str:
    """Name a style or script by its hash, as a Content-Security-Policy wants it."""
    return f"'sha256-{b64encode(sha256(_own(name).encode()).digest()).decode()}'"


def _safe(text: str) -> str:
    """Make any text safe within HTML, and visible; keep a space at its edges."""
    return escape(printable(f"|{text}|")[1:-1])


def _filters(passage: Passage, labels: Sequence[str]) -> list[str]:
    """List the filters that let a passage through; labels by number, for they may be any text."""
    return [
        *([f"l{labels.index(tag)}" for tag in passage.tags] or [NONE]),
        *["unsure"] * passage.unsure,
        *["term"] * (passage.term is not None),
    ]


def _amount(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _head(
    count: Mapping[str, int],
    listed: Sequence[tuple[int, str, int]],
    labels: Sequence[str],
    model: str,
    paged: bool,
) -> Iterator[str]:
    """Yield all that stands before the passages."""
    whole = count["kept"] == count["passages"]
    held = _amount(count["kept"], "passage") + " in " + _amount(len(listed), "document")
    if not whole:
        held = (
            f"{count['kept']:,} of {_amount(count['passages'], 'passage')}, in {len(listed):,} of "
            f"{_amount(count['documents'], 'document')}: those alone that were asked for"
        )
    names = [*((f"l{at}", label) for at, label in enumerate(labels)), (NONE, NONE)]
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src {_allow('report.css')}; script-src {_allow('report.js')}; "
        "base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>Passages by label: {held}</title>\n<style>{_own('report.css')}</style>\n"
        '</head>\n<body>\n<a class="skip" href="#passages">Skip to the passages</a>\n'
        f"<header>\n<h1>Passages by label</h1>\n<p>{held}. "
        f"Labels by palermo, model <bdi>{_safe(model)}</bdi>.</p>\n"
        f'<p class="purpose"><strong>Not for judging people.</strong> {_PURPOSE}</p>\n'
    )
    yield (
        '<table><caption class="unseen">Passages by label</caption>\n<thead><tr>'
        '<th scope="col">Label</th><td class="bar"></td><th scope="col">Main label</th>'
        '<th scope="col">Among the tags</th></tr></thead>\n<tbody>\n'
    )
    for key, label in names:
        main = count[f"main {label}"]
        yield (
            f'<tr class="{key}"><th scope="row"><bdi class="label">{_safe(label)}</bdi></th>'
            '<td class="bar"><svg aria-hidden="true"><rect width='
            f'"{100 * main / max(count["kept"], 1):.1f}%" height="100%"/></svg></td>'
            f"<td>{main:,}</td><td>{'' if key == NONE else f'{count[key]:,}'}</td></tr>\n"
        )
    yield (
        f"</tbody></table>\n<p>Unsure: {count['unsure']:,}. Term warnings: {count['term']:,}.</p>\n"
        f"{_HELP}</header>\n"
    )
    yield (
        '<section id="filters" aria-label="Filters" hidden>\n'
        '<div role="group" aria-label="With one of these labels">\n'
    )
    for key, label in names:
        yield _button(key, f"<bdi>{_safe(label)}</bdi>", count[key])
    yield '</div>\n<div role="group" aria-label="With one of these marks">\n'
    yield _button("unsure", "unsure", count["unsure"])
    yield _button("term", "term warnings", count["term"])
    yield (
        '</div>\n<button type="button" id="all">Show all</button>\n'
        '<p role="status" id="status"></p>\n</section>\n'
    )
    if len(listed) > 1:
        yield (
            f'<nav aria-label="Documents"><details{" open" * (len(listed) <= _OPEN)}>'
            "<summary>Documents</summary>\n<ul>\n"
        )
        for number, name, kept in listed:
            yield (
                f'<li><a href="#d{number}"><bdi>{_safe(name)}</bdi></a> '
                f"{_amount(kept, 'passage')}</li>\n"
            )
        yield "</ul></details></nav>\n"
    kind = ' class="paged"' if paged else ""
    yield f'<main id="passages" tabindex="-1"{kind}>\n'
    if not listed:
        yield "<p>No passage to show.</p>\n"


def _button(key: str, name: str, count: int) -> str:
    return (
        f'<button type="button" class="{key}" data-filter="{key}" aria-pressed="false">{name} '
        f'<span class="count">{count:,}<span class="unseen"> passages</span></span></button>\n'
    )


def _document(
    number: int,
    name: str,
    passages: Sequence[Passage],
    reasons: Callable[[Passage], Reasons | None],
    labels: Sequence[str],
) -> Iterator[str]:
    """Yield one document, passage by passage."""
    lang = detect(" ".join(passage.text for passage in passages))
    yield f'<article>\n<h2 id="d{number}"><bdi>{_safe(name)}</bdi></h2>\n<ol role="list">\n'
    for passage in passages:
        none = passage.label == NONE
        kind = NONE if none else f"l{labels.index(passage.label)}"
        spoken = lang if passage.known >= LEAST_KNOWN else ""  # a screen reader may then guess
        yield (
            f'<li class="{kind}" data-in="{" ".join(_filters(passage, labels))}">\n'
            f'<p class="said"><bdi class="label">{_safe(passage.label)}</bdi>'
            f"{'' if none else _probability(passage, passage.label)}"
            f"{_others(passage)}{' <em>unsure</em>' * passage.unsure}"
            f"{' <em>term warning</em>' * (passage.term is not None)}</p>\n"
            f'<div class="told">'
        )
        for part in filter(str.strip, _BLANK_LINE.split(passage.text)):
            yield f'<p class="text" lang="{spoken}" dir="auto">{_safe(part)}</p>\n'
        yield "".join(f'<p class="remark">{remark}</p>\n' for remark in _remarks(passage))
        if found := reasons(passage):
            tags = ", ".join(f"<bdi>{_safe(tag)}</bdi>" for tag in found)
            yield f"<details><summary>Why {tags}</summary>\n"
            for tag, evidence in found.items():
                yield _why(passage, tag, evidence, spoken)
            yield "</details>\n"
        yield "</div></li>\n"
    yield "</ol>\n</article>\n"


def _probability(passage: Passage, tag: str) -> str:
    return f'<span class="unseen">, probability</span> {passage.probabilities[tag]:.2f}'


def _others(passage: Passage) -> str:
    """Name the tags beside the label."""
    others = [
        f"<bdi>{_safe(tag)}</bdi>{_probability(passage, tag)}"
        for tag in passage.tags
        if tag != passage.label
    ]
    return f' <span class="also">also {", ".join(others)}</span>' if others else ""


def _remarks(passage: Passage) -> Iterator[str]:
    """Yield in words what is to be minded of a passage."""
    if term := passage.term:
        says = (
            "says smuggling and trafficking, is about both"
            if term.uses == "both"
            else f"says {term.uses}, describes {term.describes}"
        )
        yield f"<strong>Term warning:</strong> {says} (strength {term.strength:.2f})."
    if passage.unsure:
        yield "<strong>Unsure:</strong> " + (
            f"the model knows {passage.known:.0%} of the words."
            if passage.known < LEAST_KNOWN
            else "the label is less probable than was asked for."
        )


def _why(passage: Passage, tag: str, evidence: Sequence[Evidence], lang: str) -> str:
    """Show what speaks most for and against a tag: in the passage, then one by one."""
    by_text: dict[str, list[Evidence]] = {}
    for each in evidence:
        by_text.setdefault(each.text.casefold(), []).append(each)
    groups = sorted(
        ((sum(each.contribution for each in group), group) for group in by_text.values()),
        key=lambda pair: -abs(pair[0]),
    )
    strongest, rest = groups[:_SHOWN], groups[_SHOWN:]
    items = [
        f"<li><bdi>{_safe(group[0].text)}</bdi>{f' ×{len(group)}' * (len(group) > 1)} "
        f"{_signed(share)}</li>"
        for share, group in strongest
    ]
    if rest:
        items.append(f"<li>{len(rest):,} more {_signed(sum(share for share, _ in rest))}</li>")
    marked = _marked(passage.text, [each for _, group in strongest for each in group])
    return (
        f"<h3><bdi>{_safe(tag)}</bdi>{_probability(passage, tag)}</h3>\n"
        f'<p class="quote" lang="{lang}" dir="auto">{marked}</p>\n<ul>{"".join(items)}</ul>\n'
    )


def _signed(share: float) -> str:
    """Write a share of the log-odds, with a sign that is easy to see and to hear."""
    shown = f"{share:+.2f}".replace("-", "−")
    return f'<b class="{"for" if share > 0 else "against"}">{shown}</b>'


def _marked(text: str, evidence: Sequence[Evidence]) -> str:
    """Mark words and pairs in a text, by what those that share a word weigh together."""
    cuts = sorted({0, len(text), *(at for each in evidence for at in (each.start, each.end))})
    ahead = deque(sorted(evidence, key=lambda each: each.start))
    over: list[Evidence] = []
    parts = []
    for start, end in pairwise(cuts):
        over = [each for each in over if each.end > start]
        while ahead and ahead[0].start <= start:
            over.append(ahead.popleft())
        if over:
            side = "for" if sum(each.contribution for each in over) > 0 else "against"
            parts.append(f'<mark class="{side}">{_safe(text[start:end])}</mark>')
        elif end - start > 3 * _CONTEXT:
            before = _safe(text[start : start + _CONTEXT]) if start else ""
            after = _safe(text[end - _CONTEXT : end]) if end < len(text) else ""
            parts.append(f"{before} … {after}")
        else:
            parts.append(_safe(text[start:end]))
    return "".join(parts)
