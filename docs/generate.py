"""Write the pages of the documentation that the code is the truth of."""

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Final

from auralis_fp.routes.schemas.openapi import described
from auralis_fp.schema import ALGORITHM_VERSION, DIMENSIONS, Family
from auralis_fp.settings import ENVIRONMENT_PREFIX, FILE_NAME, Settings

HERE: Final = Path(__file__).parent
_ANYWHERE: Final = {401, 403, 429, 500, 503}
_PLAIN: Final = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}
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


_ALL: Final = "gain, polarity, exchanged sides, one inverted side, an offset, sample rate, block size"
_PEAKS: Final = f"{_ALL} (the rate below 10 kHz: peaks between samples are not seen)"
_UNCHANGED: Final = {  # by what; for all others that is ``_ALL``
    "lufs": f"{_ALL.removeprefix('gain, ')}; a gain adds itself",
    "tempo_bpm": f"{_ALL}, where the file begins",
    "crest_db": _PEAKS,
    "dynamic_range_variation": _PEAKS,
    "peak_consistency": _PEAKS,
    "pitch_stability": f"{_ALL}, transposition",
    "chroma_energy": f"{_ALL}, transposition, tuning",
    "spectral_flatness": f"{_ALL} (rates from 44.1 kHz up: it sees where a file ends)",
    "stereo_width": "gain, polarity, exchanged sides, an offset, sample rate, block size; one inverted side"
    " makes w 1 - w",
    "phase_correlation": "the gain of each side, exchanged sides, an offset, sample rate, block size; one inverted side"
    " changes the sign",
}
PINS: Final = {  # the test of each truth; tests/test_docs.py looks whether it is there
    **{
        each.name: "features/test_frequency.py::test_a_sine_lies_in_its_band"
        for each in DIMENSIONS
        if each.family is Family.FREQUENCY
    },
    "lufs": "features/test_dynamics.py::test_full_scale_sine_in_one_channel",
    "crest_db": "features/test_dynamics.py::test_crest_closed_forms",
    "bass_mid_ratio": "features/test_dynamics.py::test_bass_against_mids",
    "tempo_bpm": "features/test_temporal.py::test_tempo_of_drums",
    "rhythm_stability": "features/test_temporal.py::test_stability_falls_with_jitter",
    "transient_density": "features/test_temporal.py::test_density_counts_attacks",
    "silence_ratio": "features/test_temporal.py::test_silence_ratio",
    "spectral_centroid": "features/test_spectral.py::test_centroid_of_a_sine_is_its_frequency",
    "spectral_rolloff": "features/test_spectral.py::test_white_noise",
    "spectral_flatness": "features/test_spectral.py::test_pink_noise",
    "harmonic_ratio": "features/test_harmonic.py::test_separation_extremes",
    "pitch_stability": "tonal/test_pitch.py::test_pitch_is_within_three_cents",
    "chroma_energy": "features/test_harmonic.py::test_pitch_classes",
    "dynamic_range_variation": "features/test_variation.py::test_dynamic_range_of_sine_and_square",
    "loudness_variation_std": "features/test_variation.py::test_short_term_loudness_of_two_levels",
    "peak_consistency": "features/test_variation.py::test_peaks_of_two_levels",
    "stereo_width": "features/test_stereo.py::test_image",
    "phase_correlation": "features/test_stereo.py::test_image",
}


def _accuracy() -> dict[str, list[str]]:
    """Return what the latest measurement beside others found, a line for each of them, by dimension."""
    path, lines = HERE / "accuracy.json", dict[str, list[str]]()
    for row in json.loads(path.read_text(encoding="utf-8")) if path.exists() else ():
        unit = " %" if row["unit"] else ""
        lines.setdefault(row["dimension"], []).append(
            f"* Beside {row['against']}, {row['tracks']} tracks: {row['median']:.2g}{unit} off in the median,"
            f" {row['largest']:.2g}{unit} at most"
        )
    return lines


def dimensions_page() -> str:
    """Return the page of the 25 dimensions."""
    accuracy = _accuracy()
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
                f"{dimension.perceived_as[0].upper()}{dimension.perceived_as[1:]}.\n",
                f"* Unit {dimension.unit}, from {dimension.low:g} to {dimension.high:g}",
                f"* Ordinary music {low:g} to {high:g}; neutral value {dimension.neutral:g}",
                f"* {dimension.formula[0].upper()}{dimension.formula[1:]}",
                f"* Source: {dimension.source}",
                f"* Held to: {dimension.reference} (`tests/analysis/{PINS[dimension.name]}`)",
                f"* Not changed by: {_UNCHANGED.get(dimension.name, _ALL)}",
                *accuracy.get(dimension.name, ()),
                "",
            ]
    return _MADE + "\n".join(lines).rstrip() + "\n"


