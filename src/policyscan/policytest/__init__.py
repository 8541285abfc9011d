"""The runner behind `policyscan test`: cases in YAML, run by the scan's own engine."""
