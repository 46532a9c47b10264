//! Comparisons of spectra with those some frames before.

use crate::arrays::{check, check_disjoint, extent, output, View};
use crate::sums::sum;
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

/// Frames between the spectra that `log_flux` compares.
const FLUX_LAG: usize = 2;

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
    /// Write the products of four ratios of powers, each at least 1.
    fn products(now: &[f32], before: &[f32], ratios: &mut [f32]) {
        for ((to, now), before) in ratios.iter_mut().zip(now).zip(before) {
            *to = (now / before).max(1.0);
        }
        for parts in [2, 4] {
            let half = now.len() / parts;
            let (low, high) = ratios.split_at_mut(half);
            for (to, other) in low.iter_mut().zip(high) {
                *to *= *other;
            }
        }
    }
}

/// See `auralis_fp.analysis.kernels.onsets.log_flux`; `out` receives the result.
#[pyfunction]
pub fn log_flux(powers: PyBuffer<f32>, out: PyBuffer<f32>) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&powers)])?;
    let (powers, out) = (View::rows(&powers)?, output(&out)?);
    check_frames(&powers, FLUX_LAG, out)?;
    let bands = powers.shape[1];
    check(bands % 4 == 0, "bands")?;
    let mut ratios = vec![0f32; bands];
    for (frame, to) in out.iter_mut().enumerate() {
        products(powers.row(frame + FLUX_LAG), powers.row(frame), &mut ratios);
        *to = ratios[..bands / 4].iter().map(|product| product.log2()).sum();
    }
    Ok(())
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

/// See `auralis_fp.analysis.kernels.onsets.shape_change`; `out` receives the result.
#[pyfunction]
pub fn shape_change(shapes: PyBuffer<f32>, lag: usize, bins: usize, out: PyBuffer<f32>) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&shapes)])?;
    let (shapes, out) = (View::rows(&shapes)?, output(&out)?);
    check_frames(&shapes, lag, out)?;
    check(bins <= shapes.shape[1], "bins")?;
    let mut highest = vec![0f32; shapes.shape[1]];
    for (frame, to) in out.iter_mut().enumerate() {
        let (narrow, wide) = shapes.row(frame).split_at(bins);
        let (low, high) = highest.split_at_mut(bins);
        spread(narrow, 2, low);
        spread(wide, 1, high);
        *to = change(shapes.row(frame + lag), &mut highest);
    }
    Ok(())
}
