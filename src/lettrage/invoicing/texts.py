"""What French law wants to read on an invoice, and what EN 16931 wants to read where no VAT is charged."""

from lettrage.invoicing.document import Note

# The notes every invoice needs (BT-21, BT-22), by their subject in UNTDID 4451: what a late payment costs at once
# (PMT), what it costs by the day (PMD), what an early one earns (AAB).
_PRIVATE = {
    "PMT": "En cas de retard de paiement, une indemnité forfaitaire de 40 euros est due pour frais de recouvrement"
    " (articles L. 441-10 et D. 441-5 du code de commerce).",
    "PMD": "Tout retard de paiement rend exigibles des pénalités au taux d'intérêt appliqué par la Banque centrale"
    " européenne à son opération de refinancement la plus récente, majoré de 10 points de pourcentage"
    " (article L. 441-10 du code de commerce).",
    "AAB": "Aucun escompte n'est accordé pour paiement anticipé.",
}
_PUBLIC = _PRIVATE | {
    "PMT": "En cas de retard de paiement, une indemnité forfaitaire de 40 euros est due pour frais de recouvrement"
    " (articles L. 2192-13 et D. 2192-35 du code de la commande publique).",
    "PMD": "Tout retard de paiement fait courir de plein droit des intérêts moratoires au taux de la Banque centrale"
    " européenne majoré de huit points de pourcentage (articles L. 2192-13 et R. 2192-31 du code de la commande"
    " publique).",
}
SUBJECTS = tuple(_PRIVATE)

# Categories of UNCL 5305 that charge no VAT, with the reason that goes without saying and its code (VATEX).
NO_VAT = {
    "Z": ("", ""),
    "E": ("", ""),  # the law has many reasons for it: who writes the invoice must say which
    "AE": ("Autoliquidation", "VATEX-EU-AE"),
    "K": ("Livraison intracommunautaire exonérée (article 262 ter I du CGI)", "VATEX-EU-IC"),
    "G": ("Exportation exonérée (article 262 I du CGI)", "VATEX-EU-G"),
    "O": ("Opération hors du champ d'application de la TVA", "VATEX-EU-O"),
}
CHARGED = ("S", "L", "M")  # at the rate of the country, of the Canary Islands, of Ceuta and Melilla


def legal_notes(given: tuple[Note, ...], *, public: bool) -> tuple[Note, ...]:
    """The notes of an invoice: those given, and of the ones that the law wants those that none of them replaces."""
    own = {note.subject for note in given}
    texts = _PUBLIC if public else _PRIVATE
    return (*given, *(Note(text, subject) for subject, text in texts.items() if subject not in own))
