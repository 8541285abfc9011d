"""The functions of the language, a module for each family; `registry` finds and imports them.

In: values of the language. Out: the declarations of its functions, which `registry` finds and imports when
an expression first names one.
"""
