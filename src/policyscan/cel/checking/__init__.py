"""The rules of the checker, a module for each part of the language."""
