// Written by `make docs` from the forms that the service holds its answers to; do not edit.

/** The body of every error response. */
export type ErrorAnswer = {
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

/** The dimensions of a fingerprint, by name. */
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

/** Metadata of a track and the origin of its fingerprint. */
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

/** The line of a batch item without fingerprint: the error body with `track_id` and `path` as they were sent. */
export type BatchError = {
  track_id: unknown;
  path: unknown;
  error: string;
  code: string;
  detail: Record<string, unknown>;
};

/** Many files; each item is checked on its own, so that one bad one fails alone. */
export type BatchRequest = {
  items: unknown[];
};

/** Health of the service. */
export type HealthAnswer = {
  status: "degraded" | "healthy";
  version: string;
  uptime_sec: number;
  state: "idle" | "offline" | "paused" | "quiet_hours" | "starting" | "waiting_for_machine" | "waiting_for_playback" | "working";
  reasons: string[];
};

/** The complete status of the service. */
export type Status = {
  state: "idle" | "offline" | "paused" | "quiet_hours" | "starting" | "waiting_for_machine" | "waiting_for_playback" | "working";
  reason: string;
  until: number | null;
  counts: FileCounts;
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
  history: HistoryMinute[];
};

/** Number of files by state; `total` is the sum of the others. */
export type FileCounts = {
  total: number;
  done: number;
  outdated: number;
  pending: number;
  running: number;
  failed: number;
};

/** Analysis rate; null while unknown. */
export type Rate = {
  tracks_per_sec: number | null;
  times_real_time: number | null;
};

/** One analysis process and the file it works on. */
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

/** One music folder; `mode` is how changes are detected. */
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

/** Overall health, with one sentence for each problem. */
export type HealthSummary = {
  status: "degraded" | "healthy";
  reasons: string[];
};

/** Number of files finished in one minute. */
export type HistoryMinute = {
  at: number;
  done_per_min: number;
};

/** A file was fingerprinted. `again` is true if it already had a result of this version. */
export type ResultEvent = {
  id: number;
  path: string;
  fingerprint: Fingerprint;
  metadata: Metadata;
  processing_time_ms: number;
  again: boolean;
};

/** Properties of a track that are not part of its fingerprint. */
export type Metadata = {
  duration_sec: number;
  sample_rate: number;
  channels: number;
  format: string;
  codec: string;
  warnings: string[];
  undefined: ("air_pct" | "bass_mid_ratio" | "bass_pct" | "chroma_energy" | "crest_db" | "dynamic_range_variation" | "harmonic_ratio" | "loudness_variation_std" | "low_mid_pct" | "lufs" | "mid_pct" | "peak_consistency" | "phase_correlation" | "pitch_stability" | "presence_pct" | "rhythm_stability" | "silence_ratio" | "spectral_centroid" | "spectral_flatness" | "spectral_rolloff" | "stereo_width" | "sub_bass_pct" | "tempo_bpm" | "transient_density" | "upper_mid_pct")[];
};

/** A file could not be fingerprinted. */
export type FailureEvent = {
  id: number;
  path: string;
  stage: string;
  code: string;
  reason: string;
  again: boolean;
};

/** A page of files; `next` is the cursor of the following page. */
export type Files = {
  items: File[];
  next: string | null;
};

/** Everything stored about one file. */
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

/** Why a file cannot be used; `retry_at` is null if it is not retried before it changes. */
export type Failure = {
  stage: string;
  code: string;
  reason: string;
  attempts: number;
  failed_at: number;
  retry_at: number | null;
};

/** A track whose fingerprint is not available yet. */
export type Queued = {
  track_id: number;
  state: "done" | "failed" | "missing" | "outdated" | "pending" | "running";
};

/** The queued files in the order they are processed. */
export type Queue = {
  items: File[];
};

/** A page of failed files, the number of matches on all pages, and the number of all failures by code. */
export type Failures = {
  items: File[];
  matching: number;
  by_code: Record<string, number>;
  next: string | null;
};

/** A failed file in an export. */
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

/** All current fingerprints in column order, quantised to 16 bits. `ids` is base64 of little-endian unsigned 64-bit file ids. Each of `columns` is base64 of as many little-endian unsigned 16-bit integers q, which stand for low + (high - low)·q/65535 with the dimension's entry in `ranges`. */
export type Points = {
  count: number;
  algorithm_version: number;
  ids: string;
  ranges: Record<string, Range>;
  columns: Record<string, string>;
};

/** Minimum and maximum of a dimension in the library. */
export type Range = {
  low: number;
  high: number;
};

/** Files analysed per minute, oldest first; minutes without work are omitted. Persists across restarts. */
export type Throughput = {
  since: number;
  until: number;
  minutes: ThroughputMinute[];
};

/** Files analysed in the minute that starts at `at`. */
export type ThroughputMinute = {
  at: number;
  tracks: number;
  audio_sec: number;
  failed: number;
};

/** Estimated cost of the pending files, of retrying the failed ones, and of analysing everything again. */
export type CostAnswer = {
  measured_tracks: number;
  workers: number;
  pending: Estimate;
  retry: Estimate;
  everything: Estimate;
};

/** Number of tracks and estimated time with all workers; null until something was measured. */
export type Estimate = {
  tracks: number;
  audio_sec: number | null;
  seconds: number | null;
};

/** The meaning of all dimensions. */
export type Dimensions = {
  dimensions: DimensionInfo[];
  algorithm: string;
  algorithm_version: number;
};

/** The meaning of one dimension. */
export type DimensionInfo = {
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

/** The state of the service after the request. */
export type StateAnswer = {
  state: "idle" | "offline" | "paused" | "quiet_hours" | "starting" | "waiting_for_machine" | "waiting_for_playback" | "working";
};

/** A folder to look through; all of them if not given. */
export type ScanRequest = {
  folder?: string | null;
};

/** Nothing. */
export type NoFields = Record<string, unknown>;

/** Number of files queued again. */
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

/** Number of failed files marked as skipped. */
export type SkipAnswer = {
  skipped: number;
};

/** Number of files removed from the queue. */
export type CancelAnswer = {
  cancelled: number;
};

/** Files to take off the list, by our ids; all that wait or are being worked on if not given. */
export type CancelRequest = {
  ids?: number[] | null;
};

/** Number of the requested files that are now at the front of the queue. */
export type PrioritiseAnswer = {
  waiting: number;
};

/** Files to work on before all others, by our ids; those that failed are tried again. */
export type PrioritiseRequest = {
  ids: number[];
};

/** Number of the requested files that are queued for a new analysis or running. */
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
  "POST /batch": TrackAnswer | BatchError;
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

/** Data of each event of the event stream, by event name. */
export interface Events {
  status: Status;
  result: ResultEvent;
  failure: FailureEvent;
}
