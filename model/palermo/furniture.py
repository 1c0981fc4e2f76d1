"""Page furniture: lists of topics and links, which name the field but say nothing of it."""

import re
from typing import Final

from palermo.terms import WORDS

_LONGEST_LIST: Final = 300  # characters
_FEWEST_ITEMS: Final = 4
_ITEM_WORDS: Final = 5
_LIST_HEAD = re.compile(
    r"\W*(?:tags?(?: / keywords)?|tag\(s\)|topics?|topic\(s\)|(?:related )?topics|filed under"
    r"|jump to|explore more on these topics|related (?:internet )?links"
    r"|categor(?:y|ies|ías?|ia)|keywords?|temas?|etiquetas?|archivado en|palabras clave|ir a)\s*:"
    r"|\W*because you (?:read|watched) "
    r"|\W*(?:home|inicio|portada)\s*[›»→](?!.*[.!]$)(?:.*?[›»→|]){2}",
    re.I,
)
_SEE_ALSO = re.compile(r"\W*(?:see also|véase también|ver también)\s*:(.*)", re.I | re.S)
_RELEASE = re.compile(
    r"(?:.*[\s/.(])?(?:for immediate release|para (?:su )?difusión inmediata)(?!\s*:)"
    r"(?!.*[.!?]$)",
    re.I,
)
_LONGEST_RELEASE: Final = 110  # characters of the head of a press release
_FIGURE = re.compile(r"[+\-–]?\d[\d.,:%]*")
_MOST_FIGURES: Final = 0.6
_FEWEST_CELLS: Final = 10
_LIST_SIGN = re.compile(r"\s*[·•»|▾▸›►→]\s*|\s+[>/–—]\s+|\s{2,}|\s+(?=#)")
_PROSE = re.compile(r"[.!]\s|\w{3}\.$")


def is_furniture(text: str) -> bool:
    """Tell lists of topics, menus and trails of links, which name the field but say nothing.

    Parameters
    ----------
    text : str
        One passage.

    Returns
    -------
    bool
        True for a short list of topics under a heading such as "Filed under:", for the
        head of a press release, for a trail that begins at "Home", for
        four or more short items between signs such as ``|`` that are neither sentences
        nor figures, and for rows of a table that are figures for the most part.

    Examples
    --------
    >>> is_furniture("Home | About slavery | Our work | Donate")
    True
    >>> is_furniture("He paid; she walked; they waited; nobody came.")
    False
    """
    if len(text) > _LONGEST_LIST:
        return False
    if _LIST_HEAD.match(text):
        return True
    if (
        len(text) <= _LONGEST_RELEASE
        and (head := _RELEASE.match(text))
        and not WORDS.search(text, head.end())  # before it stands the sender's name
    ):
        return True
    if also := _SEE_ALSO.match(text):  # a list, and no headline, which may say something
        return all(len(item.split()) <= _ITEM_WORDS for item in re.split("[,;|·•/]", also[1]))
    cells = text.split()
    figures = sum(_FIGURE.fullmatch(cell) is not None for cell in cells)
    if len(cells) >= _FEWEST_CELLS and figures >= _MOST_FIGURES * len(cells):
        return True
    items = [item for item in _LIST_SIGN.split(text.strip()) if item]
    return (
        len(items) >= _FEWEST_ITEMS
        and all(len(item.split()) <= _ITEM_WORDS and not _PROSE.search(item) for item in items)
        and sum(any(char.isdigit() for char in item) for item in items) < 2
    )
