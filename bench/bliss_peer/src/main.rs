//! Analyse files with bliss-audio, as `bench.peer_runner` does with other programs.
//!
//! Each line of the standard input is a path as JSON. The answer is a line with processor seconds, wall seconds and peak
//! memory in MB, or null if the file cannot be analysed.

#[cfg(feature = "ffmpeg")]
use bliss_audio::decoder::ffmpeg::FFmpegDecoder as Decoder;
#[cfg(not(feature = "ffmpeg"))]
use bliss_audio::decoder::symphonia::SymphoniaDecoder as Decoder;
use bliss_audio::decoder::Decoder as _;
use std::fs;
use std::io::{self, BufRead, Write};
use std::time::Instant;

/// Return the processor time of all threads so far, in seconds.
fn processor_time() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is valid for the call.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Return the peak of the resident memory in MB.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

fn measure(path: &str) -> Option<[f64; 3]> {
    let _ = fs::write("/proc/self/clear_refs", "5"); // reset the peak
    let (began, processor) = (Instant::now(), processor_time());
    Decoder::song_from_path(path).ok()?;
    Some([processor_time() - processor, began.elapsed().as_secs_f64(), peak_mb()])
}

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let path: String = serde_json::from_str(&line?)?;
        let answer = match measure(&path) {
            Some(taken) => serde_json::to_string(&taken)?,
            None => "null".into(),
        };
        writeln!(io::stdout(), "{answer}")?;
        io::stdout().flush()?;
    }
    Ok(())
}
