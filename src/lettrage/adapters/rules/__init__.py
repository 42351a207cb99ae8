"""The official rules: XML schemas and the sheets of EN 16931, Factur-X and XP Z12-012, run in this process."""

from lettrage.adapters.rules.judge import SheetRules

__all__ = ["SheetRules"]
