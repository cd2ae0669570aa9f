import type { Caller, Otherwise, Share } from '../governed.ts';
import type { ObjectIndex } from '../object-index.ts';
import { takesHttp } from '../protocol.ts';
import type { Asker } from '../rules/applies.ts';
import type { Target } from '../rules/prepared.ts';
import { type KnownHost, knownHost, portProtocol } from '../services.ts';
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

/** A destination without a port means the only port of its service, else the one that was asked for. */
export function toShare(index: ObjectIndex, { caller, port }: Asked): (target: Target) => Share {
  return ({ host, subset, weight, isInvalid, ...target }) => {
    const known = knownHost(index, host, caller.namespace);
    const ports = known?.ports ?? [];
    const only = ports.length === 1 ? ports[0]?.number : undefined;
    return {
      host: known?.alias ?? host,
      subset,
      weight,
      port: target.port ?? only ?? port,
      ...(isInvalid ? { isInvalid } : {}),
    };
  };
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
