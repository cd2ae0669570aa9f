import type { Caller, Otherwise } from '../governed.ts';
import { takesHttp } from '../protocol.ts';
import type { Asker } from '../rules/applies.ts';
import { type KnownHost, portProtocol } from '../services.ts';
import type { Scope } from './sidecar.ts';

export type MeshCaller = Extract<Caller, { kind: 'mesh' }> & { readonly namespace: string };

/** A question about one host and port, and what is known to answer it. */
export interface Asked {
  readonly host: string;
  readonly port: number;
  readonly caller: MeshCaller;
  readonly known: KnownHost | undefined;
  readonly scope: Scope;
}

export function askerOf({ caller, port }: Asked): Asker {
  return { gateway: 'mesh', namespace: caller.namespace, labels: caller.labels, port };
}

/** Who looks up where a rule's destinations are. */
export function clientOf({ caller, port }: Asked): { readonly namespace: string; readonly port: number } {
  return { namespace: caller.namespace, port };
}

export function otherwise({ known, port, scope }: Asked, isGoverned: boolean): Otherwise {
  if (isGoverned) return 'no-route';
  if (known !== undefined && portProtocol(known, port) !== undefined) return 'service';
  return scope.outbound === 'REGISTRY_ONLY' ? 'blocked' : 'direct';
}

export function defaultPort(known: KnownHost | undefined): number {
  const http = known?.ports.find(({ number }) => takesHttp(portProtocol(known, number) ?? 'udp'));
  return (http ?? known?.ports[0])?.number ?? 80;
}
