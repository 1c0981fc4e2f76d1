"""Any bytes, and valid files with some bytes changed, are read or refused, never a crash.

``tests/hardening/inputs.py`` does the same a million times.
"""

import pytest
from conftest import any_text
from fuzz.targets import TARGETS, attempt, seeds
from hypothesis import given, settings
from hypothesis import strategies as st

SLOW = {"html", "pdf", "docx", "document"}


@st.composite
def changed(draw, raw):
    """Give bytes in which pieces were taken out, put in, doubled or replaced."""
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(raw)))
        to = min(len(raw), at + draw(st.sampled_from([0, 1, 2, 8, 100])))
        put = draw(st.sampled_from([b"", raw[at:to] * 2, b"\0", b"\xff" * 4, b"0", None]))
        raw = raw[:at] + (draw(st.binary(max_size=8)) if put is None else put) + raw[to:]
    return raw


@pytest.mark.parametrize("name", TARGETS)
def test_valid_seeds_are_read_and_former_finds_refused(name):
    assert len(seeds(name)) > len(seeds(name, "find-*"))
    for raw in seeds(name, "[!f]*"):
        TARGETS[name](raw)
    for raw in seeds(name, "find-*"):
        attempt(name, raw)


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_read_or_refused(name, capfd):
    @settings(max_examples=30 if name in SLOW else 200)
    @given(
        st.one_of(
            st.sampled_from(seeds(name)).flatmap(changed),
            st.binary(max_size=300),
            any_text.map(lambda text: text.encode("utf-8", "surrogatepass")),
        )
    )
    def holds(raw):
        attempt(name, raw)

    holds()
    assert capfd.readouterr() == ("", "")
