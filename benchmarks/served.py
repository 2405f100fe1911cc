"""The two small applications that `web.py` puts under load; VARIANT says how callbox takes part in them."""

from __future__ import annotations

import os
from typing import Any

import callbox
from callbox.failures.middleware import ASGIMiddleware, WSGIMiddleware

VARIANT = os.environ["VARIANT"]
RATES = {"full": 0.19, "half": 0.07, "none": 0.0}

if VARIANT.startswith("profile"):
    callbox.install("profile", include=__name__ if VARIANT == "profile" else (), budget=0.02)


def price(line: dict[str, Any]) -> float:
    return float(line["price"] * line["n"] * (1 + RATES[line["rate"]]))


def check_out(n: int) -> dict[str, Any]:
    lines = [{"price": 1.5 * k, "n": k, "rate": ("full", "half", "none")[k % 3]} for k in range(n)]
    return {"n": n, "total": sum(price(line) for line in lines)}


handler = check_out if VARIANT == "bare" else callbox.extract_on_failure(check_out)


def flask_app() -> Any:
    from flask import Flask, jsonify

    app = Flask(__name__)

    @app.get("/orders/<int:n>")
    def orders(n: int) -> Any:
        return jsonify(handler(n))

    return WSGIMiddleware(app) if VARIANT.startswith("profile") else app


def fastapi_app() -> Any:
    from fastapi import FastAPI

    app = FastAPI()

    async def orders(n: int) -> dict[str, Any]:
        return handler(n)

    app.get("/orders/{n}")(orders if VARIANT == "bare" else callbox.extract_on_failure(orders))
    return ASGIMiddleware(app) if VARIANT.startswith("profile") else app
