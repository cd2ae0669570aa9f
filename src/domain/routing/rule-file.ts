import type { JsonObject } from '../text/json.ts';
import type { WrittenKind } from './object.ts';

/** What a rule file, and each folder that it lies in, is called, so that it can be typed. */
export const fileNamePart = /^[A-Za-z0-9._-]+$/;

/** A routing object as a file writes it; of its metadata only what a person writes. It is written in the version that the cluster serves. */
export interface Manifest {
  readonly kind: WrittenKind;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly spec: JsonObject;
  /** The object gets these subsets beside those that it has, and stays when the file is deleted. */
  readonly isAdded?: true | undefined;
}

/** A file of RULES_DIR that can be applied and deleted by its name. */
export interface RuleFile {
  /** As it is typed: `bookinfo/virtual-service-all-v1`. */
  readonly name: string;
  /** At least one; no two of the same kind, namespace and name. */
  readonly manifests: readonly Manifest[];
  /** What was made of rules in the form of 2017, a sentence each; empty where there were none. */
  readonly conversions: readonly string[];
  /** Rules of 2017 that have no counterpart today, and why. */
  readonly unconverted: readonly { readonly rule: string; readonly line: number; readonly why: string }[];
  /** What the author may have meant instead, where it looks like a misprint: two rules that were to be one. */
  readonly meant?: { readonly manifests: readonly Manifest[]; readonly doubts: readonly string[] } | undefined;
}

/** It holds rules of the form of 2017. */
export function isConverted({ conversions, unconverted }: RuleFile): boolean {
  return conversions.length + unconverted.length > 0;
}

export interface FileFault {
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly what: string;
}

export type RuleFileReading =
  | { readonly kind: 'file'; readonly file: RuleFile }
  | { readonly kind: 'unknown-file'; readonly names: readonly string[]; readonly nearest?: string | undefined }
  /** Refused whole. */
  | { readonly kind: 'bad-file'; readonly name: string; readonly faults: readonly FileFault[] };
