//! Refinement of long pitch periods on the circular autocorrelation.

use crate::arrays::{check, check_disjoint, extent, input, output, View};
use crate::pitch::{parabolic_offset, rint};
use crate::sums::{dot, dots, sum};
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use std::ops::RangeInclusive;

/// Lags per sample.
const STEPS: f64 = 4.0;
/// Steps searched on either side of the period, round by round.
const REACHES: [usize; 3] = [16, 2, 2];
/// Share of a frame from which periods are refined.
const LONG: f64 = 0.2;
/// Threshold for the longest periods.
const RELAXED: f32 = 0.3;
const THRESHOLD: f64 = 0.15;
/// Frames whose power is averaged.
const AROUND: usize = 5;
/// Lags whose correlations are computed side by side.
const AT_ONCE: usize = 4;

vectorised! {
    fn product(power: &[f32], cosines: &[f32]) -> f32 {
        dot(power, cosines)
    }
}

vectorised! {
    fn products(power: &[f32], cosines: [&[f32]; AT_ONCE]) -> [f32; AT_ONCE] {
        dots(power, cosines)
    }
}

vectorised! {
    fn add(values: &[f32], to: &mut [f32]) {
        for (to, value) in to.iter_mut().zip(values) {
            *to += value;
        }
    }
}

vectorised! {
    fn sum_of(values: &[f32]) -> f32 {
        sum(values)
    }
}

/// The circular autocorrelation of one frame, computed lag by lag where it is needed.
struct Correlation<'a> {
    cosines: &'a View<'a, f32>,
    window: &'a [f64],
    first: usize,
    power: Vec<f32>,
    known: Vec<f32>,
}

impl Correlation<'_> {
    /// Return the place of a lag in the tables.
    fn index(&self, lag: usize) -> usize {
        lag.min(self.window.len() - 1 - lag) - self.first
    }

    /// Compute most of the correlations at a range of lags.
    fn prepare(&mut self, lags: RangeInclusive<usize>) {
        let (mut places, mut count) = ([0; AT_ONCE], 0);
        for lag in lags {
            places[count] = self.index(lag);
            count += self.known[places[count]].is_nan() as usize;
            if count == AT_ONCE {
                let rows = places.map(|place| self.cosines.row(place));
                let found = products(&self.power[..self.cosines.shape[1]], rows);
                for (place, value) in places.into_iter().zip(found) {
                    self.known[place] = value;
                }
                count = 0;
            }
        }
    }

    fn at(&mut self, lag: usize) -> f64 {
        let index = self.index(lag);
        if self.known[index].is_nan() {
            let cosines = self.cosines.row(index);
            self.known[index] = product(&self.power[..cosines.len()], cosines);
        }
        self.known[index] as f64
    }

    /// Refine a period in samples; return it and the signal's own correlation there.
    fn refined(&mut self, period: f64) -> (f64, f64) {
        self.known.fill(f32::NAN);
        let circle = self.window.len() - 1;
        let (mut period, mut height) = (period * STEPS, 0.0);
        let mut own = [0f64; 2 * REACHES[0] + 1];
        for reach in REACHES {
            let (least, most) = (self.first + reach, (circle - self.first) / 2 - reach);
            let on = rint(period).clamp(least as f64, most as f64) as usize;
            self.prepare(on - reach..=on + reach);
            self.prepare(circle - 2 * on - reach..=circle - 2 * on + reach);
            for (index, value) in own[..2 * reach + 1].iter_mut().enumerate() {
                let lag = on + index - reach;
                let after = circle - lag - on;
                let window = self.window;
                let (near, far, far_after, near_after) =
                    (window[lag], window[circle - lag], window[after], window[lag + on]);
                *value = (self.at(lag) * far_after - self.at(after) * far) / (near * far_after - far * near_after);
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
}

/// The arrays of a call.
struct Frames<'a> {
    power: View<'a, f32>,
    difference: View<'a, f32>,
    cumulative: View<'a, f32>,
    doubtful_from: usize,
}

impl Frames<'_> {
    /// Return the frame and two on either side; at an end the outermost one stands in for those that are missing.
    fn around(&self, frame: usize) -> [usize; AROUND] {
        let last = self.power.shape[0] - 1;
        [0, 1, 2, 3, 4].map(|step| (frame + step).saturating_sub(2).min(last))
    }

    /// Write the power of a frame, or the mean around it.
    fn power_of(&self, frame: usize, averaged: bool, to: &mut [f32]) {
        if !averaged {
            to.copy_from_slice(self.power.row(frame));
            return;
        }
        to.fill(0.0);
        for near in self.around(frame) {
            add(self.power.row(near), to);
        }
        for value in to.iter_mut() {
            *value /= AROUND as f32;
        }
    }

    /// Return the lag of the deepest dip from `doubtful_from` on, if one is under the relaxed threshold.
    fn doubtful_lag(&self, frame: usize) -> Option<usize> {
        let (difference, cumulative) = (self.difference.row(frame), self.cumulative.row(frame));
        let (mut found, mut deepest, mut under) = (self.doubtful_from, f64::INFINITY, false);
        for lag in self.doubtful_from..cumulative.len() + 1 {
            let depth = difference[lag] as f64 * lag as f64;
            let limit = (cumulative[lag - 1] * RELAXED) as f64;
            under |= depth < limit;
            if depth / limit < deepest {
                deepest = depth / limit;
                found = lag;
            }
        }
        under.then(|| found)
    }

    /// Return the refined period of a doubtful frame if the dip is deep enough around it, or else infinity.
    fn steady(&self, frame: usize, lag: usize, correlation: &mut Correlation) -> f64 {
        let (period, height) = correlation.refined(lag as f64);
        let points = (correlation.window.len() - 1) as f64 / STEPS;
        let at_zero = (2.0 / points) as f32 * sum_of(&correlation.power);
        let sums = self.around(frame).map(|near| self.cumulative.row(near)[lag - 1]);
        let mean = sums.iter().sum::<f32>() / AROUND as f32;
        if (at_zero as f64 - height) * period < THRESHOLD * mean as f64 {
            period
        } else {
            f64::INFINITY
        }
    }
}

