//! Harmonic-percussive separation: running medians of 8-bit codes by sorting networks (Batcher 1968).

use crate::arrays::{check, check_disjoint, extent, OutputRows, View};
use crate::sums::sum;
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use std::ops::Range;

const SHIFT: u32 = 21;
const LOWEST_CODE: u32 = (127 + 20) * 4 + 3 - 255;
const TIME_WINDOW: usize = 16;
const FREQUENCY_WINDOW: usize = 32;
const TIME_MARGIN: usize = (TIME_WINDOW - 2) / 2;
const FREQUENCY_MARGIN: usize = (FREQUENCY_WINDOW - 4) / 2;
/// Columns that are sorted side by side.
const TILE: usize = 32;
/// Rows whose medians over columns are taken together.
const ROWS: usize = 8;

type Tile = [u8; TILE];

#[inline(always)]
fn order(low: &mut Tile, high: &mut Tile) {
    for (a, b) in low.iter_mut().zip(high) {
        let (least, greatest) = ((*a).min(*b), (*a).max(*b));
        *a = least;
        *b = greatest;
    }
}

#[inline(always)]
fn pair(values: &mut [Tile], low: usize, high: usize) {
    let (head, tail) = values.split_at_mut(high);
    order(&mut head[low], &mut tail[0]);
}

/// Merge the two sorted halves of `values`, whose length is a power of two (odd-even merge).
#[inline(always)]
fn merge(values: &mut [Tile]) {
    let count = values.len();
    let mut step = count / 2;
    for low in 0..step {
        pair(values, low, low + step);
    }
    while step > 1 {
        step /= 2;
        let mut start = step;
        while start + step < count {
            for low in start..start + step {
                pair(values, low, low + step);
            }
            start += 2 * step;
        }
    }
}

/// Return the mean, rounded up, of the two middle values of two sorted runs of equal length.
#[inline(always)]
fn middle(left: &[Tile], right: &[Tile]) -> Tile {
    let count = left.len();
    let mut low = [0u8; TILE];
    let mut high = [0u8; TILE];
    for column in 0..TILE {
        low[column] = left[count - 1][column].min(right[count - 1][column]);
        high[column] = left[0][column].max(right[0][column]);
    }
    for taken in 1..count {
        let (a, b) = (&left[taken - 1], &right[count - taken - 1]);
        let (c, d) = (&left[taken], &right[count - taken]);
        for column in 0..TILE {
            low[column] = low[column].min(a[column].max(b[column]));
            high[column] = high[column].max(c[column].min(d[column]));
        }
    }
    let mut mean = [0u8; TILE];
    for column in 0..TILE {
        let difference = high[column] - low[column];
        mean[column] = low[column] + (difference >> 1) + (difference & 1);
    }
    mean
}

/// Copy a stretch of a row; columns beyond its end are 0.
#[inline(always)]
fn tile(row: &[u8], start: usize) -> Tile {
    let mut tile = [0u8; TILE];
    let end = (start + TILE).min(row.len());
    tile[..end - start].copy_from_slice(&row[start..end]);
    tile
}

vectorised! {
/// Write the running medians over 16 rows, for every second row.
fn medians_over_rows(codes: &View<u8>, out: &mut [u8], columns: usize) {
    let pairs = codes.shape[0] / 2;
    let mut twos: Vec<[Tile; 2]> = vec![[[0; TILE]; 2]; pairs];
    let mut eights: Vec<[Tile; 8]> = vec![[[0; TILE]; 8]; pairs - 3];
    let mut fours: Vec<[Tile; 4]> = vec![[[0; TILE]; 4]; pairs - 1];
    for start in (0..columns).step_by(TILE) {
        let width = TILE.min(columns - start);
        for (index, two) in twos.iter_mut().enumerate() {
            *two = [
                tile(codes.row(2 * index), start + FREQUENCY_MARGIN),
                tile(codes.row(2 * index + 1), start + FREQUENCY_MARGIN),
            ];
            merge(two);
        }
        for (index, four) in fours.iter_mut().enumerate() {
            four[..2].copy_from_slice(&twos[index]);
            four[2..].copy_from_slice(&twos[index + 1]);
            merge(four);
        }
        for (index, eight) in eights.iter_mut().enumerate() {
            eight[..4].copy_from_slice(&fours[index]);
            eight[4..].copy_from_slice(&fours[index + 2]);
            merge(eight);
        }
        for index in 0..pairs - 7 {
            let medians = middle(&eights[index], &eights[index + 4]);
            out[index * columns + start..][..width].copy_from_slice(&medians[..width]);
        }
    }
}
}

