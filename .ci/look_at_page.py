"""Open the status page in Chromium and wait until it shows the library; the argument is its address."""

import shutil
import sys

from playwright.sync_api import expect, sync_playwright


def main() -> int:
    """Return 0 if the page shows the number of analysed tracks."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        sys.stdout.write("Chromium is not installed; the page was not opened.\n")
        return 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{sys.argv[1]}#activity")
        covered = page.locator("#covered")
        expect(covered).to_contain_text("tracks", timeout=60_000)
        sys.stdout.write(f"The page shows {covered.inner_text()}.\n")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
