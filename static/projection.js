/**
 * Projection of a library onto its first two principal components.
 *
 * Dimensions are standardised; frequencies are converted to a logarithmic scale first, and values beyond three standard
 * deviations are clipped. Constant dimensions are ignored.
 */

/** @typedef {import("./types.d.ts").Axis} Axis */
/** @typedef {import("./types.d.ts").DimensionName} DimensionName */
/** @typedef {import("./types.d.ts").Library} Library */

const OUTLIER = 3;
const TURNS = 60; // power iterations
const LOUDEST = 3; // dimensions named at each end of an axis
const LEAST_LOADING = 0.1;
const LEAST_CORRELATION = 0.3;

/**
 * Project points.
 *
 * @param {Library} points
 * @param {{name: DimensionName, unit: string}[]} dimensions
 * @returns {{x: Float32Array, y: Float32Array, axes: Axis[]}} centred
 *   coordinates; for each axis the dimensions with the largest loadings and its share of the variance.
 */
export function project(points, dimensions) {
  const logarithmic = new Set(dimensions.filter((one) => one.unit === "Hz").map((one) => one.name));
  const columns = points.names.map((name) => normalised(points.columns[name], logarithmic.has(name)));
  const matrix = covariance(columns, points.count);
  const total = matrix.reduce((sum, row, index) => sum + row[index], 0) || 1;
  /** @type {Axis[]} */
  const axes = [];
  /** @type {Float32Array[]} */
  const coordinates = [];
  for (let axis = 0; axis < 2; axis += 1) {
    const { direction, value } = strongest(matrix);
    coordinates.push(along(columns, direction, points.count));
    axes.push({ ...ends(direction, points.names), share: value / total });
    deflate(matrix, direction, value);
  }
  return { x: coordinates[0], y: coordinates[1], axes };
}

/**
 * Name the axes of a map that was computed elsewhere by the dimensions that grow along them.
 *
 * @param {Library} points
 * @param {{name: DimensionName, unit: string}[]} dimensions
 * @param {Float32Array[]} coordinates
 * @returns {Axis[]} without a share of the variance
 */
export function axesAlong(points, dimensions, coordinates) {
  const logarithmic = new Set(dimensions.filter((one) => one.unit === "Hz").map((one) => one.name));
  const columns = points.names.map((name) => normalised(points.columns[name], logarithmic.has(name)));
  return coordinates.map((places) => {
    const axis = normalised(places, false);
    const correlations = columns.map((column) => column.reduce((sum, value, index) => sum + value * axis[index], 0) / points.count);
    return { ...ends(correlations, points.names, LEAST_CORRELATION), share: 0 };
  });
}

/**
 * Standardise a column; undefined values count as the mean.
 *
 * @param {Float32Array} column
 * @param {boolean} logarithmic
 */
function normalised(column, logarithmic) {
  const values = logarithmic ? column.map((value) => Math.log(Math.max(value, 20))) : column;
  const defined = values.filter((value) => !Number.isNaN(value));
  let [sum, squares] = [0, 0];
  for (const value of defined) sum += value;
  const mean = sum / defined.length;
  for (const value of defined) squares += (value - mean) ** 2;
  const deviation = Math.sqrt(squares / defined.length);
  if (!(deviation > 1e-9)) return new Float32Array(values.length);
  return values.map((value) => (Number.isNaN(value) ? 0 : Math.max(-OUTLIER, Math.min(OUTLIER, (value - mean) / deviation))));
}

/**
 * @param {Float32Array[]} columns
 * @param {number} number
 */
function covariance(columns, number) {
  return columns.map((one) => columns.map((two) => {
    let sum = 0;
    for (let index = 0; index < number; index += 1) sum += one[index] * two[index];
    return sum / Math.max(1, number);
  }));
}

/**
 * Return the leading eigenvector by power iteration, with a deterministic sign.
 *
 * @param {number[][]} matrix
 */
function strongest(matrix) {
  let direction = matrix.map((_, index) => 1 + index / matrix.length);
  for (let turn = 0; turn < TURNS; turn += 1) direction = unit(product(matrix, direction));
  const lead = direction.reduce((best, part) => (Math.abs(part) > Math.abs(best) ? part : best), 0);
  if (lead < 0) direction = direction.map((part) => -part);
  const image = product(matrix, direction);
  return { direction, value: image.reduce((sum, part, index) => sum + part * direction[index], 0) };
}

/**
 * @param {number[][]} matrix
 * @param {number[]} vector
 */
const product = (matrix, vector) => matrix.map((row) => row.reduce((sum, part, index) => sum + part * vector[index], 0));

/** @param {number[]} vector */
function unit(vector) {
  const length = Math.hypot(...vector) || 1;
  return vector.map((part) => part / length);
}

/**
 * @param {number[][]} matrix
 * @param {number[]} direction
 * @param {number} value
 */
function deflate(matrix, direction, value) {
  for (const [row, line] of matrix.entries()) {
    for (const column of line.keys()) line[column] -= value * direction[row] * direction[column];
  }
}

/**
 * @param {Float32Array[]} columns
 * @param {number[]} direction
 * @param {number} number
 */
function along(columns, direction, number) {
  const values = new Float32Array(number);
  for (const [place, column] of columns.entries()) {
    for (let index = 0; index < number; index += 1) values[index] += direction[place] * column[index];
  }
  return values;
}

/**
 * @param {number[]} direction
 * @param {DimensionName[]} names
 * @param {number} least
 */
function ends(direction, names, least = LEAST_LOADING) {
  const ordered = names.map((name, index) => /** @type {[DimensionName, number]} */ ([name, direction[index]])).sort((one, two) => one[1] - two[1]);
  const low = ordered.filter(([, part]) => part < -least).slice(0, LOUDEST).map(([name]) => name);
  const high = ordered.filter(([, part]) => part > least).reverse().slice(0, LOUDEST).map(([name]) => name);
  return { low, high };
}
