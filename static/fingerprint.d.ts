// Written by `make docs` from the forms that the service holds its answers to; do not edit.

/** The one shape of errors. */
export type Error = {
  error: string;
  code: string;
  detail: Record<string, unknown>;
};

/** The fingerprint of one track. */
export type TrackAnswer = {
  track_id: number | null;
  fingerprint: Fingerprint;
  metadata: AnswerMetadata;
  processing_time_ms: number;
};

/**  */
export type Fingerprint = {
  sub_bass_pct: number;
  bass_pct: number;
  low_mid_pct: number;
  mid_pct: number;
  upper_mid_pct: number;
  presence_pct: number;
  air_pct: number;
  lufs: number;
  crest_db: number;
  bass_mid_ratio: number;
  tempo_bpm: number;
  rhythm_stability: number;
  transient_density: number;
  silence_ratio: number;
  spectral_centroid: number;
  spectral_rolloff: number;
  spectral_flatness: number;
  harmonic_ratio: number;
  pitch_stability: number;
  chroma_energy: number;
  dynamic_range_variation: number;
  loudness_variation_std: number;
  peak_consistency: number;
  stereo_width: number;
  phase_correlation: number;
};

/** The same with where the answer is from. */
export type AnswerMetadata = {
  duration_sec: number;
  sample_rate: number;
  channels: number;
  format: string;
  codec: string;
  warnings: string[];
  undefined: ("air_pct" | "bass_mid_ratio" | "bass_pct" | "chroma_energy" | "crest_db" | "dynamic_range_variation" | "harmonic_ratio" | "loudness_variation_std" | "low_mid_pct" | "lufs" | "mid_pct" | "peak_consistency" | "phase_correlation" | "pitch_stability" | "presence_pct" | "rhythm_stability" | "silence_ratio" | "spectral_centroid" | "spectral_flatness" | "spectral_rolloff" | "stereo_width" | "sub_bass_pct" | "tempo_bpm" | "transient_density" | "upper_mid_pct")[];
  source: "analysis" | "import" | "sidecar";
  file_id: number;
  algorithm_version: number;
  outdated: boolean;
};

/** One file, and what the host calls it. */
export type TrackRequest = {
  track_id: number;
  filepath: string;
};

/** A line of a batch for an item without fingerprint; identifiers come back as they were sent. */
export type BatchProblem = {
  track_id: unknown;
  path: unknown;
  error: ItemProblem;
};

/** Why one item of a batch has no fingerprint. */
export type ItemProblem = {
  code: string;
  stage: string;
  message: string;
};

/** Many files; each item is checked on its own, so that one bad one fails alone. */
export type BatchRequest = {
  items: unknown[];
};

/** Whether requests can be answered. */
export type HealthAnswer = {
  status: "degraded" | "healthy";
  version: string;
  uptime_sec: number;
  state: "idle" | "offline" | "paused" | "quiet_hours" | "starting" | "waiting_for_machine" | "waiting_for_playback" | "working";
  reasons: string[];
};

/** Everything the status page shows. */
export type Status = {
  state: "idle" | "offline" | "paused" | "quiet_hours" | "starting" | "waiting_for_machine" | "waiting_for_playback" | "working";
  reason: string;
  until: number | null;
  counts: Counts;
  percent: number;
  rate: Rate;
  eta_sec: number | null;
  workers: Worker[];
  folders: Folder[];
  algorithm: string;
  algorithm_version: number;
  updated_at: number;
  version: string;
  uptime_sec: number;
  health: HealthSummary;
  history: Minute[];
};

/** The library in numbers; `total` is the sum of the others. */
export type Counts = {
  total: number;
  done: number;
  outdated: number;
  pending: number;
  running: number;
  failed: number;
};

/** How fast the work goes; null while unknown. */
export type Rate = {
  tracks_per_sec: number | null;
  times_real_time: number | null;
};

