//! Period picking on the YIN difference function (de Cheveigné & Kawahara 2002), and refinement of long periods.

use crate::arrays::{check, check_disjoint, extent, input, output, OutputRows, View};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

/// Samples; shorter lags are searched in quarters of a sample.
const COARSE_FROM: usize = 25;
/// Lags per sample in the refinement.
const STEPS: f64 = 4.0;
/// Steps searched on either side of the period, round by round.
const REACHES: [usize; 3] = [16, 2, 2];

/// Return the nearest whole number, of two the even one.
fn rint(value: f64) -> f64 {
    if (value - value.trunc()).abs() == 0.5 {
        2.0 * (value / 2.0).round()
    } else {
        value.round()
    }
}

/// Return the offset of the vertex of the parabola through a maximum and its two neighbours, at most 1.
fn parabolic_offset(before: f64, peak: f64, after: f64) -> f64 {
    let curvature = before - 2.0 * peak + after;
    if curvature < 0.0 {
        ((before - after) / (2.0 * curvature)).clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

/// What is searched in the difference function of a frame.
struct Search<'a> {
    lags: &'a [f64],
    limits: &'a [f32],
    /// Index in the cumulative sums, and fraction to the next one, of each fine lag.
    places: Vec<(usize, f32)>,
    last: usize,
}

impl Search<'_> {
    /// Return the difference at a lag, and the threshold there.
    fn at(&self, index: usize, difference: &[f32], fine: &[f32], cumulative: &[f32]) -> (f32, f32) {
        match self.places.get(index) {
            Some(&(whole, fraction)) => {
                let sum = cumulative[whole] * (1.0 - fraction) + cumulative[whole + 1] * fraction;
                (fine[index], sum * self.limits[index])
            }
            None => {
                let lag = COARSE_FROM + index - self.places.len();
                (difference[lag], cumulative[lag - 1] * self.limits[index])
            }
        }
    }

    /// Return the lag of the first dip under the threshold.
    fn first_dip(&self, difference: &[f32], fine: &[f32], cumulative: &[f32]) -> Option<f64> {
        let (mut here, mut bound) = self.at(0, difference, fine, cumulative);
        for index in 1..self.lags.len() {
            let (next, next_bound) = self.at(index, difference, fine, cumulative);
            if here < bound && here * next_bound <= next * bound {
                return Some(self.lags[index - 1]);
            }
            here = next;
            bound = next_bound;
        }
        None
    }

    /// Return the period: the first dip, refined at its largest multiple within half the longest lag.
    fn period(&self, difference: &[f32], fine: &[f32], cumulative: &[f32]) -> f64 {
        let first = match self.first_dip(difference, fine, cumulative) {
            Some(lag) => lag,
            None => return f64::INFINITY,
        };
        let multiple = (((self.last - 1) / 2) as f64 / first).floor().max(1.0);
        let around = rint(multiple * first) as usize;
        let mut lowest = around - 2;
        for lag in around - 1..around + 3 {
            if difference[lag] < difference[lowest] {
                lowest = lag;
            }
        }
        let [before, dip, after] = [lowest - 1, lowest, lowest + 1].map(|lag| -difference[lag] as f64);
        (lowest as f64 + parabolic_offset(before, dip, after)) / multiple
    }
}