/// See `auralis_fp.analysis.kernels.pitch.refine_long_periods`.
#[pyfunction]
pub fn refine_long_periods(
    power: PyBuffer<f32>,
    difference: PyBuffer<f32>,
    cumulative: PyBuffer<f32>,
    periods: PyBuffer<f64>,
    doubtful_from: usize,
    cosines: PyBuffer<f32>,
    window: PyBuffer<f64>,
) -> PyResult<()> {
    let inputs = [
        extent(&power),
        extent(&difference),
        extent(&cumulative),
        extent(&cosines),
    ];
    check_disjoint(&[extent(&periods)], &inputs)?;
    check_disjoint(&[extent(&periods)], &[extent(&window)])?;
    let frames = Frames {
        power: View::rows(&power)?,
        difference: View::rows(&difference)?,
        cumulative: View::rows(&cumulative)?,
        doubtful_from,
    };
    let (periods, cosines, window) = (output(&periods)?, View::rows(&cosines)?, input(&window)?);
    let (count, bins, lags) = (frames.power.shape[0], frames.power.shape[1], cosines.shape[0]);
    check(
        periods.len() == count && frames.difference.shape[0] == count && frames.cumulative.shape[0] == count,
        "frames",
    )?;
    let last = frames.cumulative.shape[1];
    check(doubtful_from > 0 && frames.difference.shape[1] > last, "lags")?;
    check(cosines.shape[1] <= bins, "bins")?;
    check(window.len() % 2 == 1 && lags > 0 && lags <= window.len() / 2, "window")?;
    let first = window.len() / 2 + 1 - lags;
    let refinable = first + 2 * REACHES[0] <= (window.len() - 1 - first) / 2;
    let mut correlation = Correlation {
        cosines: &cosines,
        window,
        first,
        power: vec![0f32; bins],
        known: vec![f32::NAN; lags],
    };
    let long = LONG * ((window.len() - 1) as f64 / STEPS).floor();
    for frame in 0..count {
        let period = periods[frame];
        let doubtful = if period == f64::INFINITY {
            frames.doubtful_lag(frame)
        } else {
            None
        };
        if doubtful.is_none() && !(period.is_finite() && period >= long) {
            continue;
        }
        check(refinable, "too few lags")?;
        let averaged = doubtful.is_some() || period >= doubtful_from as f64;
        frames.power_of(frame, averaged, &mut correlation.power);
        periods[frame] = match doubtful {
            Some(lag) => frames.steady(frame, lag, &mut correlation),
            None => correlation.refined(period).0,
        };
    }
    Ok(())
}
