"""What Snakemake says of a run, in Remit's words: `snakemake --logger remit`, as the profiles have it.

Snakemake finds its plugins by the names of packages on Python's path; what this one says is in
`remit.machinery.terminal`.
"""

from __future__ import annotations

import sys
from logging import Handler, LogRecord

from snakemake_interface_logger_plugins.base import LogHandlerBase

from remit.machinery.snakemake_side import own_words
from remit.machinery.terminal import Course


class LogHandler(LogHandlerBase):
    """One line of progress, and what went wrong; Snakemake's own words when they are asked for."""

    writes_to_stream = True
    writes_to_file = False
    needs_rulegraph = False
    # `--quiet` makes Snakemake's handler silent even of an error.
    has_filter = True
    has_formatter = True

    def __post_init__(self) -> None:
        """Begin with nothing said."""
        settings = self.common_settings
        self._course = Course(
            sys.stderr,
            sys.stderr.isatty(),
            quiet="all" in map(str, settings.quiet or ()),
        )
        #: A dry run says what would run; `--verbose` asks for every step.
        self._own: Handler | None = (
            own_words(settings) if settings.dryrun or settings.verbose else None
        )

    def emit(self, record: LogRecord) -> None:
        """Say it, or keep it for the end."""
        told = {**record.__dict__, "message": str(record.msg or "")}
        if self._own is None or (self.common_settings.dryrun and told.get("event") == "error"):
            self._course.hear(told)
        elif self._own.filter(record):
            self._own.emit(record)

    def close(self) -> None:
        """Say what is to be said at the end."""
        self._course.end()
        super().close()
