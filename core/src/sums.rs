//! Sums in several lanes, which the compiler turns into vector instructions and which round less than one running sum.

const LANES: usize = 16;

#[inline(always)]
fn total<const COUNT: usize>(lanes: [f32; COUNT]) -> f32 {
    let mut width = COUNT / 2;
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
        add_products(&mut lanes, x, y);
    }
    total(lanes) + rest
}

/// Return the products of a vector and four others, each as `dot` does.
#[inline(always)]
pub fn dots(first: &[f32], others: [&[f32]; 4]) -> [f32; 4] {
    let length = first.len();
    let [one, two, three, four] = others.map(|other| &other[..length]);
    let (mut a, mut b, mut c, mut d) = ([0f32; LANES], [0f32; LANES], [0f32; LANES], [0f32; LANES]);
    let whole = length - length % LANES;
    for start in (0..whole).step_by(LANES) {
        let range = start..start + LANES;
        let x = &first[range.clone()];
        add_products(&mut a, x, &one[range.clone()]);
        add_products(&mut b, x, &two[range.clone()]);
        add_products(&mut c, x, &three[range.clone()]);
        add_products(&mut d, x, &four[range]);
    }
    let rest = |lanes, other: &[f32]| {
        let products = first[whole..].iter().zip(&other[whole..]).map(|(x, y)| x * y);
        total(lanes) + products.sum::<f32>()
    };
    [rest(a, one), rest(b, two), rest(c, three), rest(d, four)]
}

/// Add the products of `x` and `y` to the sums of each lane. Rust 1.63 vectorises this only by itself.
#[inline(always)]
fn add_products(lanes: &mut [f32; LANES], x: &[f32], y: &[f32]) {
    for lane in 0..LANES {
        lanes[lane] += x[lane] * y[lane];
    }
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
    with_nan([least, most, sum, energy])
}

/// Return statistics, both extremes not a number if the sum of squares is none, as no sum of squares of numbers is.
#[inline(always)]
fn with_nan([least, most, sum, energy]: [f32; 4]) -> [f32; 4] {
    if energy.is_nan() {
        [f32::NAN, f32::NAN, sum, energy]
    } else {
        [least, most, sum, energy]
    }
}

/// Return the statistics of two channels, and the sum of their products, in one pass.
#[inline(always)]
pub fn stereo_statistics(left: &[f32], right: &[f32]) -> ([[f32; 4]; 2], f32) {
    const WIDTH: usize = LANES / 2; // more would not fit into the registers
    let mut low = [[left[0]; WIDTH], [right[0]; WIDTH]];
    let mut high = low;
    let (mut sums, mut squares) = ([[0f32; WIDTH]; 2], [[0f32; WIDTH]; 2]);
    let mut products = [0f32; WIDTH];
    let (one, other) = (left.chunks_exact(WIDTH), right.chunks_exact(WIDTH));
    let rest = [one.remainder(), other.remainder()];
    for pair in one.zip(other) {
        for lane in 0..WIDTH {
            for (channel, value) in [pair.0[lane], pair.1[lane]].into_iter().enumerate() {
                let (low, high) = (&mut low[channel][lane], &mut high[channel][lane]);
                *low = if value < *low { value } else { *low };
                *high = if value > *high { value } else { *high };
                sums[channel][lane] += value;
                squares[channel][lane] += value * value;
            }
            products[lane] += pair.0[lane] * pair.1[lane];
        }
    }
    let mut found = [[0f32; 4]; 2];
    for channel in 0..2 {
        let (mut least, mut most) = (low[channel][0], high[channel][0]);
        for value in low[channel].iter().chain(&high[channel]).chain(rest[channel]) {
            least = if *value < least { *value } else { least };
            most = if *value > most { *value } else { most };
        }
        let energy = rest[channel].iter().map(|value| value * value).sum::<f32>();
        let sum = total(sums[channel]) + rest[channel].iter().sum::<f32>();
        found[channel] = with_nan([least, most, sum, total(squares[channel]) + energy]);
    }
    let product: f32 = rest[0].iter().zip(rest[1]).map(|(x, y)| x * y).sum();
    (found, total(products) + product)
}

/// Return the statistics of two interleaved channels, and the sum of their products, equal to those of
/// `stereo_statistics` to the bit.
#[inline(always)]
pub fn interleaved_statistics(samples: &[f32]) -> ([[f32; 4]; 2], f32) {
    let (mut low, mut high) = ([0f32; LANES], [0f32; LANES]);
    for lane in 0..LANES {
        low[lane] = samples[lane % 2];
        high[lane] = samples[lane % 2];
    }
    let (mut sums, mut squares, mut products) = ([0f32; LANES], [0f32; LANES], [0f32; LANES / 2]);
    let chunks = samples.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            let value = chunk[lane];
            low[lane] = if value < low[lane] { value } else { low[lane] };
            high[lane] = if value > high[lane] { value } else { high[lane] };
            sums[lane] += value;
            squares[lane] += value * value;
        }
        for pair in 0..LANES / 2 {
            products[pair] += chunk[2 * pair] * chunk[2 * pair + 1];
        }
    }
    let mut found = [[0f32; 4]; 2];
    for (channel, found) in found.iter_mut().enumerate() {
        let own = || (channel..LANES).step_by(2);
        let mut parts = [[0f32; LANES / 2]; 2];
        let (mut least, mut most) = (low[channel], high[channel]);
        for (to, lane) in own().enumerate() {
            least = if low[lane] < least { low[lane] } else { least };
            most = if high[lane] > most { high[lane] } else { most };
            parts[0][to] = sums[lane];
            parts[1][to] = squares[lane];
        }
        let (mut sum, mut energy) = (0f32, 0f32);
        for &value in rest.iter().skip(channel).step_by(2) {
            least = if value < least { value } else { least };
            most = if value > most { value } else { most };
            sum += value;
            energy += value * value;
        }
        *found = with_nan([least, most, total(parts[0]) + sum, total(parts[1]) + energy]);
    }
    let product: f32 = rest.chunks_exact(2).map(|pair| pair[0] * pair[1]).sum();
    (found, total(products) + product)
}
