"""How an invoice comes in: a form, a table or a file becomes a document, a sales entry and due items."""
