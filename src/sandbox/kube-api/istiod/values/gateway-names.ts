import { errorIf, type Finding, warningIf } from '../finding.ts';
import { fullNameErrors, isLabel } from './names.ts';
import { quoted } from './text.ts';

export const MESH = 'mesh';

/** Whether a VirtualService applies to gateways only. One that names no gateway applies to the mesh. */
export function appliesToGateway(gateways: readonly unknown[]): boolean {
  return gateways.length > 0 && !gateways.includes(MESH);
}

/** Like istiod, checks names up to the first one in the old format, and none after it. */
export function gatewayFindings(names: readonly unknown[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const name of names.map(String)) {
    const slash = name.indexOf('/');
    if (slash === -1) return [...findings, ...oldGatewayFindings(name)];
    findings.push(...gatewayErrors(name.slice(0, slash), name.slice(slash + 1)));
  }
  return findings;
}

function oldGatewayFindings(name: string): readonly Finding[] {
  const [gateway = '', namespace = ''] = name.split('.');
  const advice = `using legacy gatewayName format ${quoted(name)}; prefer the <namespace>/<name> format: ${quoted(`${namespace}/${gateway}`)}`;
  return [...warningIf(name.includes('.'), advice), ...fullNameErrors(name)];
}

function gatewayErrors(namespace: string, name: string): readonly Finding[] {
  return [
    ...errorIf(namespace === '' || name === '', 'config namespace and gateway name cannot be empty'),
    ...errorIf(!isLabel(namespace), `invalid value for namespace: ${quoted(namespace)}`),
    ...errorIf(!isLabel(name), `invalid value for gateway name: ${quoted(name)}`),
  ];
}
