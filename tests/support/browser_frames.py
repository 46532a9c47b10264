"""Frame times of the library map during interaction."""

from typing import Final, Literal

from playwright.sync_api import Page, expect

from patience import LIMIT_SEC

Movement = Literal["zooming", "moving"]

_FRAMES: Final = """async ([steps, movement]) => {
  const canvas = document.querySelector("#map canvas");
  const box = canvas.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const moved = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX: x, clientY: y }));
  const wheel = { clientX: x, clientY: y, cancelable: true };
  const turned = (way) => canvas.dispatchEvent(new WheelEvent("wheel", { ...wheel, deltaY: way }));
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  canvas.setPointerCapture = () => undefined; // no hand holds this pointer
  canvas.focus();
  const times = [];
  let last = await frame();
  if (movement === "moving") moved("pointerdown", x, y);
  for (let step = 0; step < steps; step += 1) {
    if (movement === "moving") moved("pointermove", x + 200 * Math.sin(step / 5), y + 100 * Math.sin(step / 7));
    else turned(step < steps / 2 ? -120 : 120);
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  if (movement === "moving") moved("pointerup", x, y);
  return times.slice(1);
}"""


def shown(page: Page, tracks: str) -> None:
    """Wait until the map shows *tracks* and is at rest."""
    hint = page.locator("#map-hint")
    expect(hint).to_contain_text(tracks, timeout=1000 * LIMIT_SEC)
    expect(hint).to_contain_text("Of the ten nearest tracks", timeout=1000 * LIMIT_SEC)  # nothing is computed any more


def work_ms(page: Page, movement: Movement, steps: int = 30) -> float:
    """Return the mean processor time of the page's thread per frame during zoom or pan, in milliseconds."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

    before = worked()
    page.evaluate(_FRAMES, [steps, movement])
    return 1000 * (worked() - before) / steps


def frames_ms(page: Page, movement: Movement, steps: int = 60) -> list[float]:
    """Return the frame intervals in milliseconds during zoom or pan, in ascending order."""
    times: list[float] = page.evaluate(_FRAMES, [steps, movement])
    return sorted(times)
