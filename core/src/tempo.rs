//! Autocorrelation tempogram.

use crate::arrays::{check, check_disjoint, extent, output, OutputRows, View};
use crate::transforms::{run, sized, with};
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use rustfft::num_complex::Complex;

/// Share of a window's energy below which no correlation is computed.
const LEAST: f64 = 1e-9;

vectorised! {
    /// Write two windows as one complex signal, followed by zeros.
    fn join(first: &[f32], second: &[f32], out: &mut [Complex<f32>]) {
        for ((to, a), b) in out.iter_mut().zip(first).zip(second) {
            *to = Complex::new(*a, *b);
        }
        out[first.len()..].fill(Complex::default());
    }
}

/// Write the power spectra of the two signals whose joint transform is `z`, as real and imaginary parts.
fn separate_powers(z: &[Complex<f32>], out: &mut [Complex<f32>]) {
    let points = z.len();
    for (bin, to) in out.iter_mut().enumerate() {
        let (up, down) = (z[bin], z[(points - bin) % points].conj());
        *to = Complex::new((up + down).norm_sqr() / 4.0, (up - down).norm_sqr() / 4.0);
    }
}

/// Divide the products at each lag by the energies of the two parts of the window that they compare.
fn normalise(window: &[f32], products: impl Iterator<Item = f32>, energy: &mut [f64], out: &mut [f64]) {
    let length = window.len();
    for (index, sample) in window.iter().enumerate() {
        energy[index + 1] = energy[index] + (*sample as f64) * (*sample as f64);
    }
    let total = energy[length];
    for (lag, (to, product)) in out.iter_mut().zip(products).enumerate() {
        let scale = (energy[length - lag] * (total - energy[lag])).sqrt();
        *to = if scale > LEAST * total {
            product as f64 / scale
        } else {
            0.0
        };
    }
}

/// See `auralis_fp.analysis.kernels.tempo.autocorrelation_tempogram`; `out` receives the result, from transforms of
/// `points` points.
#[pyfunction]
pub fn autocorrelation_tempogram(windows: PyBuffer<f32>, points: usize, out: PyBuffer<f64>) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&windows)])?;
    let windows = View::rows(&windows)?;
    let lags = OutputRows::new(&out)?.shape[1];
    let out = output(&out)?;
    let (count, length) = (windows.shape[0], windows.shape[1]);
    check(lags > 0 && lags <= length && points >= length + lags, "lags")?;
    check(out.len() == count * lags, "shapes")?;
    let silence = vec![0f32; length];
    let mut energy = vec![0f64; length + 1];
    with(|transforms| {
        let (forward, inverse) = (transforms.forward(points), transforms.inverse(points));
        let mut scratch = transforms.take_scratch(&[&forward, &inverse]);
        let [first, second, ..] = &mut transforms.buffers;
        let (x, z) = (sized(first, points), sized(second, points));
        for (pair, rows) in out.chunks_mut(2 * lags).enumerate() {
            let one = windows.row(2 * pair);
            let other = if 2 * pair + 1 < count {
                windows.row(2 * pair + 1)
            } else {
                &silence
            };
            join(one, other, x);
            run(&forward, x, z, &mut scratch);
            separate_powers(z, x);
            run(&inverse, x, z, &mut scratch);
            let (to, others) = rows.split_at_mut(lags);
            let scale = 1.0 / points as f32;
            normalise(one, z.iter().map(|value| value.re * scale), &mut energy, to);
            normalise(other, z.iter().map(|value| value.im * scale), &mut energy, others);
        }
        transforms.give_scratch(scratch);
        Ok(())
    })
}
