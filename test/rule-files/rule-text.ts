import type { RuleFile } from '../../src/domain/routing/rule-file.ts';
import { readRules } from '../../src/rule-files/read-rules.ts';

/** Reads a file; throws if it has faults. */
export function fileOf(text: string): RuleFile {
  const reading = readRules('rules/some', Buffer.from(text));
  if (reading.kind !== 'file') throw new Error(JSON.stringify(reading));
  return reading.file;
}

/** The faults of a file, one a line; none if it is read. */
export function faultsOf(text: string | Uint8Array): readonly string[] {
  const reading = readRules('rules/some', typeof text === 'string' ? Buffer.from(text) : text);
  return reading.kind === 'bad-file' ? reading.faults.map(({ line, column, what }) => `${line}:${column} ${what}`) : [];
}

/** A correct VirtualService of 9 lines. */
export const reviewsToV1 = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews]
  http:
  - route:
    - destination: { host: reviews, subset: v1 }
`;

/** The same with parts replaced. */
export function reviewsWith(instead: Readonly<Record<string, string>>, after = ''): string {
  const changed = Object.entries(instead).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the text does not contain ${from}`);
    return text.replace(from, to);
  }, reviewsToV1);
  return changed + after;
}
