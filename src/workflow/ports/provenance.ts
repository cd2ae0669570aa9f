import type { Ledger } from '../../domain/routing/ledger.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';

/** A secret that all replicas have. */
export interface Signature {
  sign(text: string): string;
  /** Whether the present key or the one before it made this MAC. */
  fits(text: string, mac: string): boolean;
}

/** Tells which revisions in an object's history are ours: whoever may edit the object can write there, too. */
export interface Provenance {
  /** The history with a MAC on each revision that is to be ours and has none. */
  sign(ledger: Ledger, object: ObjectRef): Ledger;
  /** The history as it was read, with a mark on each revision that nothing says is ours. */
  check(ledger: Ledger, object: ObjectRef): Promise<Ledger>;
}
