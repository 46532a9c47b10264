//! Comparisons of spectra with those some frames before.

use crate::arrays::{check, check_disjoint, extent, input, output, View};
use crate::sums::{dot, sum};
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

/// Frames between the powers that `onset_changes` compares.
const FLUX_LAG: usize = 2;
const RISE: f32 = 2.0;
/// Powers relative to less would overflow.
const LEAST: f32 = f32::MIN_POSITIVE * 1e8;

/// Fail unless there is one result for each frame that has another `lag` frames before.
fn check_frames(values: &View<f32>, lag: usize, out: &[f32]) -> PyResult<()> {
    check(
        lag > 0 && values.shape[0] >= lag && out.len() == values.shape[0] - lag,
        "shapes",
    )
}

vectorised! {
    fn rises(now: &[f32], before: &[f32], work: &mut [f32]) -> f32 {
        for ((to, now), before) in work.iter_mut().zip(now).zip(before) {
            *to = (now - before).max(0.0);
        }
        sum(work)
    }
}

/// See `auralis_fp.analysis.kernels.onsets.positive_differences`; `out` receives the result.
#[pyfunction]
pub fn positive_differences(values: PyBuffer<f32>, lag: usize, out: PyBuffer<f32>) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&values)])?;
    let (values, out) = (View::rows(&values)?, output(&out)?);
    check_frames(&values, lag, out)?;
    let mut work = vec![0f32; values.shape[1]];
    for (frame, to) in out.iter_mut().enumerate() {
        *to = rises(values.row(frame + lag), values.row(frame), &mut work);
    }
    Ok(())
}

vectorised! {
    /// Write the ratios of powers with a floor, each at least 1.
    fn ratios(now: &[f32], before: &[f32], floor: f32, out: &mut [f32]) {
        for ((to, now), before) in out.iter_mut().zip(now).zip(before) {
            *to = ((now + floor) / (before + floor)).max(1.0);
        }
    }
}

vectorised! {
    fn divided(values: &[f32], by: f32, out: &mut [f32]) {
        for (to, value) in out.iter_mut().zip(values) {
            *to = value / by;
        }
    }
}

/// Return the logarithm of a product of ratios, of which double precision holds every one that floors allow.
fn octaves(ratios: &[f32]) -> f64 {
    ratios.iter().map(|&ratio| ratio as f64).product::<f64>().log2()
}

/// How the bands are divided, and the floors: see `auralis_fp.analysis.kernels.onsets.BandSplit`.
type BandSplit = (usize, Vec<usize>, f32, f32, f32);

/// See `auralis_fp.analysis.kernels.onsets.onset_changes`; `out` receives the changes.
#[pyfunction]
pub fn onset_changes(
    bands: PyBuffer<f32>,
    previous: PyBuffer<f32>,
    loudest: f64,
    split: BandSplit,
    out: PyBuffer<f32>,
) -> PyResult<f64> {
    check_disjoint(&[extent(&out), extent(&previous)], &[extent(&bands)])?;
    let (bands, previous, out) = (View::rows(&bands)?, output(&previous)?, output(&out)?);
    let (narrow, groups, flux_floor, group_floor, wide_floor) = split;
    let (frames, width) = (bands.shape[0], bands.shape[1] + 1);
    check(narrow < width && previous.len() == FLUX_LAG * width, "bands")?;
    check(groups.windows(2).all(|pair| pair[0] < pair[1]), "order of groups")?;
    check(groups.iter().all(|&first| first < narrow), "groups")?;
    check(out.len() == (3 + groups.len()) * frames, "changes")?;
    let mut relative = vec![0f32; (frames + FLUX_LAG) * width];
    relative[..FLUX_LAG * width].copy_from_slice(previous);
    let mut ratio = vec![0f32; narrow];
    let mut loudest = loudest as f32;
    for frame in 0..frames {
        let (before, now) = relative[frame * width..].split_at_mut(FLUX_LAG * width);
        let (before, now) = (&before[..width], &mut now[..width]);
        let powers = bands.row(frame);
        let total = powers[narrow..].iter().sum::<f32>();
        loudest = loudest.max(total);
        let reference = loudest.max(LEAST);
        divided(&powers[..narrow], reference, &mut now[..narrow]);
        now[narrow] = total / reference;
        divided(&powers[narrow..], reference, &mut now[narrow + 1..]);
        ratios(&now[..narrow], &before[..narrow], flux_floor, &mut ratio);
        out[frame] = octaves(&ratio) as f32;
        ratios(&now[..narrow], &before[..narrow], group_floor, &mut ratio);
        for (group, &first) in groups.iter().enumerate() {
            let end = groups.get(group + 1).copied().unwrap_or(narrow);
            out[(1 + group) * frames + frame] = octaves(&ratio[first..end]) as f32;
        }
        out[(1 + groups.len()) * frames + frame] = total;
        let mut wide = now[narrow..].iter().zip(&before[narrow..]);
        let rising = wide.any(|(now, before)| now + wide_floor >= RISE * (before + wide_floor));
        out[(2 + groups.len()) * frames + frame] = rising as u8 as f32;
    }
    previous.copy_from_slice(&relative[frames * width..]);
    Ok(loudest as f64)
}

