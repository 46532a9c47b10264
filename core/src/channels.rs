//! Copies between interleaved and planar samples.

use crate::arrays::{check, check_disjoint, extent, OutputRows, View};
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

vectorised! {
    /// Copy every `stride`-th value.
    fn gather(values: &[f32], stride: usize, out: &mut [f32]) {
        if stride == 2 {
            for (to, pair) in out.iter_mut().zip(values.chunks(2)) {
                *to = pair[0];
            }
        } else {
            for (to, samples) in out.iter_mut().zip(values.chunks(stride)) {
                *to = samples[0];
            }
        }
    }
}

/// Copy samples of a channel of a block, shape (samples, channels), from sample `first` on.
pub fn copy_channel(block: &View<f32>, channel: usize, first: usize, out: &mut [f32]) {
    if out.is_empty() {
        return;
    }
    let stride = block.strides[0];
    let values = &block.data[channel * block.strides[1] + first * stride..];
    if stride == 1 {
        out.copy_from_slice(&values[..out.len()]);
    } else {
        gather(values, stride.max(1), out);
    }
}

vectorised! {
    fn interleave(left: &[f32], right: &[f32], out: &mut [f32]) {
        for ((pair, left), right) in out.chunks_exact_mut(2).zip(left).zip(right) {
            pair[0] = *left;
            pair[1] = *right;
        }
    }
}

/// See `auralis_fp.analysis.kernels.framing.copy_samples`.
#[pyfunction]
pub fn copy_samples(block: PyBuffer<f32>, out: PyBuffer<f32>) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&block)])?;
    let (block, mut out) = (View::new(&block, 2)?, OutputRows::new(&out)?);
    check(out.shape[..] == block.shape[..], "shapes")?;
    let (samples, channels) = (block.shape[0], block.shape[1]);
    if samples * channels == 0 {
        return Ok(());
    }
    let to = out.contiguous()?;
    if block.strides[0] == channels && (channels == 1 || block.strides[1] == 1) {
        to.copy_from_slice(&block.data[..samples * channels]);
    } else if channels == 2 && block.strides[0] == 1 {
        let (left, right) = (&block.data[..samples], &block.data[block.strides[1]..]);
        interleave(left, &right[..samples], to);
    } else {
        for (sample, row) in to.chunks_exact_mut(channels).enumerate() {
            for (channel, value) in row.iter_mut().enumerate() {
                *value = block.data[sample * block.strides[0] + channel * block.strides[1]];
            }
        }
    }
    Ok(())
}
