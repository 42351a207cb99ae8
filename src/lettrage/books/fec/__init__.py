"""The fichier des écritures comptables: written from the books, and judged whoever wrote it (LPF, art. A47 A-1)."""
