"""Policy files to checked, compiled policies; packs, definitions and parameters."""
