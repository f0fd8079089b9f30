"""The error of both exporters."""


class ExportError(ValueError):
    """A model that cannot be exported as asked."""
