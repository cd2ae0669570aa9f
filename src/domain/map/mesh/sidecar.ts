import { covers, splitHost } from '../hosts.ts';
import type { ObjectIndex } from '../object-index.ts';
import type { Labels, MeshSettings, Sidecar } from '../objects.ts';
import { hasLabels } from '../rules/applies.ts';
import { byAge } from '../visibility.ts';

/** What a Sidecar lets callers see. */
export interface Scope {
  shows(namespace: string, host: string): boolean;
  readonly outbound: MeshSettings['outbound'];
}

/** By the Sidecar of the caller's labels, else of its namespace, else of the root namespace; none shows everything. */
export function scopeOf(index: ObjectIndex, namespace: string, labels: Labels | undefined): Scope {
  const { settings } = index;
  const sidecar = sidecarOf(index, namespace, labels);
  const hosts = sidecar?.egressHosts;
  return {
    outbound: sidecar?.outbound ?? settings.outbound,
    shows: (of, host) => hosts === undefined || hosts.some((pattern) => fits(pattern, { of, host }, namespace)),
  };
}

function sidecarOf(index: ObjectIndex, namespace: string, labels: Labels | undefined): Sidecar | undefined {
  const own = index.sidecars.get(namespace).toSorted(byAge);
  const forLabels = own.find(
    ({ workloadSelector: wanted }) => wanted !== undefined && labels !== undefined && hasLabels(labels, wanted),
  );
  const forAll = [...own, ...index.sidecars.get(index.settings.rootNamespace).toSorted(byAge)];
  return forLabels ?? forAll.find(({ workloadSelector }) => workloadSelector === undefined);
}

/** `namespace/host`: `.` is the caller's namespace, `*` any, `~` none. */
function fits(pattern: string, { of, host }: { of: string; host: string }, namespace: string): boolean {
  const { from, host: shown } = splitHost(pattern);
  const wanted = from === '.' ? namespace : from;
  return (wanted === '*' || wanted === of) && covers(shown, host);
}
