/** Statistics of columns in which undefined values are NaN. */

/**
 * Return the mean and the standard deviation of the defined values; 0 if there are none.
 *
 * @param {Iterable<number>} values
 */
export function spreadOf(values) {
  let [number, sum, squares] = [0, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    number += 1;
    sum += value;
    squares += value * value;
  }
  if (!number) return { mean: 0, deviation: 0 };
  const mean = sum / number;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / number - mean * mean)) };
}
