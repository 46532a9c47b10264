//! Sample statistics of segments.

use crate::arrays::{check, check_disjoint, extent, output, OutputRows, View};
use crate::sums::{dot, extremes, sum};
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

/// Contiguous segments of several channels, shape (channels, segments, samples).
struct Segments<'a> {
    view: View<'a, f32>,
}

impl<'a> Segments<'a> {
    fn new(buffer: &'a PyBuffer<f32>) -> PyResult<Self> {
        let view = View::new(buffer, 3)?;
        check(
            view.shape[2] > 0 && (view.shape[2] == 1 || view.strides[2] == 1),
            "segments are not contiguous",
        )?;
        Ok(Segments { view })
    }

    fn count(&self) -> usize {
        self.view.shape[0] * self.view.shape[1]
    }

    fn of(&self, channel: usize, segment: usize) -> &'a [f32] {
        let start = channel * self.view.strides[0] + segment * self.view.strides[1];
        &self.view.data[start..start + self.view.shape[2]]
    }

    /// Return all segments, channel by channel.
    fn all(&self) -> impl Iterator<Item = &'a [f32]> + '_ {
        let segments = self.view.shape[1];
        (0..self.count()).map(move |index| self.of(index / segments, index % segments))
    }
}

vectorised! {
    fn extremes_of(samples: &[f32]) -> (f32, f32) {
        extremes(samples)
    }
}

vectorised! {
    fn sums_of(samples: &[f32]) -> (f32, f32) {
        (sum(samples), dot(samples, samples))
    }
}

vectorised! {
    fn product_of(first: &[f32], second: &[f32]) -> f32 {
        dot(first, second)
    }
}

/// Call a function for each segment and write its two results.
fn for_each(
    segments: PyBuffer<f32>,
    first: PyBuffer<f32>,
    second: PyBuffer<f32>,
    function: fn(&[f32]) -> (f32, f32),
) -> PyResult<()> {
    check_disjoint(&[extent(&first), extent(&second)], &[extent(&segments)])?;
    let (segments, first, second) = (Segments::new(&segments)?, output(&first)?, output(&second)?);
    check(
        first.len() == segments.count() && second.len() == segments.count(),
        "shapes",
    )?;
    for (samples, to) in segments.all().zip(first.iter_mut().zip(second)) {
        let (one, other) = function(samples);
        *to.0 = one;
        *to.1 = other;
    }
    Ok(())
}

/// See `auralis_fp.analysis.kernels.levels.segment_extremes`; the outputs receive the results.
#[pyfunction]
pub fn segment_extremes(segments: PyBuffer<f32>, minimum: PyBuffer<f32>, maximum: PyBuffer<f32>) -> PyResult<()> {
    for_each(segments, minimum, maximum, extremes_of)
}

/// See `auralis_fp.analysis.kernels.levels.segment_sums`; the outputs receive the results.
#[pyfunction]
pub fn segment_sums(segments: PyBuffer<f32>, total: PyBuffer<f32>, energy: PyBuffer<f32>) -> PyResult<()> {
    for_each(segments, total, energy, sums_of)
}

/// See `auralis_fp.analysis.kernels.levels.stereo_product`.
#[pyfunction]
pub fn stereo_product(segments: PyBuffer<f32>) -> PyResult<f64> {
    let segments = Segments::new(&segments)?;
    check(segments.view.shape[0] >= 2, "channels")?;
    let each = (0..segments.view.shape[1]).map(|index| product_of(segments.of(0, index), segments.of(1, index)) as f64);
    Ok(each.sum())
}

vectorised! {
    /// Copy one channel of an interleaved block.
    fn copy_channel(block: &[f32], stride: usize, out: &mut [f32]) {
        if stride == 2 {
            for (to, pair) in out.iter_mut().zip(block.chunks(2)) {
                *to = pair[0];
            }
        } else {
            for (to, samples) in out.iter_mut().zip(block.chunks(stride)) {
                *to = samples[0];
            }
        }
    }
}

/// See `auralis_fp.analysis.kernels.levels.copy_channels`.
#[pyfunction]
pub fn copy_channels(block: PyBuffer<f32>, out: PyBuffer<f32>) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&block)])?;
    let (block, mut out) = (View::new(&block, 2)?, OutputRows::new(&out)?);
    check(out.shape == [block.shape[1], block.shape[0]], "shapes")?;
    if block.data.is_empty() {
        return Ok(());
    }
    for channel in 0..block.shape[1] {
        copy_channel(
            &block.data[channel * block.strides[1]..],
            block.strides[0].max(1),
            out.row(channel),
        );
    }
    Ok(())
}
