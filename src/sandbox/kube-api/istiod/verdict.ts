import type { KubeObject } from '../object.ts';
import { destinationRuleFindings } from './destination-rule.ts';
import type { Finding } from './finding.ts';
import { virtualServiceFindings } from './virtual-service.ts';

/** What istiod's webhook answers. */
export interface Verdict {
  /** Why it denies the write, in its words. Undefined if it allows the write. */
  readonly refusal: string | undefined;
  /** Empty if it denies the write. */
  readonly warnings: readonly string[];
}

/** Checks an object like istiod's webhook does. The schema must have accepted it before. Gateways are not checked. */
export function istiodVerdict(object: KubeObject): Verdict {
  const findings = findingsAbout(object);
  const errors = textsOf(findings, 'error');
  const refusal = errors.length <= 1 ? errors[0] : listed(errors);
  return { refusal, warnings: refusal === undefined ? textsOf(findings, 'warning') : [] };
}

function findingsAbout(object: KubeObject): readonly Finding[] {
  if (object.kind === 'VirtualService') return virtualServiceFindings(object);
  return object.kind === 'DestinationRule' ? destinationRuleFindings(object) : [];
}

function textsOf(findings: readonly Finding[], severity: Finding['severity']): readonly string[] {
  return findings.filter((finding) => finding.severity === severity).map(({ text }) => text);
}

function listed(errors: readonly string[]): string {
  return `${errors.length} errors occurred:\n${errors.map((error) => `\t* ${error}\n`).join('')}\n`;
}
