import { errorIf, type Finding } from '../finding.ts';

const HTTP = ['http', 'http2', 'http_proxy', 'grpc', 'grpc-web'];
const TLS = ['https', 'tls'];
const TCP = ['tcp', ...TLS, 'mongo', 'redis', 'mysql'];
const KNOWN = [...HTTP, ...TCP, 'udp'];

export function isHttp(protocol: string): boolean {
  return HTTP.includes(protocol.toLowerCase());
}

export function isTls(protocol: string): boolean {
  return TLS.includes(protocol.toLowerCase());
}

export function isTcp(protocol: string): boolean {
  return TCP.includes(protocol.toLowerCase());
}

export function isKnownProtocol(protocol: string): boolean {
  return KNOWN.includes(protocol.toLowerCase());
}

/** Without a protocol, the proxy looks at the first bytes. */
export function protocolErrors(protocol: string): readonly Finding[] {
  return errorIf(protocol !== '' && !isKnownProtocol(protocol), `unsupported protocol: ${protocol}`);
}
