//! Period picking on the YIN difference function (de Cheveigné & Kawahara 2002).

use crate::arrays::{check, check_disjoint, extent, input, output, OutputRows, View};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

/// Samples; shorter lags are searched in quarters of a sample.
const COARSE_FROM: usize = 25;
/// Frames whose sums are accumulated side by side; one alone would wait for each addition.
const AT_ONCE: usize = 4;

/// Return the nearest whole number, of two the even one.
pub fn rint(value: f64) -> f64 {
    if (value - value.trunc()).abs() == 0.5 {
        2.0 * (value / 2.0).round()
    } else {
        value.round()
    }
}

/// Return the offset of the vertex of the parabola through a maximum and its two neighbours, at most 1.
pub fn parabolic_offset(before: f64, peak: f64, after: f64) -> f64 {
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
    /// Return the threshold at a fine lag.
    fn fine_bound(&self, index: usize, cumulative: &[f32]) -> f32 {
        let (whole, fraction) = self.places[index];
        (cumulative[whole] * (1.0 - fraction) + cumulative[whole + 1] * fraction) * self.limits[index]
    }

    /// Return the lag of the first dip under the threshold.
    fn first_dip(&self, difference: &[f32], fine: &[f32], cumulative: &[f32]) -> Option<f64> {
        let (mut here, mut bound) = (fine[0], self.fine_bound(0, cumulative));
        for (index, &next) in fine.iter().enumerate().skip(1) {
            let next_bound = self.fine_bound(index, cumulative);
            if here < bound && here * next_bound <= next * bound {
                return Some(self.lags[index - 1]);
            }
            here = next;
            bound = next_bound;
        }
        let coarse = difference[COARSE_FROM..self.last + 1]
            .iter()
            .zip(&cumulative[COARSE_FROM - 1..]);
        for ((index, (&next, sum)), limit) in coarse.enumerate().zip(&self.limits[fine.len()..]) {
            let next_bound = sum * limit;
            if here < bound && here * next_bound <= next * bound {
                return Some(self.lags[fine.len() + index - 1]);
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
    let mut sums: [Vec<f32>; AT_ONCE] = Default::default();
    for row in sums.iter_mut() {
        row.resize(last, 0.0);
    }
    let search = Search {
        lags,
        limits,
        places,
        last,
    };
    for start in (0..frames).step_by(AT_ONCE) {
        let rows: [usize; AT_ONCE] = [0, 1, 2, 3].map(|step| (start + step).min(frames - 1));
        let values = rows.map(|row| &difference.row(row)[1..last + 1]);
        let mut totals = [0f32; AT_ONCE];
        for lag in 0..last {
            for (column, total) in totals.iter_mut().enumerate() {
                *total += values[column][lag];
                sums[column][lag] = *total;
            }
        }
        for (column, frame) in (start..frames.min(start + AT_ONCE)).enumerate() {
            cumulative.row(frame).copy_from_slice(&sums[column]);
            periods[frame] = search.period(difference.row(frame), fine.row(frame), &sums[column]);
        }
    }
    Ok(())
}
