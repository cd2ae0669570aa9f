import type { RuleFileReading } from '../../domain/routing/rule-file.ts';

/**
 * The files of RULES_DIR, read anew each time. If something is wrong with a file, the reading says what, and nothing of the file is used.
 */
export interface RuleFiles {
  names(): Promise<readonly string[]>;
  read(name: string): Promise<RuleFileReading>;
}
