"""The functions of the language, a module for each family; `registry` finds and imports them."""
