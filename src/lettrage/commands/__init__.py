"""The commands, each in the file of its trade; `lettrage.cli` puts them together."""
