//! Transforms of frames: the STFT with its two sub-bands, and the STFT of a sub-band.

use crate::arrays::{check, check_disjoint, extent, input, output, parts, parts_mut, OutputRows, View};
use crate::sums::{dot, sum};
use crate::transforms::{run, sized, squared, with, Plan};
use crate::vectorised::vectorised;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use rustfft::num_complex::Complex;

/// Frames between those that add to the stereo image.
const IMAGE_STEP: usize = 8;

/// A decimated sub-band: the gains of its bins (each twice), and where its samples go.
struct Band<'a> {
    gains: &'a [f32],
    tail: &'a mut [f32],
    out: &'a mut [f32],
    plan: Plan,
    remove_dc: bool,
}

impl Band<'_> {
    fn new<'a>(
        gains: &'a PyBuffer<f32>,
        tail: &'a PyBuffer<f32>,
        out: &'a PyBuffer<f32>,
        frames: (usize, usize),
        plan: impl FnOnce(usize) -> Plan,
        remove_dc: bool,
    ) -> PyResult<Band<'a>> {
        let (gains, tail, out) = (input(gains)?, output(tail)?, output(out)?);
        let (count, length) = frames;
        let bins = (gains.len() + 2) / 4;
        check(
            gains.len() % 4 == 2 && 2 * bins - 1 <= tail.len() && 2 * bins - 1 <= length,
            "gains of a sub-band",
        )?;
        check(
            tail.len() >= 2 && tail.len() % 2 == 0 && out.len() == count * tail.len(),
            "samples of a sub-band",
        )?;
        let plan = plan(tail.len());
        Ok(Band {
            gains,
            tail,
            out,
            plan,
            remove_dc,
        })
    }

    /// Add the samples of one frame with transform `z`; `work` holds two buffers of at least as many points.
    fn add(&mut self, index: usize, z: &[Complex<f32>], work: [&mut [Complex<f32>]; 2], scratch: &mut [Complex<f32>]) {
        let points = self.tail.len();
        let [band, pieces] = work;
        let (band, pieces) = (&mut band[..points], &mut pieces[..points]);
        lowest_bins(z, self.gains, band, self.remove_dc);
        run(&self.plan, band, pieces, scratch);
        overlap_add(
            parts(pieces),
            self.tail,
            &mut self.out[index * points..(index + 1) * points],
        );
    }
}

vectorised! {
    /// Write the lowest bins of a transform times their gains, for an inverse transform that is not scaled.
    fn lowest_bins(z: &[Complex<f32>], gains: &[f32], band: &mut [Complex<f32>], remove_dc: bool) {
        let (points, bins) = (band.len(), (gains.len() + 2) / 4);
        let scale = 1.0 / points as f32;
        let (above, below) = gains.split_at(2 * bins);
        scaled(parts(&z[..bins]), above, scale, parts_mut(&mut band[..bins]));
        scaled(parts(&z[z.len() + 1 - bins..]), below, scale, parts_mut(&mut band[points + 1 - bins..]));
        band[bins..points + 1 - bins].fill(Complex::default());
        if remove_dc {
            let half = band[0] / 2.0;
            band[1 % points] += half;
            band[points - 1] += half;
            band[0] = Complex::default();
        }
    }
}

vectorised! {
    /// Write the sum of a frame's first half and the previous frame's second half, and keep its second half.
    fn overlap_add(pieces: &[f32], tail: &mut [f32], out: &mut [f32]) {
        let (first, second) = pieces.split_at(tail.len());
        for ((sample, value), tail) in out.iter_mut().zip(first).zip(tail.iter()) {
            *sample = value + tail;
        }
        tail.copy_from_slice(second);
    }
}

#[inline(always)]
fn scaled(values: &[f32], gains: &[f32], scale: f32, out: &mut [f32]) {
    for ((to, value), gain) in out.iter_mut().zip(values).zip(gains) {
        *to = value * gain * scale;
    }
}

/// Frames of some channels of an interleaved signal.
struct Frames<'a> {
    view: View<'a, f32>,
    left: usize,
    right: usize,
}

impl<'a> Frames<'a> {
    fn new(buffer: &'a PyBuffer<f32>, left: usize, right: usize) -> PyResult<Self> {
        let view = View::new(buffer, 3)?;
        check(left < view.shape[2] && right < view.shape[2], "channel")?;
        Ok(Frames { view, left, right })
    }

