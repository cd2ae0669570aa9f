import type { KubeObject } from '../object.ts';
import { destinationRuleFindings } from './destination-rule.ts';
import { serviceEntryFindings } from './entries/service-entry.ts';
import { error, type Finding } from './finding.ts';
import { gatewayFindings } from './gateway.ts';
import { sidecarFindings } from './sidecar/sidecar.ts';
import { virtualServiceFindings } from './virtual-service.ts';

/** What istiod's webhook answers. */
export interface Verdict {
  /** Why it denies the write, in its words. Undefined if it allows the write. */
  readonly refusal: string | undefined;
  /** Empty if it denies the write. */
  readonly warnings: readonly string[];
}

const JUDGES: Readonly<Record<string, (object: KubeObject) => readonly Finding[]>> = {
  VirtualService: virtualServiceFindings,
  DestinationRule: destinationRuleFindings,
  Gateway: gatewayFindings,
  ServiceEntry: serviceEntryFindings,
  Sidecar: sidecarFindings,
};
const ALWAYS_REJECT = 'internal.istio.io/webhook-always-reject';
const DRY_RUN = 'istio.io/dry-run';

/** Checks an object of Istio like istiod's webhook does. The schema must have accepted it before. */
export function istiodVerdict(object: KubeObject): Verdict {
  const annotation = annotationError(object);
  const findings = annotation === undefined ? (JUDGES[object.kind]?.(object) ?? []) : [error(annotation)];
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.filter(({ severity }) => severity === 'warning').map(({ text }) => text);
  return errors.length === 0 ? { refusal: undefined, warnings } : { refusal: refusalOf(errors), warnings: [] };
}

/** Two annotations are refused before all else: one of other kinds, and one with which istiod tries whether its webhook works. */
function annotationError({ metadata: { namespace, name, annotations = {} } }: KubeObject): string | undefined {
  if (DRY_RUN in annotations) {
    return `${namespace}/${name} has unsupported annotation ${DRY_RUN}, please remove the annotation`;
  }
  return ALWAYS_REJECT in annotations ? `"${ALWAYS_REJECT}" annotation found, rejecting` : undefined;
}

function refusalOf(errors: readonly Finding[]): string {
  const texts = errors.map(({ text }) => text);
  if (errors.length === 1 && errors[0]?.isListed !== true) return texts.join();
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
  return `${count} occurred:\n${texts.map((text) => `\t* ${text}\n`).join('')}\n`;
}
