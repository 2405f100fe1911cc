"""The code under test: small functions whose results benchmarks compute and drop."""
