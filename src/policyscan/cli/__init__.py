"""The command line: one file a command; the only place that imports click.

In: arguments, standard input, the environment. Out: standard output, files, an exit code. What a command
does stands in session/ and policytest/; nothing of value is decided here.
"""
