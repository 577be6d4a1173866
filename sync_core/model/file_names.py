"""Shows names of files safely: they come from outside, and people read them in results."""

SHOWN_CHARACTERS = 200
"""The longest file name that a result shows."""

CUT = "…"


def shown_name(name: str, characters: int = SHOWN_CHARACTERS) -> str:
    """The name on one line and at most so long.

    Characters without a visible form, such as line breaks and marks that change the direction of a
    text, are shown as escapes. A long name loses its middle: its end has the file's type.
    """
    # Cut first: escaping a name of a million characters would be work for nothing.
    text = "".join(map(_visible, _cut(name, characters)))
    return _cut(text, characters)


def _cut(text: str, characters: int) -> str:
    if len(text) <= characters:
        return text
    tail = characters // 2
    return text[: characters - tail - len(CUT)] + CUT + text[-tail:]


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()
