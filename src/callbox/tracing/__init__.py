"""Traces: the tracer, its events, metrics and call graph."""
