//! Spectral centroid and rolloff.

use crate::arrays::{check, check_disjoint, extent, input, output, View};
use crate::sums::{dot, greatest, sum};
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

const ROLLOFF: f32 = 0.85;
const RANGE: f32 = 1e-4;
/// Bins that are summed first when searching for the rolloff.
const GROUP: usize = 32;

vectorised! {
    /// Return the centroid of a frame.
    fn centroid(power: &[f32], weights: &[f32], moments: &[f32], magnitude: &mut [f32]) -> f32 {
        let least = RANGE * greatest(power);
        for (to, value) in magnitude.iter_mut().zip(power) {
            *to = (value - least).max(0.0).sqrt();
        }
        dot(magnitude, moments) / dot(magnitude, weights).max(f32::MIN_POSITIVE)
    }
}

/// See `auralis_fp.analysis.kernels.spectral.spectral_centroid`; `out` receives the result.
#[pyfunction]
pub fn spectral_centroid(power: PyBuffer<f32>, moments: PyBuffer<f32>, out: PyBuffer<f32>) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&power), extent(&moments)])?;
    let (power, pairs, out) = (View::rows(&power)?, input(&moments)?, output(&out)?);
    let (frames, bins) = (power.shape[0], power.shape[1]);
    check(bins > 0 && pairs.len() == 2 * bins && out.len() == frames, "shapes")?;
    let weights: Vec<f32> = pairs.iter().step_by(2).copied().collect();
    let moments: Vec<f32> = pairs.iter().skip(1).step_by(2).copied().collect();
    let mut magnitude = vec![0f32; bins];
    for (frame, to) in out.iter_mut().enumerate() {
        *to = centroid(power.row(frame), &weights, &moments, &mut magnitude);
    }
    Ok(())
}

vectorised! {
    /// Write the cumulative weighted power up to the end of each group of bins.
    fn cumulate(power: &[f32], weights: &[f32], cumulative: &mut [f32]) {
        let mut total = 0f32;
        for ((to, group), weights) in cumulative.iter_mut().zip(power.chunks(GROUP)).zip(weights.chunks(GROUP)) {
            total += dot(group, weights);
            *to = total;
        }
    }
}

/// Return the rolloff of a frame in bins.
fn rolloff(power: &[f32], weights: &[f32], cumulative: &mut [f32]) -> f32 {
    cumulate(power, weights, cumulative);
    let target = ROLLOFF * cumulative[cumulative.len() - 1];
    let group = cumulative
        .iter()
        .position(|&upto| upto >= target)
        .unwrap_or(cumulative.len() - 1);
    let reached = if group > 0 { cumulative[group - 1] } else { 0.0 };
    let start = group * GROUP;
    let end = (start + GROUP).min(power.len());
    let (bins, weights) = (&power[start..end], &weights[start..end]);
    let whole = bins
        .iter()
        .zip(weights)
        .fold(0f32, |upto, (value, weight)| upto + value * weight);
    let remaining = (target - reached).min(whole);
    let (mut below, mut upto, mut crossing) = (0f32, 0f32, start);
    for (index, (value, weight)) in bins.iter().zip(weights).enumerate() {
        below = upto;
        upto += value * weight;
        crossing = start + index;
        if upto >= remaining {
            break;
        }
    }
    let inside = upto - below;
    let interpolated = if inside > 0.0 {
        (crossing as f64 - 0.5 + ((remaining - below) / inside).clamp(0.0, 1.0) as f64) as f32
    } else {
        0.0
    };
    on_partial(power, crossing, interpolated)
}

/// Return the frequency of the partial whose main lobe holds the rolloff, or else the rolloff.
fn on_partial(power: &[f32], crossing: usize, rolloff: f32) -> f32 {
    let last = power.len() - 1;
    let mut peak = crossing.saturating_sub(1);
    for near in [crossing, (crossing + 1).min(last)] {
        if power[near] > power[peak] {
            peak = near;
        }
    }
    if peak < 2 || peak + 2 > last {
        return rolloff;
    }
    let lobe = &power[peak - 2..peak + 3];
    if !(lobe[2] > lobe[1] && lobe[2] > lobe[3]) {
        return rolloff;
    }
    let moment: f64 = lobe
        .iter()
        .enumerate()
        .map(|(index, &value)| value as f64 * (peak - 2 + index) as f64)
        .sum();
    (moment / sum(lobe).max(f32::MIN_POSITIVE) as f64) as f32
}

/// See `auralis_fp.analysis.kernels.spectral.spectral_rolloff`; `out` receives the result.
#[pyfunction]
pub fn spectral_rolloff(power: PyBuffer<f32>, weights: PyBuffer<f32>, out: PyBuffer<f32>) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&power), extent(&weights)])?;
    let (power, weights, out) = (View::rows(&power)?, input(&weights)?, output(&out)?);
    let (frames, bins) = (power.shape[0], power.shape[1]);
    check(bins > 0 && weights.len() == bins && out.len() == frames, "shapes")?;
    let mut cumulative = vec![0f32; (bins + GROUP - 1) / GROUP];
    for (frame, to) in out.iter_mut().enumerate() {
        *to = rolloff(power.row(frame), weights, &mut cumulative);
    }
    Ok(())
}
