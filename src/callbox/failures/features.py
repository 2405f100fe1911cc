"""What failure capture can do, in words."""

from __future__ import annotations

from callbox.engine.options import ENVIRONMENTS
from callbox.failures.options import VARIABLES

_MODES = {
    "static": "nothing is recorded until something fails",
    "profile": "the last calls of each thread are kept, and shown with a failure",
    "trace": "the last calls are kept with arguments and results",
}
_FORMATS = {
    "json": "everything, for programs",
    "md": "Markdown, for reviews and issues",
    "yaml": "everything, one document for each report",
    "xml": "everything",
    "csv": "a line for each failure, for spreadsheets",
    "html": "one page that needs nothing else",
    "custom": "a function of your own, in Python",
}
_CAPTURES = {
    "decorator": "callbox.extract_on_failure, on functions, methods, coroutines and generators",
    "pytest": "pytest --callbox-failures, for every test without a decorator",
    "unittest": "python -m callbox.failures before -m unittest or manage.py test, beside any runner",
    "production": "callbox.install, for what nobody catches, logging, WSGI, ASGI, tasks; a box that survives crashes",
    "by hand": "callbox.failures.production.dump, FailureExtractor().add_failure",
}


def features() -> dict[str, dict[str, str]]:
    """Return what there is, by topic: names and one line each."""
    environments = {name: f"mode {mode}, by {' or '.join(VARIABLES)}" for name, mode in ENVIRONMENTS.items()}
    return {
        "modes": dict(_MODES),
        "environments": environments,
        "report formats": dict(_FORMATS),
        "capture": dict(_CAPTURES),
    }
