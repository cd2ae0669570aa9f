import { items } from '../object.ts';
import { error, errorIf, type Finding } from './finding.ts';
import { isLabel } from './values/names.ts';

export interface ExportingObject {
  readonly kind?: 'ServiceEntry' | 'DestinationRule with a selector';
  readonly namespace: string;
  readonly exportTo: unknown;
}

/** Checks the namespaces that an object is visible to. */
export function exportToErrors({ kind, namespace, exportTo }: ExportingObject): readonly Finding[] {
  const entries = items(exportTo).map(String);
  const seen = new Set<string>();
  const findings = entries.flatMap((entry) => {
    const name = entry === '.' ? namespace : entry;
    if (seen.has(name)) return [error(`duplicate entries in exportTo${repeated(entry, namespace)}`)];
    const wrong = kind === 'ServiceEntry' && name === '~' ? [] : visibilityErrors(name);
    if (wrong.length === 0) seen.add(name);
    return wrong;
  });
  const isMixed = entries.length > 1;
  return [
    ...findings,
    ...(kind === 'DestinationRule with a selector' ? selectorErrors(seen, namespace) : []),
    ...errorIf(seen.has('*') && isMixed, 'cannot have both public (*) and non-public exportTo values for a resource'),
    ...errorIf(seen.has('~') && isMixed, 'cannot export service entry to no one (~) and someone'),
  ];
}

function repeated(entry: string, namespace: string): string {
  return entry === '.' ? `: . and current namespace ${namespace}` : ` for entry ${entry}`;
}

function visibilityErrors(name: string): readonly Finding[] {
  if (name === '*') return [];
  if (name === '~') return [error('exportTo ~ (none) is not allowed for Istio configuration objects')];
  return errorIf(!isLabel(name), 'only .,*, or a valid DNS 1123 label is allowed as exportTo entry');
}

/** A DestinationRule that selects workloads selects them in its own namespace. */
function selectorErrors(exported: ReadonlySet<string>, namespace: string): readonly Finding[] {
  const rule = 'destination rule with workload selector cannot have';
  if (exported.size === 0) return [];
  if (!exported.has(namespace)) return [error(`${rule} exportTo beyond current namespace`)];
  return errorIf(exported.size > 1, `${rule} multiple entries in exportTo`);
}
