"""Every parser that is fuzzed."""

from tests.fuzz.parsers import bodies, config_files, pages, stream, tables, tokens, typed, webhooks

PARSERS = [
    *bodies.PARSERS,
    *webhooks.PARSERS,
    *tables.PARSERS,
    *config_files.PARSERS,
    *pages.PARSERS,
    *tokens.PARSERS,
    *stream.PARSERS,
    *typed.PARSERS,
]
