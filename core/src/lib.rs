//! Compiled kernels of auralis-fp.
//!
//! Each function computes what the NumPy function of the same name in `auralis_fp.analysis.kernels` defines. Arrays come
//! and go through the buffer protocol; complex arrays are passed as their interleaved real and imaginary parts.

mod arrays;
mod hpss;
mod stft;
mod sums;
mod transforms;
mod vectorised;

use pyo3::prelude::*;

/// Version of the functions' signatures and meaning; auralis-fp uses the kernels only if it expects the same.
const INTERFACE: u32 = 1;

#[pymodule]
fn auralis_fp_core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("INTERFACE", INTERFACE)?;
    module.add_function(wrap_pyfunction!(stft::transform_pair, module)?)?;
    module.add_function(wrap_pyfunction!(stft::subband_power, module)?)?;
    module.add_function(wrap_pyfunction!(hpss::write_codes, module)?)?;
    module.add_function(wrap_pyfunction!(hpss::harmonic_energy, module)?)?;
    Ok(())
}
