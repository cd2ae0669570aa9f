import { field, items } from '../../object.ts';
import { error, errorIf, type Finding, warningIf } from '../finding.ts';
import { connectionPoolErrors } from '../policies/connection-pool.ts';
import { serverTlsFindings } from '../policies/server-tls.ts';
import { bindErrors, UNIX, unixPathErrors } from '../values/addresses.ts';
import { portNameErrors } from '../values/names.ts';
import { integer, portErrors } from '../values/numbers.ts';
import { isHttp, isTls, protocolErrors } from '../values/protocols.ts';
import { quoted } from '../values/text.ts';

const HERE = ['', '127.0.0.1', '0.0.0.0', '::1', '::'];
const FORM =
  'sidecar: defaultEndpoint must be of form 127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset';

/** Checks the listeners for requests to the workload. */
export function ingressFindings(listeners: readonly unknown[]): readonly Finding[] {
  const withPort = listeners.filter((listener) => field(listener, 'port') !== undefined);
  const numbers = withPort.map(numberOf);
  return listeners.flatMap((listener) => {
    const at = withPort.indexOf(listener);
    if (at === -1) return [error('sidecar: port is required for ingress listeners')];
    return listenerFindings(listener, numbers.indexOf(numberOf(listener)) < at);
  });
}

function listenerFindings(listener: unknown, isTaken: boolean): readonly Finding[] {
  const port = field(listener, 'port');
  const name = String(field(port, 'name') ?? '');
  const protocol = String(field(port, 'protocol') ?? '');
  return [
    ...errorIf(Number(field(port, 'targetPort') ?? 0) > 0, 'targetPort has no impact on Sidecars'),
    ...(name === '' ? [] : portNameErrors(name)),
    ...protocolErrors(protocol),
    ...portErrors(numberOf(listener)),
    ...bindErrors(String(field(listener, 'bind') ?? '')),
    ...errorIf(isTaken, 'sidecar: ports on IP bound listeners must be unique'),
    ...endpointErrors(String(field(listener, 'defaultEndpoint') ?? '')),
    ...tlsFindings(field(listener, 'tls'), protocol),
    ...poolFindings(listener, protocol),
  ];
}

function numberOf(listener: unknown): number {
  return Number(field(field(listener, 'port'), 'number') ?? 0);
}

/** Checks where requests are sent to: a port of the workload, or its socket. */
function endpointErrors(endpoint: string): readonly Finding[] {
  if (endpoint === '') return [];
  if (endpoint.startsWith(UNIX)) return unixPathErrors(endpoint.slice(UNIX.length));
  const { host, port, fault } = splitHostPort(endpoint);
  const number = integer(port);
  const syntax = `strconv.Atoi: parsing ${quoted(port)}: invalid syntax`;
  return [
    ...(fault === undefined ? [] : [error(`address ${endpoint}: ${fault}`)]),
    ...errorIf(!HERE.includes(host), FORM),
    ...(number === undefined
      ? [error(`sidecar: defaultEndpoint port (${port}) is not a number: ${syntax}`)]
      : portErrors(number)),
  ];
}

/** Like Go's function of this name: an address of IPv6 stands in brackets. */
function splitHostPort(text: string): { readonly host: string; readonly port: string; readonly fault?: string } {
  const [, bracketed, plain, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text) ?? [];
  if (port !== undefined) return { host: bracketed ?? plain ?? '', port };
  return { host: '', port: '', fault: splitFault(text) };
}

function splitFault(text: string): string {
  const end = text.indexOf(']');
  if (text.startsWith('[')) {
    if (end === -1) return "missing ']' in address";
    if (end === text.length - 1 || !text.includes(':', end)) return 'missing port in address';
    if (text.lastIndexOf(':') !== end + 1)
      return text[end + 1] === ':' ? 'too many colons in address' : 'missing port in address';
  } else {
    if (!text.includes(':')) return 'missing port in address';
    if (text.indexOf(':') !== text.lastIndexOf(':')) return 'too many colons in address';
  }
  return text.includes('[', text.startsWith('[') ? 1 : 0) ? "unexpected '[' in address" : "unexpected ']' in address";
}

function tlsFindings(tls: unknown, protocol: string): readonly Finding[] {
  if (tls === undefined) return [];
  const has = (name: string) => items(field(tls, name)).length > 0;
  const mode = String(field(tls, 'mode') ?? 'PASSTHROUGH');
  return [
    ...errorIf(has('subjectAltNames'), 'sidecar: subjectAltNames is not supported in ingress tls'),
    ...errorIf(field(tls, 'httpsRedirect') === true, 'sidecar: httpsRedirect is not supported'),
    ...errorIf(Boolean(field(tls, 'credentialName')), 'sidecar: credentialName is not currently supported'),
    ...errorIf(has('credentialNames'), 'sidecar: credentialNames is not currently supported'),
    ...errorIf(has('tlsCertificates'), 'sidecar: tls_certificates is not currently supported'),
    ...errorIf(
      ['ISTIO_MUTUAL', 'AUTO_PASSTHROUGH'].includes(mode),
      `configuration is invalid: cannot set mode to ${mode} in sidecar ingress tls`,
    ),
    ...errorIf(!isTls(protocol), 'server cannot have TLS settings for non HTTPS/TLS ports'),
    ...serverTlsFindings(tls),
  ];
}

function poolFindings(listener: unknown, protocol: string): readonly Finding[] {
  const pool = field(listener, 'connectionPool');
  const name = quoted(String(field(field(listener, 'port'), 'name') ?? ''));
  const settings = `HTTP connection pool settings are configured for port ${numberOf(listener)} (${name})`;
  return [
    ...connectionPoolErrors(pool),
    ...warningIf(
      field(pool, 'http') !== undefined && !isHttp(protocol),
      `sidecar: ${settings} but its protocol is not HTTP (${protocol}); only TCP settings will apply`,
    ),
  ];
}
