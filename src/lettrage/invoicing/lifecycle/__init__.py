"""The lifecycle of an invoice on approved platforms (flux 6): statuses, reasons, messages, where an invoice stands."""