/// Sorted runs of groups of four columns: line i of a length holds the i-th smallest code of each group's run.
#[derive(Default)]
struct Runs {
    fours: [Vec<u8>; 4],
    eights: [Vec<u8>; 8],
    sixteens: [Vec<u8>; 16],
}

/// Return the stretches of some lines that begin at `start`.
#[inline(always)]
fn stretches<const COUNT: usize>(lines: &[Vec<u8>], start: usize, tiles: &mut [Tile; COUNT]) {
    for (tile, line) in tiles.iter_mut().zip(lines) {
        tile.copy_from_slice(&line[start..start + TILE]);
    }
}

/// Merge the runs of groups that are `apart` groups apart.
#[inline(always)]
fn merge_groups<const HALF: usize, const WHOLE: usize>(
    from: &[Vec<u8>; HALF],
    apart: usize,
    to: &mut [Vec<u8>; WHOLE],
) {
    let length = from[0].len();
    for line in to.iter_mut() {
        line.resize(length, 0);
    }
    let mut tiles = [[0u8; TILE]; WHOLE];
    for start in (0..length - TILE - apart + 1).step_by(TILE) {
        for (half, tiles) in tiles.chunks_exact_mut(HALF).enumerate() {
            for (tile, line) in tiles.iter_mut().zip(from) {
                tile.copy_from_slice(&line[start + half * apart..][..TILE]);
            }
        }
        merge(&mut tiles);
        for (line, tile) in to.iter_mut().zip(&tiles) {
            line[start..start + TILE].copy_from_slice(tile);
        }
    }
}

vectorised! {
    /// Write the running medians of some rows over 32 columns, for every fourth column, shape (rows, groups); the last
    /// seven of each row are meaningless.
    fn medians_over_columns(codes: &View<u8>, rows: Range<usize>, out: &mut [u8], runs: &mut Runs) {
        let groups = codes.shape[1] / 4;
        let length = (rows.len() * groups / TILE + 2) * TILE; // room for the last tile and the groups after it
        for line in runs.fours.iter_mut() {
            line.resize(length, 0);
        }
        let [first, second, third, fourth] = &mut runs.fours;
        for (index, row) in rows.enumerate() {
            let place = index * groups..(index + 1) * groups;
            let lines = first[place.clone()].iter_mut().zip(&mut second[place.clone()]);
            let lines = lines.zip(&mut third[place.clone()]).zip(&mut fourth[place]);
            for (four, (((a, b), c), d)) in codes.row(row).chunks_exact(4).zip(lines) {
                *a = four[0];
                *b = four[1];
                *c = four[2];
                *d = four[3];
            }
        }
        let mut tiles = [[0u8; TILE]; 4];
        for start in (0..length).step_by(TILE) {
            stretches(&runs.fours, start, &mut tiles);
            merge(&mut tiles[..2]);
            merge(&mut tiles[2..]);
            merge(&mut tiles);
            for (line, tile) in runs.fours.iter_mut().zip(&tiles) {
                line[start..start + TILE].copy_from_slice(tile);
            }
        }
        merge_groups(&runs.fours, 1, &mut runs.eights);
        merge_groups(&runs.eights, 2, &mut runs.sixteens);
        let (mut left, mut right) = ([[0u8; TILE]; 16], [[0u8; TILE]; 16]);
        for start in (0..out.len()).step_by(TILE) {
            stretches(&runs.sixteens, start, &mut left);
            stretches(&runs.sixteens, start + 4, &mut right);
            let width = TILE.min(out.len() - start);
            out[start..start + width].copy_from_slice(&middle(&left, &right)[..width]);
        }
    }
}

