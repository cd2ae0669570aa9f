import type { Manifest, RuleFile, RuleFileReading } from '../../src/domain/routing/rule-file.ts';
import { nearest } from '../../src/domain/text/nearest.ts';
import type { RuleFiles } from '../../src/workflow/ports/rule-files.ts';

/** Rule files in memory. */
export class InMemoryRuleFiles implements RuleFiles {
  readonly #files = new Map<string, RuleFileReading>();

  async names(): Promise<readonly string[]> {
    return [...this.#files.keys()].toSorted();
  }

  async read(name: string): Promise<RuleFileReading> {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const names = await this.names();
    return { kind: 'unknown-file', names, nearest: nearest(name, names) };
  }

  /** Writes or overwrites a file. */
  write(name: string, manifests: readonly Manifest[], more: Partial<RuleFile> = {}): void {
    this.#files.set(name, { kind: 'file', file: { name, manifests, conversions: [], unconverted: [], ...more } });
  }

  /** Writes a file that is not a rule file. */
  spoil(name: string, what: string, line: number): void {
    this.#files.set(name, { kind: 'bad-file', name, faults: [{ what, line }] });
  }
}
