/** Types that the modules of the page share. */

import type { Answers, Events, File, Fingerprint, Status } from "./fingerprint.d.ts";

export type DimensionName = keyof Fingerprint;

/** The response to a request by method and address; addresses are relative to the page. */
export type Reply<Method extends string, Address extends string> = `${Method} /${Address}` extends keyof Answers
  ? Answers[`${Method} /${Address}`]
  : `${Method} /${Address}` extends `GET /files/${string}/similar${string}`
    ? Answers["GET /files/{file_id}/similar"]
  : `${Method} /${Address}` extends `GET /files/${string}`
    ? Answers["GET /files/{file_id}"]
    : never;

/** What can be appended to an element; false, null and undefined are skipped. */
export type Child = Node | string | number | false | null | undefined;
export type Children = (Child | Child[])[];

/** Attributes of an element, listeners ("onclick") and custom properties ("--row"). */
export type Attributes = Record<string, string | number | boolean | null | undefined | ((event: any) => unknown)>;

export type AnalysedFile = File & { fingerprint: Fingerprint; metadata: NonNullable<File["metadata"]> };

/** All fingerprints of a library, in columns. */
export type Library = {
  version: string;
  count: number;
  ids: number[];
  names: DimensionName[];
  columns: Record<DimensionName, Float32Array>;
};

/** An axis of the map: the dimensions that grow towards either end, and its share of the variance. */
export type Axis = { low: DimensionName[]; high: DimensionName[]; share: number };

/** A value on a scale. */
export type Mark = { value: number; unknown: boolean };

/** A fingerprint in a chart of the frequency bands; `colour` returns the colour of each band. */
export type Coloured = { print: Fingerprint; unknown: DimensionName[]; colour: (index: number) => string };

export type LinkState = "connecting" | "live" | "polling" | "lost";

/** A track as the player shows it. */
export type Playable = { id: number; title: string; by: string; cover: boolean };

/** An address of the page: `#view/path/…?query`. */
export type Place = { view: string; path: string[]; query: Record<string, string> };

/** What the service tells the views. */
export type Happenings = Events & { missed: undefined; reconnected: undefined };

/** What a view gets from the frame. */
export type Page = {
  /** Aborted when the view is unmounted; pass it to listeners and requests. */
  readonly signal: AbortSignal;
  readonly place: Place;
  /** The latest status; null before the first one. */
  readonly status: Status | null;
  readonly visible: boolean;
  /** Set the name of the view in the document's title. */
  title(text: string): void;
  /** Put the state of the view in its address, without a new history entry and without a call of `show`. */
  keep(path: (string | number)[], query?: Record<string, string | number | boolean | null | undefined>): void;
};

/** What a view may do; everything is optional. */
export type Mounted = {
  /** The address of the view: called once after mounting, and when the address changes within the view. */
  show?(place: Place): void | Promise<void>;
  unmount?(): void;
} & {
  /** Called with the events of the service; `status` also when the view becomes visible again. */
  [Kind in keyof Happenings]?: (body: Happenings[Kind]) => void;
};

/** A view of the registry. */
export type ViewEntry = {
  over?: boolean;
  styles?: string[];
  load(): Promise<{ mount(root: HTMLElement, page: Page): Mounted | Promise<Mounted> }>;
};
