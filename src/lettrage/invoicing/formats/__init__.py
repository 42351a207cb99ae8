"""The files: UBL 2.1 and CII, written and read back; what Factur-X carries inside."""
