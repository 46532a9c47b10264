//! Sample statistics of segments.

use crate::arrays::{check, check_disjoint, extent, output, OutputRows, View};
use crate::channels::copy_channel;
use crate::sums::{dot, interleaved_statistics, statistics, stereo_statistics};
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

vectorised! {
    fn statistics_of(samples: &[f32]) -> [f32; 4] {
        statistics(samples)
    }
}

vectorised! {
    fn stereo_statistics_of(left: &[f32], right: &[f32]) -> ([[f32; 4]; 2], f32) {
        stereo_statistics(left, right)
    }
}

vectorised! {
    fn interleaved_statistics_of(samples: &[f32]) -> ([[f32; 4]; 2], f32) {
        interleaved_statistics(samples)
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
    /// Store the statistics of a channel, and add its energy.
    fn store(&mut self, segment: usize, channel: usize, channels: usize, found: [f32; 4]) {
        for (kind, value) in found.iter().enumerate() {
            self.levels[(kind * channels + channel) * self.segments + segment] = *value;
        }
        self.products[channel * channels + channel] += found[3] as f64;
    }

    /// Store the statistics of two channels.
    fn store_stereo(&mut self, segment: usize, (found, product): ([[f32; 4]; 2], f32)) {
        self.store(segment, 0, 2, found[0]);
        self.store(segment, 1, 2, found[1]);
        self.products[1] += product as f64;
        self.products[2] += product as f64;
    }

    /// Measure a segment, its channels one after the other.
    fn measure(&mut self, segment: usize, samples: &[f32], length: usize) {
        let channels = samples.len() / length;
        if channels == 2 {
            let (left, right) = samples.split_at(length);
            return self.store_stereo(segment, stereo_statistics_of(left, right));
        }
        for (first, one) in samples.chunks_exact(length).enumerate() {
            self.store(segment, first, channels, statistics_of(one));
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
        if start >= count && channels == 2 && block.strides[0] == 1 {
            let (left, right) = (start - count, start - count + block.strides[1]);
            let (left, right) = (&block.data[left..left + length], &block.data[right..right + length]);
            results.store_stereo(segment, stereo_statistics_of(left, right));
            continue;
        }
        if start >= count && channels == 2 && block.strides[..] == [2, 1] {
            let samples = &block.data[2 * (start - count)..][..2 * length];
            results.store_stereo(segment, interleaved_statistics_of(samples));
            continue;
        }
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
