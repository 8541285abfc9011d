"""What every command and every Python caller uses: settings and paths become controls, documents, a plan."""
