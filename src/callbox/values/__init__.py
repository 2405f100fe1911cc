"""Values: exact encoding, source code, comparison and redaction."""
