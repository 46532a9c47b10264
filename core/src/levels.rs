//! Sample statistics of segments.

use crate::arrays::{check, check_disjoint, extent, output, OutputRows, View};
use crate::channels::copy_channel;
use crate::sums::{dot, statistics};
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

vectorised! {
    fn statistics_of(samples: &[f32]) -> [f32; 4] {
        statistics(samples)
    }
}

vectorised! {
    fn product_of(first: &[f32], second: &[f32]) -> f32 {
        dot(first, second)
    }
}

/// Where the statistics of segments go.
struct Results<'a> {
    levels: &'a mut [f32],
    products: &'a mut [f64],
    segments: usize,
}

impl Results<'_> {
    /// Measure a segment, its channels one after the other.
    fn measure(&mut self, segment: usize, samples: &[f32], length: usize) {
        let channels = samples.len() / length;
        for (first, one) in samples.chunks_exact(length).enumerate() {
            let found = statistics_of(one);
            for (kind, value) in found.iter().enumerate() {
                self.levels[(kind * channels + first) * self.segments + segment] = *value;
            }
            self.products[first * channels + first] += found[3] as f64;
            for second in first + 1..channels {
                let product = product_of(one, &samples[second * length..][..length]) as f64;
                self.products[first * channels + second] += product;
                self.products[second * channels + first] += product;
            }
        }
    }
}

/// See `auralis_fp.analysis.kernels.levels.segment_levels`; `levels` and `products` receive the results.
#[pyfunction]
pub fn segment_levels(
    block: PyBuffer<f32>,
    pending: PyBuffer<f32>,
    count: usize,
    length: usize,
    levels: PyBuffer<f32>,
    products: PyBuffer<f64>,
) -> PyResult<()> {
    let outputs = [extent(&pending), extent(&levels), extent(&products)];
    check_disjoint(&outputs, &[extent(&block)])?;
    let (block, mut pending) = (View::new(&block, 2)?, OutputRows::new(&pending)?);
    let (levels, products) = (output(&levels)?, output(&products)?);
    let (samples, channels) = (block.shape[0], block.shape[1]);
    let filled = count + samples;
    check(
        length > 0 && count <= pending.shape[1] && filled <= pending.shape[1],
        "pending samples",
    )?;
    check(channels > 0 && pending.shape[0] == channels, "channels")?;
    let segments = filled / length;
    check(
        levels.len() == 4 * channels * segments && products.len() == channels * channels,
        "results",
    )?;
    products.fill(0.0);
    let mut results = Results {
        levels,
        products,
        segments,
    };
    let mut planar = vec![0f32; channels * length];
    for segment in 0..segments {
        let start = segment * length;
        for (channel, to) in planar.chunks_exact_mut(length).enumerate() {
            let from_pending = count.saturating_sub(start).min(length);
            to[..from_pending].copy_from_slice(&pending.row(channel)[start.min(count)..][..from_pending]);
            copy_channel(
                &block,
                channel,
                (start + from_pending).saturating_sub(count),
                &mut to[from_pending..],
            );
        }
        results.measure(segment, &planar, length);
    }
    let left = segments * length;
    for channel in 0..channels {
        let row = pending.row(channel);
        if left < count {
            row.copy_within(left..count, 0);
        }
        let kept = count.saturating_sub(left);
        copy_channel(
            &block,
            channel,
            (left + kept).max(count) - count,
            &mut row[kept..filled - left],
        );
    }
    Ok(())
}
