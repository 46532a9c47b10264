/** Types that the modules of the page share. */

import type { Answers, File, Fingerprint } from "./fingerprint.d.ts";

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
