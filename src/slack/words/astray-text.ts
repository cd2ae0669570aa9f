import type { Astray, Elsewhere } from '../../domain/map/following.ts';
import type { Caller, Why } from '../../domain/map/governed.ts';
import { code } from './mrkdwn.ts';
import { objectName } from './object-text.ts';

/** Whose requests do not follow a rule, and what they follow. */
export function astrayText({ kind, elsewhere }: Astray): string {
  const told = elsewhere.map(elsewhereText).join(' ');
  if (kind === 'followed-in-part') return told;
  const why = told === '' ? 'Nothing leads to it.' : told;
  return `*No requests follow this rule now, so its split has no effect.* ${why}`;
}

function elsewhereText({ host, caller, by, why }: Elsewhere): string {
  const because = why === undefined ? '' : `: ${whyWords[why]}`;
  if (by === undefined && why === undefined)
    return `${who(caller, host)} go to the service as if this were not written.`;
  if (by === undefined) return `${who(caller, host)} do not follow it${because}.`;
  const where = by.namespace === '' ? '' : ` in ${code(by.namespace)}`;
  return `${who(caller, host)} follow ${objectName(by)}${where}${because}.`;
}

function who(caller: Caller, host: string): string {
  if (caller.kind === 'gateway') return `Requests for ${code(host)} through gateway ${code(caller.gateway)}`;
  return caller.namespace === undefined
    ? `Requests from inside the mesh for ${code(host)}`
    : `Requests from namespace ${code(caller.namespace)} for ${code(host)}`;
}

const whyWords: Readonly<Record<Why, string>> = {
  'catch-all-above': 'a rule above takes all of them',
  'covered-above': 'rules above take all that it matches',
  older: 'it is older and has the same host',
  'exported-closer': 'it is exported to them alone',
  'gateway-api-route': 'a route of the Gateway API comes first in its own namespace',
  'closer-host': 'it names the host more exactly',
  'not-exported': 'it is not exported to them',
  'hidden-by-sidecar': 'a Sidecar hides it from them',
  'consumer-route': 'a route in another namespace than its parent is for callers of its own namespace',
  'other-protocol': 'the port has another protocol than the rule',
  'other-caller': 'its conditions on gateway, port, namespace or labels never hold for them',
  'no-delegate': 'the VirtualService that it delegates to is not there, or not exported to it',
  'delegate-conflict': 'what it matches is not part of what its root matches',
  'host-spelling': 'Istio takes the host as it is spelled for another one; write the short name or the full one',
  'not-served': 'the gateway has no server for that host',
};
