"""Write the pages of the documentation that the code is the truth of."""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Final

from auralis_fp.schema import ALGORITHM_VERSION, DIMENSIONS, Family
from auralis_fp.settings import ENVIRONMENT_PREFIX, FILE_NAME, Settings

HERE: Final = Path(__file__).parent
_MADE: Final = "<!-- written by `make docs` from the code; do not edit -->\n\n"


def settings_page() -> str:
    """Return the page of all settings."""
    lines = [
        "# Settings\n",
        "Each can come from code or the command line, from an environment variable",
        f"`{ENVIRONMENT_PREFIX}<NAME>`, or from `{FILE_NAME}` in the working folder.",
        "The first of these that gives a value wins. Names and values that do not fit are refused at the start.",
        "Lists are divided by commas in variables, folders by the system's separator.\n",
        "| Name | Default | What it is |",
        "|---|---|---|",
    ]
    for spec in fields(Settings):
        default = "`~/.auralis/fingerprint`" if spec.default is MISSING else _shown(spec.default)
        lines.append(f"| `{spec.name}` | {default} | {spec.metadata['help']} |")
    return _MADE + "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    if value is None or value in {"", ()}:
        return "–"
    return ", ".join(f"`{item}`" for item in value) if isinstance(value, tuple) else f"`{value}`"


def dimensions_page() -> str:
    """Return the page of the 25 dimensions."""
    lines = [
        "# The 25 dimensions\n",
        f"Algorithm version {ALGORITHM_VERSION}. All is measured over the whole file, on the power of all channels.",
        "A dimension that a signal does not have takes its neutral value, and its name is listed in",
        "`metadata.undefined`.\n",
    ]
    for family in Family:
        lines.append(f"## {family.value.capitalize()}\n")
        for dimension in (each for each in DIMENSIONS if each.family is family):
            low, high = dimension.typical
            lines += [
                f"### `{dimension.name}` – {dimension.title}\n",
                f"{dimension.hears[0].upper()}{dimension.hears[1:]}.\n",
                f"* Unit {dimension.unit}, from {dimension.low:g} to {dimension.high:g}",
                f"* Ordinary music {low:g} to {high:g}; neutral value {dimension.neutral:g}",
                f"* {dimension.formula[0].upper()}{dimension.formula[1:]}",
                f"* Source: {dimension.source}",
                f"* Held to: {dimension.truth}\n",
            ]
    return _MADE + "\n".join(lines).rstrip() + "\n"


PAGES: Final = {"settings.md": settings_page, "dimensions.md": dimensions_page}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