/** One analysis process. */
export type Worker = {
  slot: number;
  state: "idle" | "starting" | "working";
  pid: number | null;
  path: string | null;
  file_id: number | null;
  started_at: number | null;
  decoded_sec: number;
  duration_sec: number | null;
  cpu_percent: number | null;
  memory_bytes: number | null;
};

/** One music folder. */
export type Folder = {
  path: string;
  online: boolean;
  mode: "events" | "failed" | "off" | "polling" | "starting";
  reason: string;
  files: number;
  scanning: boolean;
  last_scan: number | null;
  next_scan: number | null;
};

/** Whether something is wrong, in sentences. */
export type HealthSummary = {
  status: "degraded" | "healthy";
  reasons: string[];
};

/** Files finished in one minute. */
export type Minute = {
  at: number;
  done_per_min: number;
};

/** A page of files; `next` continues it. */
export type Files = {
  items: File[];
  next: string | null;
};

/** All that is known of one file. */
export type File = {
  id: number;
  path: string;
  name: string;
  title: string | null;
  state: "done" | "failed" | "missing" | "outdated" | "pending" | "running";
  size: number;
  mtime_ns: number;
  track_ids: number[];
  fingerprint: Fingerprint | null;
  metadata: Metadata | null;
  outdated: boolean;
  analysed_at: number | null;
  processing_time_ms: number | null;
  source: "analysis" | "import" | "sidecar" | null;
  failure: Failure | null;
};

/** What is known of a track besides its fingerprint. */
export type Metadata = {
  duration_sec: number;
  sample_rate: number;
  channels: number;
  format: string;
  codec: string;
  warnings: string[];
  undefined: ("air_pct" | "bass_mid_ratio" | "bass_pct" | "chroma_energy" | "crest_db" | "dynamic_range_variation" | "harmonic_ratio" | "loudness_variation_std" | "low_mid_pct" | "lufs" | "mid_pct" | "peak_consistency" | "phase_correlation" | "pitch_stability" | "presence_pct" | "rhythm_stability" | "silence_ratio" | "spectral_centroid" | "spectral_flatness" | "spectral_rolloff" | "stereo_width" | "sub_bass_pct" | "tempo_bpm" | "transient_density" | "upper_mid_pct")[];
};

/** Why a file cannot be used. */
export type Failure = {
  stage: string;
  code: string;
  reason: string;
  attempts: number;
  failed_at: number;
  retry_at: number | null;
};

/** A track whose fingerprint is not there yet. */
export type Queued = {
  track_id: number;
  state: "done" | "failed" | "missing" | "outdated" | "pending" | "running";
};

/** The files that wait, those that come next first. */
export type Queue = {
  items: File[];
};

/** A page of files that cannot be used, how many fit in all, and how many there are of each kind at all. */
export type Failures = {
  items: File[];
  matching: number;
  by_code: Record<string, number>;
  next: string | null;
};

/** A file that cannot be used, for keeping. */
export type ExportedFailure = {
  path: string;
  code: string;
  stage: string;
  reason: string;
  attempts: number;
  failed_at: number;
  retry_at: number | null;
  size: number;
  id: number;
};

/** All current fingerprints, column by column. `ids` is base64 of little-endian unsigned 64-bit integers: our ids of the files. Each of `columns` is base64 of as many little-endian unsigned 16-bit integers; q stands for low + (high - low)·q/65535 with the dimension's `ranges`. */
export type Points = {
  count: number;
  algorithm_version: number;
  ids: string;
  ranges: Record<string, Range>;
  columns: Record<string, string>;
};

/** The least and the greatest value of a dimension in the library. */
export type Range = {
  low: number;
  high: number;
};

/** What was analysed, minute by minute, oldest first; minutes without work are left out. Survives restarts. */
export type Throughput = {
  since: number;
  until: number;
  minutes: WorkedMinute[];
};

/** What was analysed in the minute that began at `at`. */
export type WorkedMinute = {
  at: number;
  tracks: number;
  audio_sec: number;
  failed: number;
};

/** What it costs to work off what waits, to try what failed again, and to analyse everything anew. */
export type CostAnswer = {
  measured_tracks: number;
  workers: number;
  pending: Estimate;
  retry: Estimate;
  everything: Estimate;
};

