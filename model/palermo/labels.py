"""The four labels, in the order that every array and every output keeps."""

from typing import Final

LABELS: Final = ("smuggling", "trafficking", "enforcement", "policy")
"""What a passage can be tagged with; their meaning is in ``data/codebook.md``."""

NONE: Final = "none"
"""The label of a passage that has none of the others."""