vectorised! {
    /// Return the harmonic energy of a frame; `over_time` has a median for each bin, `over_frequency` for each four.
    fn harmonic_of(power: &[f32], over_time: &[u8], over_frequency: &[u8], percussive: &mut [f32], masked: &mut [f32]) -> f32 {
        for (four, &code) in percussive.chunks_exact_mut(4).zip(over_frequency) {
            four.fill(squared_power(code));
        }
        for (((to, value), &median), percussive) in masked.iter_mut().zip(power).zip(over_time).zip(percussive.iter()) {
            let harmonic = squared_power(median);
            *to = harmonic / (harmonic + percussive) * value;
        }
        sum(masked)
    }
}

vectorised! {
    fn quantise(power: &[f32], out: &mut [u8]) {
        for (to, value) in out.iter_mut().zip(power) {
            *to = ((value.to_bits() >> SHIFT).max(LOWEST_CODE) - LOWEST_CODE).min(255) as u8;
        }
    }
}

vectorised! {
    fn sum_of(values: &[f32]) -> f32 {
        sum(values)
    }
}

#[inline(always)]
fn squared_power(code: u8) -> f32 {
    let power = f32::from_bits((code as u32 + LOWEST_CODE) << SHIFT);
    power * power
}

/// See `auralis_fp.analysis.kernels.hpss.write_codes`.
#[pyfunction]
pub fn write_codes(power: PyBuffer<f32>, out: PyBuffer<u8>) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&power)])?;
    let (power, mut out) = (View::rows(&power)?, OutputRows::new(&out)?);
    check(power.shape == out.shape, "shapes differ")?;
    for index in 0..power.shape[0] {
        quantise(power.row(index), out.row(index));
    }
    Ok(())
}

/// See `auralis_fp.analysis.kernels.hpss.harmonic_energy`.
#[pyfunction]
pub fn harmonic_energy(codes: PyBuffer<u8>, power: PyBuffer<f32>) -> PyResult<(f64, f64)> {
    let (codes, power) = (View::rows(&codes)?, View::rows(&power)?);
    let (frames, bins) = (power.shape[0], power.shape[1]);
    check(frames % 2 == 0 && bins % 4 == 0, "odd shape")?;
    check(
        codes.shape[0] == frames + 2 * TIME_MARGIN && codes.shape[1] == bins + 2 * FREQUENCY_MARGIN,
        "margins",
    )?;
    let mut over_time = vec![0u8; frames / 2 * bins];
    medians_over_rows(&codes, &mut over_time, bins);
    let mut runs = Runs::default();
    let groups = codes.shape[1] / 4;
    let mut over_frequency = vec![0u8; ROWS * groups];
    let (mut percussive, mut masked) = (vec![0f32; bins], vec![0f32; bins]);
    let (mut harmonic, mut total) = (0f64, 0f64);
    for start in (0..frames).step_by(ROWS) {
        let count = ROWS.min(frames - start);
        let rows = start + TIME_MARGIN..start + TIME_MARGIN + count;
        medians_over_columns(&codes, rows, &mut over_frequency[..count * groups], &mut runs);
        for (index, medians) in (start..start + count).zip(over_frequency.chunks_exact(groups)) {
            let over_time = &over_time[index / 2 * bins..][..bins];
            harmonic += harmonic_of(
                power.row(index),
                over_time,
                &medians[..bins / 4],
                &mut percussive,
                &mut masked,
            ) as f64;
            total += sum_of(power.row(index)) as f64;
        }
    }
    Ok((harmonic, total))
}
