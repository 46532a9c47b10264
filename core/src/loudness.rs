//! Overlap-save filtering for the loudness.

use crate::arrays::{check, check_disjoint, extent, input, output, parts, View};
use crate::sums::dot;
use crate::transforms::{run, sized, with};
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use rustfft::num_complex::Complex;

vectorised! {
    /// Multiply a transform by the response of the filter and a scale.
    fn multiply(z: &mut [Complex<f32>], gains: &[f32], scale: f32) {
        for (value, gain) in z.iter_mut().zip(gains.chunks_exact(2)) {
            let (re, im) = (gain[0] * scale, gain[1] * scale);
            *value = Complex::new(value.re * re - value.im * im, value.re * im + value.im * re);
        }
    }
}

vectorised! {
    /// Add the weighted energy of each step of a signal, its parts interleaved.
    fn add_energies(signal: &[f32], weight: f32, out: &mut [f32]) {
        let step = signal.len() / out.len();
        for (to, samples) in out.iter_mut().zip(signal.chunks_exact(step)) {
            *to += weight * dot(samples, samples);
        }
    }
}

/// See `auralis_fp.analysis.kernels.overlap_save.filtered_energies`; complex arrays are passed as their parts.
#[pyfunction]
pub fn filtered_energies(
    signal: PyBuffer<f32>,
    gains: PyBuffer<f32>,
    weights: PyBuffer<f32>,
    overlap: usize,
    step: usize,
    out: PyBuffer<f32>,
) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&signal), extent(&gains), extent(&weights)])?;
    let (signal, gains, weights, out) = (View::rows(&signal)?, input(&gains)?, input(&weights)?, output(&out)?);
    let points = gains.len() / 2;
    check(
        gains.len() % 2 == 0 && overlap < points && step > 0 && (points - overlap) % step == 0,
        "response",
    )?;
    let steps = (points - overlap) / step;
    check(out.len() % steps == 0 && weights.len() == signal.shape[0], "shapes")?;
    let count = out.len() / steps;
    check(signal.shape[1] >= 2 * (overlap + count * (points - overlap)), "signal")?;
    out.fill(0.0);
    with(|transforms| {
        let (forward, inverse) = (transforms.forward(points), transforms.inverse(points));
        let mut scratch = transforms.take_scratch(&[&forward, &inverse]);
        let [first, second, ..] = &mut transforms.buffers;
        let (x, z) = (sized(first, points), sized(second, points));
        for (pair, &weight) in weights.iter().enumerate() {
            for (block, energies) in out.chunks_exact_mut(steps).enumerate() {
                let start = 2 * block * (points - overlap);
                let samples = &signal.row(pair)[start..start + 2 * points];
                for (value, sample) in x.iter_mut().zip(samples.chunks_exact(2)) {
                    *value = Complex::new(sample[0], sample[1]);
                }
                run(&forward, x, z, &mut scratch);
                multiply(z, gains, 1.0 / points as f32);
                run(&inverse, z, x, &mut scratch);
                add_energies(&parts(x)[2 * overlap..], weight, energies);
            }
        }
        transforms.give_scratch(scratch);
        Ok(())
    })
}
