import { existsSync } from 'node:fs';
import type { Violation } from '../chaos/findings.ts';
import type { Form } from './cases.ts';
import { isKill, type Strike } from './faults.ts';

/** The times that are promised, and what many cases at once on few cores add to them. */
const underLoadMs = 2_000;
const resumedByPeerWithinMs = 3_000 + underLoadMs;
const endsWithinMs = 10_000 + underLoadMs;
export const giveUpAfterMs = 25_000;

/** How a case goes on from when the person acts: when it is struck, and when everything is quiet again. */
export class Course {
  readonly #strike: Strike | undefined;
  readonly #form: Form;
  readonly #takesMs: number;
  #struckMs: number | undefined;
  #takenOverMs: number | undefined;
  #thawedMs: number | undefined;
  #quietMs: number | undefined;

  /** `takesMs`: how long it takes where nothing goes wrong, beside the moment that a change takes. */
  constructor(form: Form, strike: Strike | undefined, takesMs = 0) {
    this.#takesMs = takesMs;
    this.#form = form;
    this.#strike = strike;
  }

  /** Whether somebody was struck by now. */
  look(): boolean {
    if (this.#struckMs === undefined && this.#strike !== undefined && existsSync(this.#strike.file))
      this.#struckMs = performance.now();
    return this.#struckMs !== undefined;
  }

  get isFrozen(): boolean {
    return this.look() && this.#strike?.fault.startsWith('pause') === true && this.#thawedMs === undefined;
  }

  get isQuiet(): boolean {
    return this.#quietMs !== undefined;
  }

  /** From the strike until everything was quiet; undefined where nothing was struck. */
  get settledMs(): number | undefined {
    return this.look() ? (this.#quietMs ?? performance.now()) - (this.#struckMs ?? 0) : undefined;
  }

  /** The others have done all that there was to do. */
  takenOver(): void {
    this.#takenOverMs ??= performance.now();
  }

  thawed(): void {
    this.#thawedMs = performance.now();
  }

  quiet(): void {
    this.#quietMs = performance.now();
  }

  /** What took longer than is promised. */
  late(): readonly Violation[] {
    if (this.#quietMs === undefined) return [this.#violation(`not quiet within ${giveUpAfterMs} ms`)];
    if (!this.look() || this.#struckMs === undefined) return [];
    if (this.#thawedMs !== undefined && this.#takenOverMs !== undefined)
      return [
        ...this.#tooLong(
          'taking over from a frozen process',
          this.#takenOverMs - this.#struckMs,
          resumedByPeerWithinMs,
        ),
        ...this.#tooLong('what a thawed process still did', this.#quietMs - this.#thawedMs, endsWithinMs),
      ];
    const isTakenOver = this.#form === 'peer' && isKill(this.#strike);
    return this.#tooLong('the end', this.#quietMs - this.#struckMs, isTakenOver ? resumedByPeerWithinMs : endsWithinMs);
  }

  #tooLong(what: string, tookMs: number, ofMs: number): readonly Violation[] {
    return tookMs <= ofMs + this.#takesMs ? [] : [this.#violation(`${what} took ${Math.round(tookMs)} ms, of ${ofMs}`)];
  }

  #violation(what: string): Violation {
    return { invariant: 'I6', what, evidence: this.#strike };
  }
}
