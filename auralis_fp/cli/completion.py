"""``completion``: completion scripts for bash, zsh and fish, generated from the parser."""

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_FOLDERS: Final = "DIR"
_FILES: Final = ("FILE", "PATH")


@dataclass(frozen=True, slots=True)
class Option:
    """An option: its spellings, help, kind of value (a metavar; empty for a flag) and possible values."""

    names: tuple[str, ...]
    help: str
    value: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its help, its options, and the kind or the values of its positional arguments."""

    name: str
    help: str
    options: tuple[Option, ...]
    value: str
    choices: tuple[str, ...]


def commands_of(parser: argparse.ArgumentParser) -> Iterator[Command]:
    """Yield the commands of a parser; the first, without a name, has the options before the command."""
    subparsers = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    yield _command("", "", parser)
    helps = {action.dest: action.help or "" for action in subparsers._choices_actions}
    for name, sub in subparsers.choices.items():
        yield _command(name, helps.get(name, ""), sub)


def _command(name: str, text: str, parser: argparse.ArgumentParser) -> Command:
    named = [action for action in parser._actions if action.option_strings]
    positional = [action for action in parser._actions if not action.option_strings and name]
    options = tuple(
        Option(tuple(action.option_strings), _help(action), _value(action), _choices(action)) for action in named
    )
    value = _value(positional[0]) if positional else ""
    return Command(name, text, options, value, _choices(positional[0]) if positional else ())


def _help(action: argparse.Action) -> str:
    return (action.help or "").replace("%(default)s", str(action.default)).replace("%(prog)s", "auralis-fp")


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    return action.metavar if isinstance(action.metavar, str) else action.dest.upper()


def _choices(action: argparse.Action) -> tuple[str, ...]:
    return tuple(map(str, action.choices)) if action.choices is not None else ()


def bash(parser: argparse.ArgumentParser) -> str:
    """Return the completion script for bash."""
    first, *commands = commands_of(parser)
    names = " ".join(command.name for command in commands)
    lines = [
        "_auralis_fp() {",
        "    local IFS=$' \\n' word command= cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}",
        '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
        f'        case " {names} " in *" $word "*) command=$word; break ;; esac',
        "    done",
        '    case "$command $prev" in',
    ]
    for command in commands:
        for option in command.options:
            if option.value:
                patterns = "|".join(f'"{command.name} {name}"' for name in option.names)
                lines.append(f"        {patterns}) {_bash_values(option.value, option.choices)}; return ;;")
    lines += ["    esac", '    case "$command $cur" in', f'        " "*) {_bash_words(_names(first), names)} ;;']
    for command in commands:
        lines.append(f'        "{command.name} -"*) {_bash_words(_names(command))} ;;')
        lines.append(f'        "{command.name} "*) {_bash_values(command.value, command.choices)} ;;')
    lines += ["    esac", "}", "complete -o filenames -F _auralis_fp auralis-fp"]
    return "\n".join(lines) + "\n"


def _names(command: Command) -> str:
    return " ".join(name for option in command.options for name in option.names)


def _bash_words(*words: str) -> str:
    return f'COMPREPLY=($(compgen -W "{" ".join(filter(None, words))}" -- "$cur"))'


def _bash_values(value: str, choices: tuple[str, ...]) -> str:
    if choices:
        return _bash_words(*choices)
    if value == _FOLDERS or value in _FILES:
        kind = "-d" if value == _FOLDERS else "-f"
        return f"IFS=$'\\n'; COMPREPLY=($(compgen {kind} -- \"$cur\"))"
    return "COMPREPLY=()"


_ZSH: Final = r"""#compdef auralis-fp

_auralis_fp() {{
    local context state state_descr line
    typeset -A opt_args
    local -a commands=(
{commands}
    )
    _arguments -C \
{options}
        '1: :->command' '*:: :->arguments'
    if [[ $state = command ]]; then
        _describe command commands
        return
    fi
    case $line[1] in
{cases}
    esac
}}

if [ "$funcstack[1]" = "_auralis_fp" ]; then
    _auralis_fp "$@"
else
    compdef _auralis_fp auralis-fp
fi
"""


def zsh(parser: argparse.ArgumentParser) -> str:
    """Return the completion script for zsh."""
    first, *commands = commands_of(parser)
    described = "\n".join(f"        {shlex.quote(f'{command.name}:{command.help}')}" for command in commands)
    cases = "\n".join(_zsh_case(command) for command in commands)
    return _ZSH.format(options="\n".join(_zsh_options(first)), commands=described, cases=cases)


def _zsh_case(command: Command) -> str:
    positional = shlex.quote(f"*: :{_zsh_values(command.value, command.choices)}")
    return "\n".join([f"    {command.name}) _arguments \\", *_zsh_options(command), f"        {positional} ;;"])


def _zsh_options(command: Command) -> list[str]:
    lines = []
    for option in command.options:
        text = option.help.replace("[", "(").replace("]", ")").replace(":", ",")
        value = f":{option.value}:{_zsh_values(option.value, option.choices)}" if option.value else ""
        lines += [f"        {shlex.quote(f'*{name}[{text}]{value}')} \\" for name in option.names]
    return lines


def _zsh_values(value: str, choices: tuple[str, ...]) -> str:
    if choices:
        return f"({' '.join(choices)})"
    return "_files -/" if value == _FOLDERS else "_files" if value in _FILES else " "


def fish(parser: argparse.ArgumentParser) -> str:
    """Return the completion script for fish."""
    first, *commands = commands_of(parser)
    lines, unset = ["complete -c auralis-fp -f"], "complete -c auralis-fp -n __fish_use_subcommand"
    lines += [f"{unset} {_fish_option(option)}" for option in first.options]
    lines += [f"{unset} -a {command.name} -d {shlex.quote(command.help)}" for command in commands]
    for command in commands:
        seen = f"complete -c auralis-fp -n '__fish_seen_subcommand_from {command.name}'"
        lines += [f"{seen} {_fish_option(option)}" for option in command.options]
        if values := _fish_values(command.value, command.choices):
            lines.append(f"{seen} {values}")
    return "\n".join(lines) + "\n"


def _fish_option(option: Option) -> str:
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
    kind = "" if not option.value else " -r" if option.value in _FILES else " -x"
    value = f"{kind} {_fish_values(option.value, option.choices)}".rstrip() if option.value else ""
    return f"{names}{value} -d {shlex.quote(option.help)}"


def _fish_values(value: str, choices: tuple[str, ...]) -> str:
    if choices:
        return f"-a {shlex.quote(' '.join(choices))}"
    return '-a "(__fish_complete_directories)"' if value == _FOLDERS else "-F" if value in _FILES else ""


SHELLS: Final = {"bash": bash, "zsh": zsh, "fish": fish}
