"""What every command and every Python caller uses: settings and paths become controls, documents, a plan.

In: what a caller asks, as plain values (`options`). Out: plain values again: a report (`run`), a
validation, a list, an explanation. `api` is what Python callers rely on; the command line is one caller of
the same.
"""
