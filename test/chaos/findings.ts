export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I6';

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  readonly evidence: unknown;
}

/** Things that are allowed but worth knowing, counted. */
export type Notes = Map<string, number>;

export interface Findings {
  readonly violations: readonly Violation[];
  readonly notes: Notes;
}

export interface Report {
  violation(invariant: Invariant, what: string, evidence: unknown): void;
  note(what: string): void;
}
