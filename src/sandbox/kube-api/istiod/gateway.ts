import type { KubeObject } from '../object.ts';
import { field, items } from '../object.ts';
import { error, errorIf, type Finding, warningIf } from './finding.ts';
import { isPassthrough, serverTlsFindings } from './policies/server-tls.ts';
import { bindErrors, UNIX, unixPathErrors } from './values/addresses.ts';
import { isLabel } from './values/names.ts';
import { portErrors } from './values/numbers.ts';
import { isHttp, isKnownProtocol, isTls } from './values/protocols.ts';
import { gatewayHostErrors } from './values/scoped-hosts.ts';
import { quoted, texts } from './values/text.ts';

const PROTOCOLS = 'HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP';

export function gatewayFindings({ metadata, spec }: KubeObject): readonly Finding[] {
  const servers = items(field(spec, 'servers'));
  const names = servers.map((server) => portOf(server)?.name);
  const name = metadata.name ?? '';
  return [
    ...errorIf(!isLabel(name), `invalid gateway name: ${quoted(name)}`),
    ...errorIf(servers.length === 0, 'gateway must have at least one server'),
    ...servers.flatMap(serverFindings),
    ...servers.flatMap((server, index) => [
      ...errorIf(
        names[index] !== undefined && names.indexOf(names[index]) < index,
        `port names in servers must be unique: duplicate name ${names[index]}`,
      ),
      ...redirectFindings(server),
    ]),
  ];
}

function redirectFindings(server: unknown): readonly Finding[] {
  const port = portOf(server);
  const redirects = field(field(server, 'tls'), 'httpsRedirect') === true;
  return warningIf(
    port !== undefined && redirects && !isHttp(port.protocol),
    'tls.httpsRedirect should only be used with http servers',
  );
}

interface Port {
  readonly number: number;
  readonly protocol: string;
  readonly name: string;
  readonly targetPort: number;
}

function portOf(server: unknown): Port | undefined {
  const port = field(server, 'port');
  if (port === undefined) return undefined;
  const text = (name: string) => String(field(port, name) ?? '');
  const number = (name: string) => Number(field(port, name) ?? 0);
  return { number: number('number'), protocol: text('protocol'), name: text('name'), targetPort: number('targetPort') };
}

function serverFindings(server: unknown): readonly Finding[] {
  const hosts = texts(field(server, 'hosts'));
  const [port, bind] = [portOf(server), String(field(server, 'bind') ?? '')];
  const wrongPort = serverPortErrors(port, bind);
  const tls = field(server, 'tls');
  return [
    ...errorIf(hosts.length === 0, 'server config must contain at least one host'),
    ...hosts.flatMap(gatewayHostErrors),
    ...wrongPort,
    ...(bind.startsWith(UNIX) ? unixErrors(bind, port) : bindErrors(bind)),
    ...serverTlsFindings(tls),
    ...(port === undefined || wrongPort.length > 0 ? [] : encryptionErrors(port.protocol, tls)),
  ];
}

function serverPortErrors(port: Port | undefined, bind: string): readonly Finding[] {
  if (port === undefined) return [error('port is required')];
  const { number, protocol, name, targetPort } = port;
  const invalid = `invalid protocol ${quoted(protocol)}, supported protocols are ${PROTOCOLS}`;
  return [
    ...errorIf(!isKnownProtocol(protocol), invalid),
    ...(number === 0 && bind.startsWith(UNIX) ? [] : portErrors(number)),
    ...errorIf(targetPort > 0, 'targetPort has no impact on Gateways'),
    ...errorIf(name === '', `port name must be set: ${shown(port)}`),
  ];
}

function unixErrors(bind: string, port: Port | undefined): readonly Finding[] {
  const isSet = port !== undefined && port.number !== 0;
  return [
    ...unixPathErrors(bind.slice(UNIX.length)),
    ...(isSet ? [error(`port number must be 0 for unix domain socket: ${shown(port)}`)] : []),
  ];
}

/** Like Go shows a message of protobuf. */
function shown({ number, protocol, name, targetPort }: Port): string {
  const parts = [
    number === 0 ? [] : [`number:${number}`],
    protocol === '' ? [] : [`protocol:${quoted(protocol)}`],
    name === '' ? [] : [`name:${quoted(name)}`],
    targetPort === 0 ? [] : [`target_port:${targetPort}`],
  ];
  return parts.flat().join(' ');
}

function encryptionErrors(protocol: string, tls: unknown): readonly Finding[] {
  if (isTls(protocol)) return errorIf(tls === undefined, 'server must have TLS settings for HTTPS/TLS protocols');
  if (tls === undefined) return [];
  if (!isHttp(protocol)) return [error('server cannot have TLS settings for non HTTPS/TLS ports')];
  const own = ['caCertificates', 'privateKey', 'serverCertificate'].some(
    (name) => String(field(tls, name) ?? '') !== '',
  );
  return errorIf(own || !isPassthrough(tls), 'server cannot have TLS settings for plain text HTTP ports');
}
