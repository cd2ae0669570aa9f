import type { KubeObject } from '../../object.ts';
import { field, items } from '../../object.ts';
import { error, errorIf, type Finding, warning } from '../finding.ts';
import { connectionPoolErrors } from '../policies/connection-pool.ts';
import { destinationErrors } from '../routes/destinations.ts';
import { selectorFindings } from '../values/labels.ts';
import { fullNameErrors } from '../values/names.ts';
import { egressFindings } from './egress.ts';
import { ingressFindings } from './ingress.ts';

export function sidecarFindings({ metadata, spec }: KubeObject): readonly Finding[] {
  const of = (name: string) => field(spec, name);
  const [ingress, egress] = [items(of('ingress')), items(of('egress'))];
  const selector = selectorFindings(of('workloadSelector'), 'labels');
  if (selector.some(({ severity }) => severity === 'error')) return selector;
  const isEmpty = egress.length + ingress.length === 0;
  if (isEmpty && of('outboundTrafficPolicy') === undefined && of('inboundConnectionPool') === undefined) {
    return [error('sidecar: empty configuration provided')];
  }
  return [
    ...selector.map(({ text }) => warning(`sidecar: ${text}, will be applied to all services in namespace`)),
    ...ingressFindings(ingress),
    ...connectionPoolErrors(of('inboundConnectionPool')),
    ...egressFindings(egress, metadata.namespace ?? ''),
    ...outboundErrors(of('outboundTrafficPolicy')),
  ];
}

/** What becomes of requests to hosts that the mesh does not know. */
function outboundErrors(policy: unknown): readonly Finding[] {
  const proxy = field(policy, 'egressProxy');
  const mode = String(field(policy, 'mode') ?? 'REGISTRY_ONLY');
  if (mode === 'ALLOW_ANY_DYNAMIC_DNS') {
    return [error('sidecar: ALLOW_ANY_DYNAMIC_DNS mode is only supported in MeshConfig, not in Sidecar resource')];
  }
  if (proxy === undefined) return [];
  if (mode !== 'ALLOW_ANY') {
    return [error('sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode')];
  }
  const hasPort = field(proxy, 'port') !== undefined;
  return [
    ...fullNameErrors(String(field(proxy, 'host') ?? '')),
    ...errorIf(!hasPort, 'sidecar: egress_proxy port must be non-nil'),
    ...(hasPort ? destinationErrors(proxy) : []),
  ];
}