    /// Return the samples of two channels of a frame, interleaved; `gathered` receives them if they are not yet.
    fn samples<'b>(&'b self, index: usize, gathered: &'b mut [f32]) -> &'b [f32] {
        let (length, strides) = (self.view.shape[1], &self.view.strides);
        let frame = &self.view.data[index * strides[0]..];
        if self.right == self.left + 1 && strides[1] == 2 && strides[2] == 1 {
            return &frame[self.left..self.left + 2 * length];
        }
        let (left, right) = (self.left * strides[2], self.right * strides[2]);
        for (sample, pair) in gathered[..2 * length].chunks_exact_mut(2).enumerate() {
            pair[0] = frame[sample * strides[1] + left];
            pair[1] = if left == right {
                0.0
            } else {
                frame[sample * strides[1] + right]
            };
        }
        &gathered[..2 * length]
    }
}

vectorised! {
    fn windowed(samples: &[f32], window: &[f32], out: &mut [f32]) {
        for ((to, sample), gain) in out.iter_mut().zip(samples).zip(window) {
            *to = sample * gain;
        }
    }
}

vectorised! {
    fn energy_of(samples: &[f32]) -> f32 {
        dot(samples, samples)
    }
}

vectorised! {
    /// Write the one-sided power of the lowest bins without the frame's mean; return the power of all bins with it, and
    /// that above the lowest.
    fn one_sided(z: &[Complex<f32>], both: &mut [f32], out: &mut [f32], energy: &mut [f64], product: &mut [f64]) -> (f32, f32) {
        let (length, bins) = (z.len(), out.len());
        squared(z, both);
        let whole = sum(both);
        add_image(z, both, energy, product);
        let half = z[0] / 2.0;
        both[0] = 0.0;
        both[1] = (z[1] + half).norm_sqr();
        both[length - 1] = (z[length - 1] + half).norm_sqr();
        let (above, below) = (&both[1..bins], &both[length + 1 - bins..]);
        for ((to, up), down) in out[1..].iter_mut().zip(above).zip(below.iter().rev()) {
            *to = up + down;
        }
        out[0] = 0.0;
        if bins == length / 2 + 1 {
            out[bins - 1] /= 2.0;
        }
        (whole, if length + 1 > 2 * bins { sum(&both[bins..length + 1 - bins]) } else { 0.0 })
    }
}

/// Add the energy of a frame, and the product of its channels, to the stereo image.
#[inline(always)]
fn add_image(z: &[Complex<f32>], both: &[f32], energy: &mut [f64], product: &mut [f64]) {
    let length = z.len();
    for bin in 1..energy.len() {
        let (up, down) = (z[bin], z[length - bin]);
        energy[bin] += (both[bin] + both[length - bin]) as f64 / 2.0;
        product[bin] += (up.re * down.im + up.im * down.re) as f64 / 2.0;
    }
}

