import type { RuleFileReading } from '../../domain/routing/rule-file.ts';

/** The files of RULES_DIR, read anew each time. What is wrong with a file is said, and nothing of it is used. */
export interface RuleFiles {
  names(): Promise<readonly string[]>;
  read(name: string): Promise<RuleFileReading>;
}
