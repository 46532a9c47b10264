//! Compiled kernels of auralis-fp.
//!
//! Each function computes what the NumPy function of the same name in `auralis_fp.analysis.kernels` defines. Arrays come
//! and go through the buffer protocol; complex arrays are passed as their interleaved real and imaginary parts.

mod arrays;
mod channels;
mod hpss;
mod levels;
mod loudness;
mod onsets;
mod pitch;
mod refinement;
mod spectral;
mod stft;
mod sums;
mod tempo;
mod transforms;
mod vectorised;

use pyo3::prelude::*;

/// Version of the functions' signatures and meaning; auralis-fp uses the kernels only if it expects the same.
const INTERFACE: u32 = 5;

#[pymodule]
fn auralis_fp_core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("INTERFACE", INTERFACE)?;
    module.add_function(wrap_pyfunction!(stft::transform_pair, module)?)?;
    module.add_function(wrap_pyfunction!(stft::subband_power, module)?)?;
    module.add_function(wrap_pyfunction!(hpss::write_codes, module)?)?;
    module.add_function(wrap_pyfunction!(hpss::harmonic_energy, module)?)?;
    module.add_function(wrap_pyfunction!(spectral::spectral_centroid, module)?)?;
    module.add_function(wrap_pyfunction!(spectral::spectral_rolloff, module)?)?;
    module.add_function(wrap_pyfunction!(levels::segment_levels, module)?)?;
    module.add_function(wrap_pyfunction!(channels::copy_samples, module)?)?;
    module.add_function(wrap_pyfunction!(onsets::positive_differences, module)?)?;
    module.add_function(wrap_pyfunction!(onsets::onset_changes, module)?)?;
    module.add_function(wrap_pyfunction!(onsets::note_novelty, module)?)?;
    module.add_function(wrap_pyfunction!(pitch::yin_periods, module)?)?;
    module.add_function(wrap_pyfunction!(refinement::refine_long_periods, module)?)?;
    module.add_function(wrap_pyfunction!(tempo::autocorrelation_tempogram, module)?)?;
    module.add_function(wrap_pyfunction!(loudness::filtered_energies, module)?)?;
    Ok(())
}
