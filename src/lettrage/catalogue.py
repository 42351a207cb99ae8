"""The catalogue of refusals and warnings: each code with its texts, in French and in English."""

import msgspec


class Text(msgspec.Struct, frozen=True):
    """The texts of a code; `{seen}`, `{expected}`, `{path}` and named facts are filled in."""

    resultcode: int
    fr: str
    en: str
    fix_fr: str = ""
    fix_en: str = ""


def _code(resultcode: int, fr: str, en: str, fix_fr: str = "", fix_en: str = "") -> Text:
    return Text(resultcode, fr, en, fix_fr, fix_en)


# Faults of the text itself: the envelope's `txterr`, nothing is judged.
UNREADABLE: dict[str, Text] = {
    "syntax": _code(
        1,
        "Ligne {line}, colonne {column} : {seen} trouvé, {expected} attendu.",
        "Line {line}, column {column}: found {seen}, expected {expected}.",
        "Corriger le texte à cet endroit.",
        "Mend the text at that place.",
    ),
    "empty_document": _code(
        1,
        "Le document est vide.",
        "The document is empty.",
        "Envoyer un document de règlements.",
        "Send a settlement document.",
    ),
    "not_text": _code(
        1,
        "Le document n'est pas un texte lisible : octet {seen} à la position {position}.",
        "The document is not readable text: byte {seen} at position {position}.",
        "Envoyer le texte en UTF-8 (ou en Windows-1252).",
        "Send the text in UTF-8 (or Windows-1252).",
    ),
    "too_large": _code(
        1,
        "Le document fait {seen} octets, la limite est {expected}.",
        "The document has {seen} bytes, the limit is {expected}.",
        "Partager le document en plusieurs envois.",
        "Split the document.",
    ),
    "too_deep": _code(
        1,
        "Ligne {line}, colonne {column} : plus de {expected} niveaux imbriqués.",
        "Line {line}, column {column}: more than {expected} nested levels.",
        "Partager ou simplifier le document.",
        "Split or simplify the document.",
    ),
}

CATALOGUE: dict[str, Text] = {**UNREADABLE}
