import { readFileSync } from 'node:fs';
import { isHost } from '../../domain/routing/names.ts';
import { inCluster } from './kube-config.ts';

/** The domain of the cluster that the bot runs in, by the DNS of its pod. None if it runs elsewhere. */
export function domainFound(clusters: ReadonlyMap<string, unknown>): ReadonlyMap<string, string> {
  const domain = clusters.has(inCluster) ? domainIn(resolvConf()) : undefined;
  return new Map(domain === undefined ? [] : [[inCluster, domain]]);
}

/** What a pod's resolv.conf searches for services: `search default.svc.cluster.local svc.cluster.local cluster.local`. */
export function domainIn(text: string): string | undefined {
  const searched = [...text.matchAll(/^search\s+(.+)$/gm)].flatMap(([, names = '']) => names.trim().split(/\s+/));
  return searched.find((name) => name.startsWith('svc.') && isHost(name))?.slice('svc.'.length);
}

function resolvConf(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return ''; // then it is the usual domain, unless CLUSTER_DOMAIN says otherwise
  }
}
