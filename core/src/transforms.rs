//! Fourier transforms with their plans and working memory, one set a thread.

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftDirection, FftPlanner};
use std::cell::RefCell;
use std::sync::Arc;

pub type Plan = Arc<dyn Fft<f32>>;

/// Planner and working memory of a thread.
pub struct Transforms {
    planner: FftPlanner<f32>,
    scratch: Vec<Complex<f32>>,
    /// Buffers that kernels reuse from call to call.
    pub buffers: [Vec<Complex<f32>>; 4],
    pub floats: Vec<f32>,
}

thread_local! {
    static TRANSFORMS: RefCell<Transforms> = RefCell::new(Transforms {
        planner: FftPlanner::new(),
        scratch: Vec::new(),
        buffers: Default::default(),
        floats: Vec::new(),
    });
}

/// Call a function with the transforms of this thread.
pub fn with<R>(function: impl FnOnce(&mut Transforms) -> R) -> R {
    TRANSFORMS.with(|transforms| function(&mut transforms.borrow_mut()))
}

impl Transforms {
    pub fn forward(&mut self, length: usize) -> Plan {
        self.planner.plan_fft(length, FftDirection::Forward)
    }

    /// The inverse transform is not divided by its length.
    pub fn inverse(&mut self, length: usize) -> Plan {
        self.planner.plan_fft(length, FftDirection::Inverse)
    }

    /// Take working memory for a plan; give it back with `give_scratch`.
    pub fn take_scratch(&mut self, plans: &[&Plan]) -> Vec<Complex<f32>> {
        let size = plans
            .iter()
            .map(|plan| plan.get_outofplace_scratch_len())
            .max()
            .unwrap_or(0);
        let mut scratch = std::mem::take(&mut self.scratch);
        if scratch.len() < size {
            scratch.resize(size, Complex::default());
        }
        scratch
    }

    pub fn give_scratch(&mut self, scratch: Vec<Complex<f32>>) {
        self.scratch = scratch;
    }
}

/// Return a buffer of this length, its content undefined.
pub fn sized(buffer: &mut Vec<Complex<f32>>, length: usize) -> &mut [Complex<f32>] {
    if buffer.len() < length {
        buffer.resize(length, Complex::default());
    }
    &mut buffer[..length]
}

/// Transform `input`, whose content is lost, into `out`.
pub fn run(plan: &Plan, input: &mut [Complex<f32>], out: &mut [Complex<f32>], scratch: &mut [Complex<f32>]) {
    plan.process_outofplace_with_scratch(input, out, scratch);
}

/// Write the squared magnitudes of complex values.
#[inline(always)]
pub fn squared(z: &[Complex<f32>], out: &mut [f32]) {
    for (value, complex) in out.iter_mut().zip(z) {
        *value = complex.re * complex.re + complex.im * complex.im;
    }
}
