"""Accessibility checks with axe."""

from importlib.resources import files
from typing import Any, Final

from playwright.sync_api import Page

AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")  # the package contains the script


def faults_by_axe(page: Page) -> list[str]:
    """Return the violated rules with their elements."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    result: dict[str, Any] = page.evaluate(
        "async (tags) => { await Promise.allSettled(document.getAnimations().map((one) => one.finished));"
        " return axe.run({ runOnly: tags }); }",
        tags,
    )
    return [f"{rule['id']}: {node['target']}" for rule in result["violations"] for node in rule["nodes"]]
