"""What several test files share."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from palermo import Predictor

ROOT = Path(__file__).parents[1]

# Neither tests nor what they start see the models that a developer has installed.
os.environ["PALERMO_HOME"] = tempfile.mkdtemp(prefix="palermo-home-")
os.environ.pop("PALERMO_MODEL", None)
atexit.register(shutil.rmtree, os.environ["PALERMO_HOME"], ignore_errors=True)

# No deadline, and no complaint about slowness: the first example loads a model, and the
# machine may be busy. Speed is for the benchmarks.
settings.register_profile(
    "palermo",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("palermo")

PIECES = [
    "The coyote asked $7,000.", "trata", "TRÁFICO", "U.S.", "Sr. de la Cruz", "“Who?”", "»", "…",
    "•", "- ", "1. ", "# ", "\n", "\n\n", "\r\n", "\t", "\u00a0.", "\u2028", "\u3000", "\x0c",
    "ﬃ", "ß", "İ", "e\u0301", "\u00ad", "\u200b", "مهرب", "偷渡", "переправщик", "😀", "\ud800", "\0",
]  # fmt: skip

any_text = st.one_of(
    st.text(max_size=200),
    st.text(st.characters(), max_size=200),  # surrogates too
    st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=30).map("".join),
)
"""Texts of every sort: random Unicode, and the pieces that have caused trouble."""


@pytest.fixture(scope="session")
def predictor() -> Predictor:
    return Predictor.load()


@pytest.fixture(scope="session")
def seeds() -> dict[str, str]:
    return {
        path.name: path.read_bytes().decode() for path in sorted((ROOT / "seeds").glob("*.txt"))
    }