/// See `auralis_fp.analysis.kernels.stft.transform_pair`; `energies` receives the three results, shape (3, frames).
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub fn transform_pair(
    frames: PyBuffer<f32>,
    left: usize,
    right: usize,
    window: PyBuffer<f32>,
    mid: (PyBuffer<f32>, PyBuffer<f32>, PyBuffer<f32>),
    low: (PyBuffer<f32>, PyBuffer<f32>, PyBuffer<f32>),
    spectrum: PyBuffer<f32>,
    energies: PyBuffer<f32>,
    image: Option<PyBuffer<f64>>,
) -> PyResult<()> {
    let mut outputs = vec![extent(&mid.1), extent(&mid.2), extent(&low.1), extent(&low.2)];
    outputs.extend([extent(&spectrum), extent(&energies)]);
    outputs.extend(image.iter().map(extent));
    check_disjoint(
        &outputs,
        &[extent(&frames), extent(&window), extent(&mid.0), extent(&low.0)],
    )?;
    let source = Frames::new(&frames, left, right)?;
    let (count, length) = (source.view.shape[0], source.view.shape[1]);
    let (window, mut spectrum, energies) = (input(&window)?, OutputRows::new(&spectrum)?, output(&energies)?);
    let mut nothing: [f64; 0] = [];
    let image = match &image {
        Some(buffer) => output(buffer)?,
        None => &mut nothing[..],
    };
    let bins = spectrum.shape[1];
    check(length >= 2 && length % 2 == 0 && window.len() == 2 * length, "window")?;
    check(
        spectrum.shape[0] == count && bins >= 2 && bins <= length / 2 + 1,
        "spectrum",
    )?;
    check(
        energies.len() == 3 * count && image.len() % 2 == 0 && image.len() <= length,
        "sums",
    )?;
    let (energy, product) = image.split_at_mut(image.len() / 2);
    let (frame_energy, others) = energies.split_at_mut(count);
    let (windowed_energy, above) = others.split_at_mut(count);
    with(|transforms| {
        let plan = transforms.forward(length);
        let mut mid = Band::new(&mid.0, &mid.1, &mid.2, (count, length), |n| transforms.inverse(n), true)?;
        let mut low = Band::new(
            &low.0,
            &low.1,
            &low.2,
            (count, length),
            |n| transforms.inverse(n),
            false,
        )?;
        let mut scratch = transforms.take_scratch(&[&plan, &mid.plan, &low.plan]);
        let most = mid.tail.len().max(low.tail.len());
        if transforms.floats.len() < 3 * length {
            transforms.floats.resize(3 * length, 0.0);
        }
        let (gathered, both) = transforms.floats.split_at_mut(2 * length);
        let both = &mut both[..length];
        let [first, second, third, fourth] = &mut transforms.buffers;
        let (x, z, band, pieces) = (
            sized(first, length),
            sized(second, length),
            sized(third, most),
            sized(fourth, most),
        );
        let mut half_energy = 0.0;
        for index in 0..count {
            let samples = source.samples(index, gathered);
            if index == 0 {
                half_energy = energy_of(&samples[..length]);
            }
            let next_energy = energy_of(&samples[length..]);
            frame_energy[index] = (half_energy + next_energy) / length as f32;
            half_energy = next_energy;
            windowed(samples, window, parts_mut(x));
            run(&plan, x, z, &mut scratch);
            mid.add(index, z, [&mut *band, &mut *pieces], &mut scratch);
            low.add(index, z, [&mut *band, &mut *pieces], &mut scratch);
            let shown = if index % IMAGE_STEP == 0 { energy.len() } else { 0 };
            let (whole, rest) = one_sided(
                z,
                both,
                spectrum.row(index),
                &mut energy[..shown],
                &mut product[..shown],
            );
            windowed_energy[index] = whole;
            above[index] = rest;
        }
        transforms.give_scratch(scratch);
        Ok(())
    })
}

vectorised! {
    /// Write, or add, the one-sided power of a transform without its Nyquist bin.
    fn fold(z: &[Complex<f32>], both: &mut [f32], add: bool, out: &mut [f32]) {
        squared(z, both);
        let half = out.len();
        let (above, below) = (&both[1..half], &both[half + 1..]);
        if add {
            out[0] += both[0];
            for ((to, up), down) in out[1..].iter_mut().zip(above).zip(below.iter().rev()) {
                *to += up + down;
            }
        } else {
            out[0] = both[0];
            for ((to, up), down) in out[1..].iter_mut().zip(above).zip(below.iter().rev()) {
                *to = up + down;
            }
        }
    }
}

/// See `auralis_fp.analysis.kernels.subband.subband_power`; `out` receives the power, shape (frames, frame_length / 2).
#[pyfunction]
pub fn subband_power(frames: PyBuffer<f32>, window: PyBuffer<f32>, out: PyBuffer<f32>) -> PyResult<()> {
    check_disjoint(&[extent(&out)], &[extent(&frames), extent(&window)])?;
    let (window, mut out) = (input(&window)?, OutputRows::new(&out)?);
    let shape = View::new(&frames, 3)?.shape;
    let (count, length, channels) = (shape[0], shape[1], shape[2]);
    check(
        length >= 2 && length % 2 == 0 && window.len() == 2 * length && out.shape == [count, length / 2],
        "window or power",
    )?;
    check(channels >= 2 && channels % 2 == 0, "channels")?;
    with(|transforms| {
        let plan = transforms.forward(length);
        let mut scratch = transforms.take_scratch(&[&plan]);
        if transforms.floats.len() < 3 * length {
            transforms.floats.resize(3 * length, 0.0);
        }
        let (gathered, both) = transforms.floats.split_at_mut(2 * length);
        let [first, second, ..] = &mut transforms.buffers;
        let (x, z) = (sized(first, length), sized(second, length));
        for left in (0..channels).step_by(2) {
            let source = Frames::new(&frames, left, left + 1)?;
            for index in 0..count {
                windowed(source.samples(index, gathered), window, parts_mut(x));
                run(&plan, x, z, &mut scratch);
                fold(z, &mut both[..length], left > 0, out.row(index));
            }
        }
        transforms.give_scratch(scratch);
        Ok(())
    })
}
