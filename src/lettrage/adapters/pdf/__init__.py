"""Documents on paper: Typst templates that get their data as JSON, and the words around them."""
