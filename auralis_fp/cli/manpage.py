"""The manual page, generated from the parser."""

import argparse

from .completion import Command, commands_of


def manpage(parser: argparse.ArgumentParser) -> str:
    """Return the manual page in the format of ``man(7)``."""
    first, *commands = commands_of(parser)
    lines = [
        '.TH AURALIS-FP 1 "" "auralis-fp" "User Commands"',
        ".SH NAME",
        r"auralis\-fp \- audio fingerprints of music",
    ]
    lines += [
        ".SH SYNOPSIS",
        r".B auralis\-fp",
        r".I COMMAND",
        "[options]",
        ".SH DESCRIPTION",
        _text(parser.description),
    ]
    lines += [".SH OPTIONS", *_options(first), ".SH COMMANDS"]
    for command in commands:
        lines += [f".SS {_usage(command)}", _text(f"{command.help[:1].upper()}{command.help[1:]}."), *_options(command)]
    return "\n".join([*lines, ".SH NOTES", _text(parser.epilog)]) + "\n"


def _usage(command: Command) -> str:
    return _text(f"auralis-fp {command.name} [options] {command.value}".rstrip())


def _options(command: Command) -> list[str]:
    lines = []
    for option in command.options:
        value = f" \\fI{_text(option.value)}\\fR" if option.value else ""
        names = ", ".join(f"\\fB{_text(name)}\\fR{value}" for name in option.names)
        lines += [".TP", names, _text(option.help)]
    return lines


def _text(text: str | None) -> str:
    """Return text with the characters escaped that have a meaning in troff."""
    escaped = (text or "").replace("\\", r"\e").replace("-", r"\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