/** How many tracks a piece of work has, and how long it takes with all workers; null while nothing was measured. */
export type Estimate = {
  tracks: number;
  audio_sec: number | null;
  seconds: number | null;
};

/** What the 25 numbers mean. */
export type Dimensions = {
  dimensions: Described[];
  algorithm: string;
  algorithm_version: number;
};

/** What one number of the fingerprint means. */
export type Described = {
  name: "air_pct" | "bass_mid_ratio" | "bass_pct" | "chroma_energy" | "crest_db" | "dynamic_range_variation" | "harmonic_ratio" | "loudness_variation_std" | "low_mid_pct" | "lufs" | "mid_pct" | "peak_consistency" | "phase_correlation" | "pitch_stability" | "presence_pct" | "rhythm_stability" | "silence_ratio" | "spectral_centroid" | "spectral_flatness" | "spectral_rolloff" | "stereo_width" | "sub_bass_pct" | "tempo_bpm" | "transient_density" | "upper_mid_pct";
  family: string;
  title: string;
  unit: string;
  low: number;
  high: number;
  neutral: number;
  typical: [number, number];
  hears: string;
  formula: string;
  source: string;
  truth: string;
};

/** The state after a request that changes something. */
export type StateAnswer = {
  state: "idle" | "offline" | "paused" | "quiet_hours" | "starting" | "waiting_for_machine" | "waiting_for_playback" | "working";
};

/** A folder to look through; all of them if not given. */
export type ScanRequest = {
  folder?: string | null;
};

/** Nothing. */
export type NoFields = Record<string, unknown>;

/** How many files were queued again. */
export type RetryAnswer = {
  queued: number;
};

/** Failed files: those that fit all that is given, as when they are listed, but for `without`; all if nothing is. */
export type FailuresRequest = {
  ids?: number[] | null;
  code?: string | null;
  q?: string | null;
  folder?: string | null;
  without?: number[];
};

/** How many failed files are left alone from now on. */
export type SkipAnswer = {
  skipped: number;
};

/** How many files were taken off the list. */
export type CancelAnswer = {
  cancelled: number;
};

/** Files to take off the list, by our ids; all that wait or are being worked on if not given. */
export type CancelRequest = {
  ids?: number[] | null;
};

/** How many of the files wait now, before all others. */
export type PrioritiseAnswer = {
  waiting: number;
};

/** Files to work on before all others, by our ids; those that failed are tried again. */
export type PrioritiseRequest = {
  ids: number[];
};

/** How many of the files wait to be analysed again, or are being so. */
export type ReanalyseAnswer = {
  waiting: number;
};

/** Files that are done, to be analysed once more, by our ids. */
export type ReanalyseRequest = {
  ids: number[];
};

/** Whether the host plays audio. */
export type PlayingRequest = {
  playing: boolean;
};

/** What each address answers with when all is well, by method and path below the prefix. */
export interface Answers {
  "POST ": TrackAnswer;
  "POST /batch": TrackAnswer | BatchProblem;
  "GET /health": HealthAnswer;
  "GET /status": Status;
  "GET /events": string;
  "GET /files": Files;
  "GET /files/{file_id}": File;
  "GET /tracks/{track_id}": TrackAnswer | Queued;
  "GET /queue": Queue;
  "GET /failures": Failures;
  "GET /failures.csv": string;
  "GET /failures.json": ExportedFailure[];
  "GET /points": Points;
  "GET /throughput": Throughput;
  "GET /cost": CostAnswer;
  "GET /dimensions": Dimensions;
  "POST /scan": StateAnswer;
  "POST /pause": StateAnswer;
  "POST /resume": StateAnswer;
  "POST /retry": RetryAnswer;
  "POST /skip": SkipAnswer;
  "POST /cancel": CancelAnswer;
  "POST /prioritise": PrioritiseAnswer;
  "POST /reanalyse": ReanalyseAnswer;
  "POST /playing": StateAnswer;
  "GET /metrics": string;
}