vectorised! {
    /// Write the maximum of each value and its neighbours within `reach`.
    fn spread(values: &[f32], reach: usize, out: &mut [f32]) {
        out.copy_from_slice(values);
        for step in 1..reach.min(values.len().saturating_sub(1)) + 1 {
            let rest = values.len() - step;
            for (to, value) in out[step..].iter_mut().zip(&values[..rest]) {
                *to = to.max(*value);
            }
            for (to, value) in out[..rest].iter_mut().zip(&values[step..]) {
                *to = to.max(*value);
            }
        }
    }
}

vectorised! {
    /// Return the root of the sum of squared rises over `highest`, which is lost.
    fn change(now: &[f32], highest: &mut [f32]) -> f32 {
        for (to, now) in highest.iter_mut().zip(now) {
            let rise = (now - *to).max(0.0);
            *to = rise * rise;
        }
        sum(highest).sqrt()
    }
}

vectorised! {
    /// Write magnitudes relative to a reference.
    fn magnitudes_of(power: &[f32], reference: f32, out: &mut [f32]) {
        for (to, value) in out.iter_mut().zip(power) {
            *to = value.sqrt() / reference;
        }
    }
}

vectorised! {
    fn norm(values: &[f32]) -> f32 {
        dot(values, values).sqrt()
    }
}

/// See `auralis_fp.analysis.kernels.onsets.note_novelty`; `out` receives the curves.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub fn note_novelty(
    notes: PyBuffer<f32>,
    bands: PyBuffer<f32>,
    reference: PyBuffer<f32>,
    magnitudes: PyBuffer<f32>,
    shapes: PyBuffer<f32>,
    bass: usize,
    floor: f32,
    out: PyBuffer<f32>,
) -> PyResult<()> {
    check_disjoint(
        &[extent(&magnitudes), extent(&shapes), extent(&out)],
        &[extent(&notes), extent(&bands), extent(&reference)],
    )?;
    let (notes, bands, reference) = (View::rows(&notes)?, View::rows(&bands)?, input(&reference)?);
    let (magnitudes, shapes, out) = (output(&magnitudes)?, output(&shapes)?, output(&out)?);
    let (frames, bins) = (notes.shape[0], notes.shape[1]);
    let width = bins + bands.shape[1];
    check(bass <= bins && bins > 0, "bins")?;
    check(
        bands.shape[0] == frames && reference.len() == frames && out.len() == 3 * frames,
        "frames",
    )?;
    let (lag, shape_lag) = (magnitudes.len() / bins, shapes.len() / width);
    check(lag > 0 && magnitudes.len() == lag * bins, "magnitudes")?;
    check(shape_lag > 0 && shapes.len() == shape_lag * width, "shapes")?;
    let mut all = vec![0f32; (lag + frames) * bins];
    let mut all_shapes = vec![0f32; (shape_lag + frames) * width];
    all[..lag * bins].copy_from_slice(magnitudes);
    all_shapes[..shape_lag * width].copy_from_slice(shapes);
    let (mut highest, mut work) = (vec![0f32; width], vec![0f32; bins]);
    let (bass_rises, others) = out.split_at_mut(frames);
    let (all_rises, changes) = others.split_at_mut(frames);
    for frame in 0..frames {
        let shape = &mut all_shapes[(shape_lag + frame) * width..][..width];
        magnitudes_of(notes.row(frame), reference[frame], &mut shape[..bins]);
        magnitudes_of(bands.row(frame), reference[frame], &mut shape[bins..]);
        all[(lag + frame) * bins..][..bins].copy_from_slice(&shape[..bins]);
        let norm = norm(shape).max(floor);
        for value in shape.iter_mut() {
            *value /= norm;
        }
        let (now, before) = (&all[(lag + frame) * bins..][..bins], &all[frame * bins..][..bins]);
        bass_rises[frame] = rises(&now[..bass], &before[..bass], &mut work[..bass]);
        all_rises[frame] = bass_rises[frame] + rises(&now[bass..], &before[bass..], &mut work[bass..]);
        let (narrow, wide) = all_shapes[frame * width..][..width].split_at(bins);
        let (low, high) = highest.split_at_mut(bins);
        spread(narrow, 2, low);
        spread(wide, 1, high);
        changes[frame] = change(&all_shapes[(shape_lag + frame) * width..][..width], &mut highest);
    }
    magnitudes.copy_from_slice(&all[frames * bins..]);
    shapes.copy_from_slice(&all_shapes[frames * width..]);
    Ok(())
}
