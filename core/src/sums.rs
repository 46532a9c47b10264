//! Sums in several lanes, which the compiler turns into vector instructions and which round less than one running sum.

const LANES: usize = 16;

#[inline(always)]
fn total(lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    let mut lanes = lanes;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
pub fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    total(lanes) + rest
}

#[inline(always)]
pub fn dot(first: &[f32], second: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (a, b) = (first.chunks_exact(LANES), second.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a.zip(b) {
        for lane in 0..LANES {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    total(lanes) + rest
}

#[inline(always)]
pub fn greatest(values: &[f32]) -> f32 {
    let mut lanes = [values[0]; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    let all = lanes.iter().chain(rest);
    all.fold(values[0], |most, &value| if value > most { value } else { most })
}

/// Return the least and the greatest value, the sum, and the sum of squares; a value that is not a number becomes both
/// extremes.
#[inline(always)]
pub fn statistics(values: &[f32]) -> [f32; 4] {
    let (mut low, mut high) = ([values[0]; LANES], [values[0]; LANES]);
    let (mut sums, mut squares) = ([0f32; LANES], [0f32; LANES]);
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            let value = chunk[lane];
            low[lane] = if value < low[lane] { value } else { low[lane] };
            high[lane] = if value > high[lane] { value } else { high[lane] };
            sums[lane] += value;
            squares[lane] += value * value;
        }
    }
    let (mut least, mut most) = (values[0], values[0]);
    for value in low.iter().chain(&high).chain(rest) {
        least = if *value < least { *value } else { least };
        most = if *value > most { *value } else { most };
    }
    let sum = total(sums) + rest.iter().sum::<f32>();
    let energy = total(squares) + rest.iter().map(|value| value * value).sum::<f32>();
    if energy.is_nan() {
        [f32::NAN, f32::NAN, sum, energy] // no sum of squares of numbers is
    } else {
        [least, most, sum, energy]
    }
}
