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
    extremes(values).1
}

/// Return the least and the greatest value; a value that is not a number becomes both.
#[inline(always)]
pub fn extremes(values: &[f32]) -> (f32, f32) {
    let first = values[0];
    let (mut low, mut high, mut unordered) = ([first; LANES], [first; LANES], [0f32; LANES]);
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            let value = chunk[lane];
            low[lane] = if value < low[lane] { value } else { low[lane] };
            high[lane] = if value > high[lane] { value } else { high[lane] };
            unordered[lane] += value - value; // 0 for every number
        }
    }
    let (mut least, mut most, mut sum) = (first, first, 0f32);
    for value in low.iter().chain(&high).chain(rest) {
        least = if *value < least { *value } else { least };
        most = if *value > most { *value } else { most };
        sum += value - value;
    }
    sum += unordered.iter().sum::<f32>();
    if sum == 0.0 {
        (least, most)
    } else if values.iter().any(|value| value.is_nan()) {
        (f32::NAN, f32::NAN)
    } else {
        (least, most)
    }
}
