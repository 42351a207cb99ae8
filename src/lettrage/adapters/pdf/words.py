"""The French words for the codes of an invoice: what it is, units, means of payment, reasons for no VAT, notes."""

# UNTDID 1001: what is printed at the head of the paper.
TITLES = {
    "380": "Facture",
    "381": "Avoir",
    "384": "Facture rectificative",
    "386": "Facture d'acompte",
    "389": "Autofacture",
    "393": "Facture affacturée",
    "396": "Avoir affacturé",
    "261": "Avoir autofacturé",
    "262": "Avoir pour remise globale",
    "471": "Autofacture rectificative",
    "472": "Facture rectificative affacturée",
    "473": "Autofacture rectificative affacturée",
    "500": "Autofacture d'acompte",
    "501": "Autofacture affacturée",
    "502": "Avoir autofacturé affacturé",
    "503": "Avoir sur facture d'acompte",
}

# UN/ECE recommendations 20 and 21, those that invoices use; any other code is printed as it is.
UNITS = {
    "C62": "unité",
    "EA": "unité",
    "H87": "pièce",
    "XPP": "pièce",
    "NAR": "article",
    "LS": "forfait",
    "E48": "prestation",
    "SET": "lot",
    "PR": "paire",
    "DZN": "douzaine",
    "XBX": "boîte",
    "XCT": "carton",
    "XPK": "paquet",
    "XPX": "palette",
    "SEC": "s",
    "MIN": "min",
    "HUR": "h",
    "DAY": "jour",
    "WEE": "semaine",
    "MON": "mois",
    "QAN": "trimestre",
    "ANN": "an",
    "MGM": "mg",
    "GRM": "g",
    "KGM": "kg",
    "TNE": "t",
    "MLT": "ml",
    "LTR": "l",
    "HLT": "hl",
    "MMT": "mm",
    "CMT": "cm",
    "MTR": "m",
    "KMT": "km",
    "MTK": "m²",
    "HAR": "ha",
    "MTQ": "m³",
    "KWH": "kWh",
    "MWH": "MWh",
    "P1": "%",
}

# UNTDID 4461.
MEANS = {
    "10": "Espèces",
    "20": "Chèque",
    "30": "Virement",
    "31": "Virement",
    "42": "Virement",
    "48": "Carte bancaire",
    "49": "Prélèvement",
    "54": "Carte de crédit",
    "55": "Carte de débit",
    "57": "Convention permanente",
    "58": "Virement SEPA",
    "59": "Prélèvement SEPA",
    "97": "Compensation",
}

# UNCL 5305: what is printed where the document gives no reason of its own for the absence of VAT.
EXEMPTIONS = {
    "E": "Exonération de TVA",
    "Z": "TVA au taux zéro",
    "AE": "Autoliquidation de la TVA par l'acquéreur",
    "K": "Exonération de TVA, livraison intracommunautaire (article 262 ter I du CGI)",
    "G": "Exonération de TVA, exportation (article 262 I du CGI)",
    "O": "Opération hors du champ de la TVA",
}

VAT_DUE = {
    "debits": "TVA acquittée d'après les débits",
    "delivery": "TVA exigible à la livraison",
    "receipts": "TVA acquittée d'après les encaissements",
}

# Article L. 441-9 of the Code de commerce asks for these three on every invoice between professionals. The first word
# is the note's subject (UNTDID 4451, as XP Z12-012 uses it): a document that has such a note says it in its own words.
MENTIONS = {
    "PMD": "Pénalités de retard exigibles sans rappel : taux directeur de la Banque centrale européenne majoré de"
    " 10 points (de 8 points pour un acheteur public).",
    "PMT": "Indemnité forfaitaire pour frais de recouvrement en cas de retard de paiement : 40 €.",
    "AAB": "Pas d'escompte pour paiement anticipé.",
}
