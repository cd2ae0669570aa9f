import type { PlanWarning } from '../../domain/routing/warning.ts';
import { astrayText } from './astray-text.ts';
import { code } from './mrkdwn.ts';
import { howToStop, ownerText } from './owner-text.ts';

/** Of a plan or a change, in the order in which they matter. */
export const mostWarnings = 3;

const maxVersions = 6;
const maxHosts = 5;

/** Shown on the card and in a dry run, before the first change. */
export function warningText(warning: PlanWarning): string {
  switch (warning.kind) {
    case 'puts-back': {
      const { owner, of = 'VirtualService' } = warning;
      return `*${ownerText(owner)} manages this object* and may put the weights back. ${howToStop(owner.tool, undefined, of)}`;
    }
    case 'cuts-connections':
      return '*Open connections are cut.* The rule splits connections and not requests: those that are open when the weights change are closed, and clients have to connect again.';
    case 'not-followed':
    case 'followed-in-part':
      return astrayText(warning);
    case 'gateways-only':
      return gatewaysOnlyText(warning.gateways);
    case 'no-pods':
      return noPodsText(warning);
    case 'few-pods':
      return fewPodsText(warning);
    case 'hashed':
      return `*Clients stay at no version.* ${warning.hosts.slice(0, maxHosts).map(shortCode).join(', ')} keeps a client at one pod (\`consistentHash\`), and only among those of a version: each request draws its version anew.`;
    case 'also-for':
      return alsoForText(warning.hosts);
    case 'undefined-versions':
      return undefinedText(warning);
  }
}

/** `v3` has no ready pod (0 of 2) … */
export function noPodsText({ version, all, percent }: Omit<Extract<PlanWarning, { kind: 'no-pods' }>, 'kind'>): string {
  const pods = all === 0 ? 'no pod' : `no ready pod (0 of ${all})`;
  return `*${code(version, 120)} has ${pods}*, and would get ${percent} %: what is sent there is answered with 503 (UH).`;
}

function fewPodsText({ version, ready, all, percent }: Extract<PlanWarning, { kind: 'few-pods' }>): string {
  return `${code(version, 120)} has ${ready} of ${all} ready pods, and would get ${percent} % of the requests.`;
}

function shortCode(host: string): string {
  return code(host.split('.', 1)[0] ?? host, 120);
}

/** The other hosts of an object. */
export function alsoForText(hosts: readonly string[]): string {
  const shown = hosts.slice(0, maxHosts).map((host) => code(host, 120));
  const more = hosts.length > maxHosts ? [`… +${hosts.length - maxHosts}`] : [];
  return `The same rule is for ${[...shown, ...more].join(', ')}, too.`;
}

function gatewaysOnlyText(gateways: readonly string[]): string {
  const shown = gateways.slice(0, maxHosts).map((gateway) => code(gateway, 120));
  const more = gateways.length > maxHosts ? [`… +${gateways.length - maxHosts}`] : [];
  return `Only requests through gateway${gateways.length === 1 ? '' : 's'} ${[...shown, ...more].join(', ')} follow it: none from inside the mesh.`;
}

/** A common first mistake: a service gets its rules before its versions are defined. */
function undefinedText({ versions }: Extract<PlanWarning, { kind: 'undefined-versions' }>): string {
  const shown = versions
    .slice(0, maxVersions)
    .map(({ host, version }) => `${code(version)} of ${code(host.split('.', 1)[0] ?? host)}`);
  const more = versions.length > maxVersions ? [`… +${versions.length - maxVersions}`] : [];
  return `*No DestinationRule of the namespace defines* ${[...shown, ...more].join(', ')}: what is sent there is answered with 503 (NC), and reaches no pod. Define the versions first, or in the same file.`;
}