/// See `auralis_fp.analysis.kernels.pitch.yin_periods`; the outputs receive the results.
#[pyfunction]
pub fn yin_periods(
    difference: PyBuffer<f32>,
    fine: PyBuffer<f32>,
    lags: PyBuffer<f64>,
    limits: PyBuffer<f32>,
    periods: PyBuffer<f64>,
    cumulative: PyBuffer<f32>,
) -> PyResult<()> {
    let inputs = [extent(&difference), extent(&fine), extent(&lags), extent(&limits)];
    check_disjoint(&[extent(&periods), extent(&cumulative)], &inputs)?;
    let (difference, fine, lags, limits) = (
        View::rows(&difference)?,
        View::rows(&fine)?,
        input(&lags)?,
        input(&limits)?,
    );
    let (periods, mut cumulative) = (output(&periods)?, OutputRows::new(&cumulative)?);
    let (frames, fine_lags) = (difference.shape[0], fine.shape[1]);
    check(fine_lags < lags.len() && limits.len() == lags.len(), "lags")?;
    let last = COARSE_FROM + lags.len() - fine_lags - 1;
    check(lags[lags.len() - 1] == last as f64, "lags end elsewhere")?;
    check(
        lags.iter().all(|&lag| lag >= 4.0 && lag <= last as f64),
        "lags out of range",
    )?;
    check(
        lags[..fine_lags].iter().all(|&lag| lag < COARSE_FROM as f64),
        "fine lags out of range",
    )?;
    check(
        difference.shape[1] >= last + 4 && fine.shape[0] == frames && periods.len() == frames,
        "shapes",
    )?;
    check(cumulative.shape == [frames, last], "cumulative sums")?;
    let places = lags[..fine_lags]
        .iter()
        .map(|&lag| ((lag - 1.0) as usize, (lag - 1.0).fract() as f32))
        .collect();
    let search = Search {
        lags,
        limits,
        places,
        last,
    };
    for (frame, period) in periods.iter_mut().enumerate() {
        let (difference, sums) = (difference.row(frame), cumulative.row(frame));
        let mut total = 0f32;
        for (to, value) in sums.iter_mut().zip(&difference[1..]) {
            total += value;
            *to = total;
        }
        *period = search.period(difference, fine.row(frame), sums);
    }
    Ok(())
}

/// Refine a period, in steps, on the circular correlation from lag `first` to half of the circle.
fn refined(period: f64, correlation: &[f32], first: usize, window: &[f64]) -> (f64, f64) {
    let circle = window.len() - 1;
    let at = |lag: usize| correlation[lag.min(circle - lag) - first] as f64;
    let (mut period, mut height) = (period, 0.0);
    let mut own = [0f64; 2 * REACHES[0] + 1];
    for reach in REACHES {
        let on = rint(period).clamp((first + reach) as f64, ((circle - first) / 2 - reach) as f64) as usize;
        for (index, value) in own[..2 * reach + 1].iter_mut().enumerate() {
            let lag = on + index - reach;
            let after = circle - lag - on;
            let (near, far, far_after, near_after) =
                (window[lag], window[circle - lag], window[after], window[lag + on]);
            *value = (at(lag) * far_after - at(after) * far) / (near * far_after - far * near_after);
        }
        let mut highest = 0;
        for index in 1..2 * reach + 1 {
            if own[index] > own[highest] {
                highest = index;
            }
        }
        let highest = highest.clamp(1, 2 * reach - 1);
        height = own[highest];
        let offset = parabolic_offset(own[highest - 1], height, own[highest + 1]);
        period = (on + highest) as f64 - reach as f64 + offset;
    }
    (period / STEPS, height)
}

/// See `auralis_fp.analysis.kernels.pitch.search_periods`.
#[pyfunction]
pub fn search_periods(
    correlation: PyBuffer<f32>,
    periods: PyBuffer<f64>,
    window: PyBuffer<f64>,
    refined_periods: PyBuffer<f64>,
    heights: PyBuffer<f64>,
) -> PyResult<()> {
    let inputs = [extent(&correlation), extent(&periods), extent(&window)];
    check_disjoint(&[extent(&refined_periods), extent(&heights)], &inputs)?;
    let (correlation, periods, window) = (View::rows(&correlation)?, input(&periods)?, input(&window)?);
    let (out, heights) = (output(&refined_periods)?, output(&heights)?);
    let (frames, lags) = (correlation.shape[0], correlation.shape[1]);
    check(window.len() % 2 == 1 && lags > 0 && lags <= window.len() / 2, "lags")?;
    let first = window.len() / 2 + 1 - lags;
    check(first + 2 * REACHES[0] <= (window.len() - 1 - first) / 2, "too few lags")?;
    check(
        periods.len() == frames && out.len() == frames && heights.len() == frames,
        "shapes",
    )?;
    for frame in 0..frames {
        let (period, height) = refined(periods[frame] * STEPS, correlation.row(frame), first, window);
        out[frame] = period;
        heights[frame] = height;
    }
    Ok(())
}