def api_page() -> str:
    """Return the page of the HTTP interface."""
    document = described()
    lines = [
        "# The HTTP interface\n",
        "All addresses are below the prefix the host chose (`/fingerprint`). The same as OpenAPI 3.1 is served at",
        "`openapi.json`, as a page at `reference.html`, and as TypeScript at `fingerprint.d.ts`.\n",
        'Every error is `{"error": sentence, "code": word, "detail": {...}}`. Besides those named, every address may',
        "answer 401 (a token is set and was not shown), 403 (Host or Origin not allowed), 429 (too many requests;",
        "`Retry-After`), 500 and 503 (`Retry-After`). Answers carry `X-Request-ID`; what is read carries an `ETag`.\n",
    ]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            lines += _operation(f"{method.upper()} {path or '(the prefix itself)'}", operation)
    lines.append("## Forms\n")
    for name, schema in document["components"]["schemas"].items():
        lines += [f"### {name}\n", schema.get("description", "").replace("\n", " ") + "\n"]
        lines += ["```typescript", f"{_typescript(schema, depth=0)}", "```\n"]
    return _MADE + "\n".join(lines).rstrip() + "\n"


def _operation(title: str, operation: dict[str, Any]) -> list[str]:
    lines = [f"## {title}\n", f"{operation['summary']}\n"]
    for parameter in operation["parameters"]:
        said = parameter.get("description") or ("our id" if parameter["name"] == "file_id" else "the host's id")
        default = parameter["schema"].get("default")
        tail = "" if default is None else f"; `{default}` if not given"
        lines.append(f"* `{parameter['name']}` ({_typescript(parameter['schema'])}): {said}{tail}".replace("|", "\\|"))
    if "requestBody" in operation:
        body = operation["requestBody"]
        needed = "" if body["required"] else ", may be left out"
        lines.append(f"* body: {_shown_content(body['content'])}{needed}")
    for status, response in operation["responses"].items():
        if int(status) < 400:
            shown = _shown_content(response["content"]) if "content" in response else "no body"
            lines.append(f"* {status}: {shown}")
            for media in response.get("content", {}).values():
                lines += [f"* event `{name}`: `{_typescript(one)}`" for name, one in media.get("x-events", {}).items()]
    errors = [status for status in operation["responses"] if int(status) >= 400 and int(status) not in _ANYWHERE]
    if errors:
        lines.append(f"* errors: {', '.join(errors)}")
    return [*lines, ""]


def _shown_content(content: dict[str, Any]) -> str:
    return ", ".join(f"`{_typescript(one['schema'])}` as `{media}`" for media, one in content.items())


def typescript_page() -> str:
    """Return the declarations of all forms, for the frontend."""
    document = described()
    lines = ["// Written by `make docs` from the forms that the service holds its answers to; do not edit.\n"]
    for name, schema in document["components"]["schemas"].items():
        text = " ".join(schema.get("description", "").split())
        lines += [f"/** {text} */", f"export type {name} = {_typescript(schema, depth=0)};\n"]
    lines.append("/** What each address answers with when all is well, by method and path below the prefix. */")
    lines.append("export interface Answers {")
    for path, item in document["paths"].items():
        for method, operation in item.items():
            good = [one for status, one in operation["responses"].items() if int(status) < 300]
            shapes = [_typescript(kind["schema"]) for one in good for kind in one["content"].values()]
            if shapes:
                lines.append(f'  "{method.upper()} {path}": {" | ".join(dict.fromkeys(shapes))};')
    lines += ["}\n", "/** Data of each event of the event stream, by event name. */", "export interface Events {"]
    lines += [f"  {name}: {_typescript(schema)};" for name, schema in _events(document).items()]
    return "\n".join(lines) + "\n}\n"


def _events(document: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of each event, by event name."""
    stream = document["paths"]["/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    return dict(stream["x-events"])


def _typescript(schema: dict[str, Any], depth: int | None = None) -> str:
    """Return a JSON schema as a TypeScript type; with *depth* an object is written over several lines."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_typescript(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return _array(schema)
    return _object(schema, depth) if schema.get("type") == "object" else _PLAIN.get(schema.get("type", ""), "unknown")


def _array(schema: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        return "[" + ", ".join(_typescript(one) for one in schema["prefixItems"]) + "]"
    item = _typescript(schema.get("items", {}))
    return f"({item})[]" if "|" in item else f"{item}[]"


def _object(schema: dict[str, Any], depth: int | None) -> str:
    if not schema.get("properties"):
        values = schema.get("additionalProperties")
        return f"Record<string, {_typescript(values) if isinstance(values, dict) else 'unknown'}>"
    required = schema.get("required", [])
    fields = [
        f"{name}{'' if name in required else '?'}: {_typescript(one)}" for name, one in schema["properties"].items()
    ]
    return "{\n  " + ";\n  ".join(fields) + ";\n}" if depth is not None else "{ " + "; ".join(fields) + " }"


PAGES: Final = {
    "settings.md": settings_page,
    "dimensions.md": dimensions_page,
    "api.md": api_page,
    "../static/fingerprint.d.ts": typescript_page,
}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
