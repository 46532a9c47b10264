//! Slices of NumPy arrays. All unsafe code of the crate is here.

use pyo3::buffer::{Element, PyBuffer};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rustfft::num_complex::Complex;
use std::ops::Range;

/// The elements that an array spans, and its shape and strides, both in elements.
pub struct View<'a, T> {
    pub data: &'a [T],
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

impl<'a, T: Element> View<'a, T> {
    /// Return a view of an array of `dimensions` dimensions with non-negative strides.
    pub fn new(buffer: &'a PyBuffer<T>, dimensions: usize) -> PyResult<Self> {
        let size = buffer.item_size();
        if buffer.dimensions() != dimensions {
            return Err(PyValueError::new_err("wrong number of dimensions"));
        }
        if buffer
            .strides()
            .iter()
            .any(|&stride| stride < 0 || stride as usize % size != 0)
        {
            return Err(PyValueError::new_err("negative or odd strides"));
        }
        let shape = buffer.shape().to_vec();
        let strides: Vec<usize> = buffer.strides().iter().map(|&stride| stride as usize / size).collect();
        // SAFETY: the buffer is alive and spans these elements, and its type is T. The interpreter's lock is held, and
        // no output overlaps it (see `check_disjoint`), so nothing changes the elements.
        let data = unsafe { elements(buffer.buf_ptr() as *const T, span(&shape, &strides)) };
        Ok(View { data, shape, strides })
    }

    /// Return a view of rows of contiguous elements.
    pub fn rows(buffer: &'a PyBuffer<T>) -> PyResult<Self> {
        let view = View::new(buffer, 2)?;
        if view.shape[1] > 1 && view.strides[1] != 1 {
            return Err(PyValueError::new_err("rows are not contiguous"));
        }
        Ok(view)
    }

    #[inline(always)]
    pub fn row(&self, index: usize) -> &'a [T] {
        let start = index * self.strides[0];
        &self.data[start..start + self.shape[1]]
    }
}

/// Return the elements of a contiguous array.
pub fn input<T: Element>(buffer: &PyBuffer<T>) -> PyResult<&[T]> {
    if !buffer.is_c_contiguous() {
        return Err(PyValueError::new_err("not contiguous"));
    }
    // SAFETY: as in `View::new`.
    Ok(unsafe { elements(buffer.buf_ptr() as *const T, buffer.item_count()) })
}

/// Return the elements of a contiguous array that the kernel writes.
#[allow(clippy::mut_from_ref)]
pub fn output<T: Element>(buffer: &PyBuffer<T>) -> PyResult<&mut [T]> {
    if !buffer.is_c_contiguous() || buffer.readonly() {
        return Err(PyValueError::new_err("not contiguous, or read-only"));
    }
    // SAFETY: as in `View::new`; each kernel calls this once for a buffer and `check_disjoint` for all of them.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer(buffer.buf_ptr() as *mut T), buffer.item_count()) })
}

/// Rows of contiguous elements that the kernel writes.
pub struct OutputRows<'a, T> {
    data: &'a mut [T],
    pub shape: [usize; 2],
    stride: usize,
}

impl<'a, T: Element> OutputRows<'a, T> {
    pub fn new(buffer: &'a PyBuffer<T>) -> PyResult<Self> {
        let view = View::rows(buffer)?;
        if buffer.readonly() {
            return Err(PyValueError::new_err("read-only"));
        }
        let (shape, stride, length) = ([view.shape[0], view.shape[1]], view.strides[0], view.data.len());
        if stride < shape[1] && shape[0] > 1 {
            return Err(PyValueError::new_err("rows overlap"));
        }
        // SAFETY: as in `output`; the shared slice of `view` is not used any more.
        let data = unsafe { std::slice::from_raw_parts_mut(pointer(buffer.buf_ptr() as *mut T), length) };
        Ok(OutputRows { data, shape, stride })
    }

    /// Return all elements of rows that follow each other without a gap.
    pub fn contiguous(&mut self) -> PyResult<&mut [T]> {
        check(self.stride == self.shape[1] || self.shape[0] < 2, "not contiguous")?;
        Ok(self.data)
    }

    #[inline(always)]
    pub fn row(&mut self, index: usize) -> &mut [T] {
        let start = index * self.stride;
        &mut self.data[start..start + self.shape[1]]
    }
}

/// Return the addresses that an array spans.
pub fn extent<T: Element>(buffer: &PyBuffer<T>) -> Range<usize> {
    let start = buffer.buf_ptr() as usize;
    if buffer.item_count() == 0 {
        return start..start;
    }
    let steps = buffer.shape().iter().zip(buffer.strides());
    let last: isize = steps.map(|(&count, &stride)| (count as isize - 1) * stride).sum();
    start..start + last.max(0) as usize + buffer.item_size()
}

/// Fail if an output overlaps another output or an input.
pub fn check_disjoint(outputs: &[Range<usize>], inputs: &[Range<usize>]) -> PyResult<()> {
    for (index, one) in outputs.iter().enumerate() {
        for other in outputs[..index].iter().chain(inputs) {
            if one.start < other.end && other.start < one.end {
                return Err(PyValueError::new_err("an output overlaps another array"));
            }
        }
    }
    Ok(())
}

/// Fail unless a condition on the shapes holds.
pub fn check(condition: bool, message: &'static str) -> PyResult<()> {
    if condition {
        Ok(())
    } else {
        Err(PyValueError::new_err(message))
    }
}

/// Return complex values as their interleaved parts.
#[inline(always)]
pub fn parts(values: &[Complex<f32>]) -> &[f32] {
    // SAFETY: Complex<f32> is two f32 without padding.
    unsafe { std::slice::from_raw_parts(values.as_ptr() as *const f32, 2 * values.len()) }
}

/// Return complex values as their interleaved parts, to be changed.
#[inline(always)]
pub fn parts_mut(values: &mut [Complex<f32>]) -> &mut [f32] {
    // SAFETY: as in `parts`.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr() as *mut f32, 2 * values.len()) }
}

fn span(shape: &[usize], strides: &[usize]) -> usize {
    if shape.contains(&0) {
        return 0;
    }
    1 + shape
        .iter()
        .zip(strides)
        .map(|(&count, &stride)| (count - 1) * stride)
        .sum::<usize>()
}

fn pointer<T>(start: *mut T) -> *mut T {
    if start.is_null() {
        std::ptr::NonNull::dangling().as_ptr()
    } else {
        start
    }
}

unsafe fn elements<'a, T>(start: *const T, count: usize) -> &'a [T] {
    std::slice::from_raw_parts(pointer(start as *mut T), count)
}
