"""Structured logs: one JSON object a line. Never the text, addresses or numbers of people."""

import logging
import sys
import time
import uuid
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("inbox")


def configure() -> None:
    """Send structlog and the standard library's warnings to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_for_libraries())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _for_libraries() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_text,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _without_text(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its kind and place: its text may quote what a person wrote."""
    if exc_info := event.pop("exc_info", None):
        error = exc_info[1]
        event.update(error=type(error).__name__, place=place_of(error))
    return event


def place_of(error: BaseException) -> str:
    """Where an exception was raised: file and line."""
    trace, place = error.__traceback__, ""
    while trace:
        place, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
    return place


def init_app(app: Flask) -> None:
    """Log one line for each request: its rule (never its address), status and milliseconds."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=uuid.uuid4().hex[:12])

    @app.after_request
    def finish(response: Response) -> Response:
        if request.endpoint != "static":
            rule: Any = request.url_rule
            log.info(
                "request",
                method=request.method,
                rule=str(rule) if rule else None,
                status=response.status_code,
                ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
            )
        return response
