import { type DependencyError, MeshUnavailableError, type RejectedError } from '../../src/workflow/errors.ts';
import type { Aged, DryRun } from '../../src/workflow/ports/mesh.ts';

/** What happens to a write: a conflict, or an error before or after it was stored. */
export type WriteFault = 'none' | 'conflict' | { readonly error: Error; readonly stored?: boolean };

/** What goes wrong in a cluster when a test wants it, and what its servers have to say. */
export class MeshFaults {
  readonly #writes: WriteFault[] = [];
  readonly #reads: DependencyError[] = [];
  readonly #meanwhile: (() => Promise<void> | void)[] = [];
  #rejection: RejectedError | undefined;
  #cutOff: readonly string[] = [];
  protected aged: Aged = {};
  protected isDeaf = false;
  protected warnings: readonly string[] = [];

  /** The next writes fail like this, one after the other. */
  failWrites(...faults: readonly WriteFault[]): void {
    this.#writes.push(...faults);
  }

  /** The next reads fail like this, one after the other. */
  failReads(...errors: readonly DependencyError[]): void {
    this.#reads.push(...errors);
  }

  /** Runs something between the next read and what its reader does then. */
  afterNextRead(happens: () => Promise<void> | void): void {
    this.#meanwhile.push(happens);
  }

  /** The warnings of the API server and its webhooks to every write. */
  warn(...warnings: readonly string[]): void {
    this.warnings = warnings;
  }

  /** An admission webhook that rejects every write, also dry runs. */
  rejectEverything(error: RejectedError): void {
    this.#rejection = error;
  }

  /** Makes every answer of the watch cache this old. */
  age(asOf: Date): void {
    this.aged = { asOf };
  }

  /** The API servers of these clusters do not answer; those of all others do. */
  cutOff(...clusters: readonly string[]): void {
    this.#cutOff = clusters;
  }

  protected reach(cluster: string): void {
    if (this.#cutOff.includes(cluster)) throw new MeshUnavailableError(`${cluster} does not answer`);
  }

  /** Loses watch events while deaf. */
  deafen(isDeaf = true): void {
    this.isDeaf = isDeaf;
  }

  protected async readWith<T>(read: () => T): Promise<T> {
    const fault = this.#reads.shift();
    if (fault !== undefined) throw fault;
    const found = read();
    await this.#meanwhile.shift()?.();
    return found;
  }

  /** Throws where the write fails before anything is stored; else tells what goes wrong after that. */
  protected beginWrite(dryRun: DryRun): 'conflict' | Error | undefined {
    const fault = (dryRun === false ? this.#writes.shift() : undefined) ?? 'none';
    if (fault === 'conflict') return fault;
    if (fault !== 'none' && fault.stored !== true) throw fault.error;
    if (this.#rejection !== undefined) throw this.#rejection;
    return fault === 'none' ? undefined : fault.error;
  }
}
