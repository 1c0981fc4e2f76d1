"""palermo tags passages about migrants moved across borders.

>>> from palermo import Predictor
>>> [passage.label for passage in Predictor.load().tag("Subscribe to our newsletter.")]
['none']
"""

from palermo.errors import ArtifactError, CorpusError, DocumentError, OutputError, PalermoError
from palermo.evidence import Evidence
from palermo.labels import LABELS, NONE
from palermo.passages import Passage
from palermo.predictor import Predictor
from palermo.terms import Term

__all__ = [
    "LABELS",
    "NONE",
    "ArtifactError",
    "CorpusError",
    "DocumentError",
    "Evidence",
    "OutputError",
    "PalermoError",
    "Passage",
    "Predictor",
    "Term",
]

__version__ = "0.11.0"
