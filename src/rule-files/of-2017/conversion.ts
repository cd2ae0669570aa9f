import type { Manifest, RuleFile } from '../../domain/routing/rule-file.ts';

/** A rule of 2017 that has no counterpart today, and why. */
export type Unconverted = RuleFile['unconverted'][number];

/** What became of rules of 2017. */
export interface Conversion {
  /** Each with the line of its first rule. */
  readonly made: readonly { readonly manifest: Manifest; readonly line: number }[];
  readonly conversions: readonly string[];
  readonly unconverted: readonly Unconverted[];
}
