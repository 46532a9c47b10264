/**
 * Scatter plot drawn into an image in memory: fifty thousand points take a few milliseconds without a graphics card.
 */

const EDGE = 0.7; // width of the antialiased edge in pixels

/** A canvas for points. `colours` holds one 0xBBGGRR value per point. */
export class Scatter {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.image = this.context.createImageData(1, 1);
    this.pixels = new Uint32Array(this.image.data.buffer);
    /** @type {Map<string, Int16Array>} */
    this.stamps = new Map();
  }

  /**
   * Set the size in CSS pixels; `density` is the number of image pixels per CSS pixel.
   *
   * @param {number} width
   * @param {number} height
   * @param {number} density
   */
  resize(width, height, density) {
    const [across, down] = [width, height].map((size) => Math.max(1, Math.round(size * density)));
    if (this.image.width === across && this.image.height === down) return;
    Object.assign(this.canvas, { width: across, height: down });
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /**
   * Draw points (in image pixels) as discs of equal radius and opacity over a background.
   *
   * @param {ArrayLike<number>} xs
   * @param {ArrayLike<number>} ys
   * @param {Uint32Array} colours
   * @param {{radius: number, opacity: number, background: number, order?: Uint32Array | null}} style `order` holds the
   *   indices in the order of drawing
   */
  draw(xs, ys, colours, { radius, opacity, background, order = null }) {
    const { width, height } = this.canvas;
    const { pixels } = this;
    pixels.fill(background | 0xff000000);
    const stamp = this.stamp(radius, opacity);
    const reach = Math.ceil(radius);
    for (let turn = 0; turn < xs.length; turn += 1) {
      const index = order ? order[turn] : turn;
      const x = Math.round(xs[index]);
      const y = Math.round(ys[index]);
      if (x < reach || y < reach || x >= width - reach || y >= height - reach) continue; // skip discs that touch the edge
      const at = y * width + x;
      const green = colours[index] & 0x00ff00;
      const others = colours[index] & 0xff00ff; // red and blue, multiplied together because their bits do not overlap
      for (let part = 0; part < stamp.length; part += 3) {
        const place = at + stamp[part] + stamp[part + 1] * width;
        const share = stamp[part + 2];
        const below = pixels[place];
        const mixed = ((((below & 0xff00ff) * (256 - share) + others * share) >>> 8) & 0xff00ff)
          | ((((below & 0x00ff00) * (256 - share) + green * share) >>> 8) & 0x00ff00);
        pixels[place] = mixed | 0xff000000;
      }
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /**
   * Return the pixels of a disc as a flat array of x, y and opacity (0 to 256).
   *
   * @param {number} radius
   * @param {number} opacity
   */
  stamp(radius, opacity) {
    const key = `${radius}/${opacity}`;
    const stamp = this.stamps.get(key) ?? disc(radius, opacity);
    this.stamps.set(key, stamp);
    return stamp;
  }
}

/**
 * @param {number} radius
 * @param {number} opacity
 */
function disc(radius, opacity) {
  const reach = Math.ceil(radius);
  const parts = [];
  for (let y = -reach; y <= reach; y += 1) {
    for (let x = -reach; x <= reach; x += 1) {
      const cover = Math.min(1, Math.max(0, (radius - Math.hypot(x, y)) / EDGE + 0.5));
      if (cover > 0) parts.push(x, y, Math.round(256 * opacity * cover));
    }
  }
  return Int16Array.from(parts);
}
