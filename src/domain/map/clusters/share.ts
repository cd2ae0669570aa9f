import type { Share } from '../governed.ts';
import type { ObjectIndex } from '../object-index.ts';
import type { Target } from '../rules/prepared.ts';
import { knownHost } from '../services.ts';

/**
 * What a target means to a caller. A destination without a port means the only port of its service, else the one that was asked for.
 * Another name of a service (ExternalName) means that service.
 */
export function toShare(
  index: ObjectIndex,
  { namespace, port: asked }: { readonly namespace: string; readonly port: number },
): (target: Target) => Share {
  return ({ host, subset, weight, isInvalid, port }) => {
    const known = knownHost(index, host, namespace);
    const only = known?.ports.length === 1 ? known.ports[0]?.number : undefined;
    const share = { host: known?.alias ?? host, subset, weight, port: port ?? only ?? asked };
    return isInvalid === true ? { ...share, isInvalid } : share;
  };
}
