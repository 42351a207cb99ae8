"""Every page there is, so that each is looked at in both languages, at each size, in each theme."""

from datetime import date, timedelta
from typing import NamedTuple


class Address(NamedTuple):
    """A page of a story. `picture`: the name of its pictures in the docs, "" for none; `{month}`: the one before."""

    path: str
    picture: str = ""

    def at(self, today: date) -> str:
        """The path as it is on a day."""
        return self.path.format(month=f"{today.replace(day=1) - timedelta(1):%Y-%m}")


# Of `story.py`.
PAGES: tuple[Address, ...] = (
    Address("/dossiers"),
    Address("/", "accueil"),
    Address("/factures", "factures"),
    Address("/factures?vue=a_corriger"),
    Address("/factures?vue=en_cours"),
    Address("/factures?q=rien+de+tel&min=10"),
    Address("/factures/import", "factures-import"),
    Address("/factures/5", "facture"),  # rejected
    Address("/factures/5?onglet=rejet&fichier=entier"),
    Address("/factures/5?onglet=historique"),
    Address("/factures/2"),  # suspended
    Address("/factures/4?onglet=echeance", "facture-reglee"),
    Address("/factures/4?onglet=xml"),
    Address("/factures/6"),  # never sent
    Address("/factures/6?onglet=rejet"),
    Address("/factures/6?onglet=pieces"),
    Address("/reglements", "reglements"),
    Address("/reglements?vue=refuses"),
    Address("/reglements?vue=avoirs"),
    Address("/reglements?q=rien+de+tel"),
    Address("/reglements/livre-de-bord", "livre-de-bord"),
    Address("/reglements/documents/13", "document-recu"),  # a till's, two refused
    Address("/reglements/documents/13?vue=texte"),
    Address("/reglements/documents/13?vue=reponse"),
    Address("/reglements/documents/13?vue=livre"),
    Address("/reglements/documents/14"),  # sound
    Address("/reglements/documents/20"),  # an act
    Address("/transactions/5", "transaction"),  # a cheque that came back
    Address("/transactions/2/annuler", "annulation"),
    Address("/transactions/3/impaye", "impaye"),
    Address("/reglements/saisie", "reglement-vide"),
    Address("/reglements/saisie?client=C0000007&montant=2395", "reglement"),
    Address("/reglements/saisie?client=C0000004&montant=2000"),
    Address("/controle", "controle"),
    Address("/recherche?q=vasseur", "recherche"),
    Address("/recherche?q=rien+de+tel"),
    Address("/mise-en-route", "mise-en-route"),
    Address("/mise-en-route/societe"),
    Address("/mise-en-route/etablissement"),
    Address("/mise-en-route/chorus"),
    Address("/mise-en-route/factures"),
    Address("/echeances", "echeances"),
    Address("/echeances?vue=echeances&echu=1", "echeances-liste"),
    Address("/echeances?vue=acomptes"),
    Address("/clients", "clients"),
    Address("/clients/C1", "client"),
    Address("/clients/C0000007"),
    Address("/clients/C1/fiche"),
    Address("/ecritures", "ecritures"),
    Address("/ecritures?compte=411000", "ecritures-compte"),
    Address("/ecritures/2026-000020", "ecriture"),
    Address("/ecritures/brouillons", "brouillons"),
    Address("/ecritures/brouillons/nouveau", "brouillon"),
    Address("/ecritures/2026-000020/contre-passer"),
    Address("/parametres/periodes", "parametres-periodes"),
    Address("/parametres/periodes/cloture/2026"),
    Address("/fec", "fec"),
    Address("/fec?exercice=2026"),
    Address("/lettrage?tiers=C0000007", "lettrage"),
    Address("/lettrage?compte=580000"),
    Address("/lettrage/lignes?compte=511200", "lettrage-lignes"),
    Address("/lettrage/imputation?tiers=C0000007"),
    Address("/parametres", "parametres"),
    Address("/parametres/etablissements"),
    Address("/parametres/etablissements/1"),
    Address("/parametres/banques", "parametres-banques"),
    Address("/parametres/banques/BNP"),
    Address("/parametres/chorus", "reglages-chorus"),
    Address("/parametres/chorus?plateforme=production"),
    Address("/parametres/chorus/plateforme", "parametres-bascule"),
    Address("/parametres/chorus/support"),
    Address("/parametres/authentifications", "parametres-authentifications"),
    Address("/parametres/plateforme-agreee"),
    Address("/parametres/tolerances"),
    Address("/parametres/etats", "parametres-etats"),
    Address("/parametres/etats/C30"),
    Address("/parametres/changements/PORCHQ"),
    Address("/parametres/comptes"),
    Address("/parametres/utilisateurs", "parametres-utilisateurs"),
    Address("/parametres/utilisateurs/all/nadia"),
    Address("/parametres/journal", "parametres-journal"),
    Address("/moi", "moi"),
    Address("/portefeuille", "portefeuille"),
    Address("/portefeuille?q=rien+de+tel"),
    Address("/portefeuille?vue=bordereau"),
    Address("/portefeuille?vue=bordereaux"),
    Address("/portefeuille?vue=remis"),
    Address("/portefeuille?vue=impayes"),
    Address("/portefeuille?vue=effets"),
    Address("/portefeuille?vue=autres"),
    Address("/bordereaux/BNP-2026-000001", "bordereau"),
    Address("/bordereaux/BNP-2026-000001/annuler"),
    Address("/tva", "tva"),
    Address("/declarations"),
    Address("/tva?du=2000-01-01&au=2000-01-31"),
    Address("/paiements", "paiements"),
    Address("/paiements?vue=prelever"),
    Address("/paiements?vue=effets"),
    Address("/paiements?vue=fichiers"),
    Address("/paiements?vue=reponse"),
    Address("/paiements/1"),
    Address("/paiements/2", "fichier-de-paiement"),
    Address("/paiements/2/execution"),
    Address("/paiements/2/annuler"),
    Address("/banque", "banque"),
    Address("/banque/releves", "releves"),
    Address("/banque/releves/1", "releve"),
    Address("/banque/releves/1?ligne=1&choix=0&compte=471000"),
    Address("/banque/releves/1?vue=rapprochees"),
    Address("/banque/rapprochement/BNP", "rapprochement"),
    Address("/etats"),
    Address("/etats/balance-agee"),
    Address("/etats/balance-agee?cote=fournisseurs"),
    Address("/etats/grand-livre-tiers"),
    Address("/etats/grand-livre"),
    Address("/etats/balance"),
    Address("/etats/journal?journal=RC"),
    Address("/etats/portefeuille"),
    Address("/etats/releve"),
    Address("/etats/releve?tiers=C1"),
    Address("/etats/interets?au=01/01/2020"),
    Address("/simulateur", "simulateur"),
)

# Of `carried_story.py`.
CARRIED: tuple[Address, ...] = (
    Address("/"),
    Address("/declarations", "declarations"),
    Address("/declarations/{month}", "declaration"),
    Address("/factures?vue=a_deposer", "factures-a-deposer"),
    Address("/factures?vue=sans_plateforme"),
    Address("/factures/1?onglet=historique", "facture-encaissee"),
    Address("/factures/2", "facture-suspendue"),
    Address("/factures/3"),
    Address("/factures/4"),
    Address("/clients"),
    Address("/clients/C0000020#porte", "client-porte"),
    Address("/clients/C0000041"),
    Address("/parametres/plateforme-agreee", "parametres-plateforme-agreee"),
    Address("/parametres/plateforme-agreee?plateforme=production"),
)
# Of the simulator itself, beside that story.
DESK: tuple[Address, ...] = (Address("/plateforme-agreee", "simulateur-plateforme-agreee"),)
