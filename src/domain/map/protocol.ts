import type { Port } from './objects.ts';

/** How a proxy treats a port. `any`: it looks at the first bytes, and takes HTTP for HTTP. */
export type PortProtocol = 'http' | 'tcp' | 'tls' | 'any' | 'udp';

const named: Readonly<Record<string, PortProtocol>> = {
  http: 'http',
  http2: 'http',
  http_proxy: 'http',
  grpc: 'http',
  'grpc-web': 'http',
  tcp: 'tcp',
  mongo: 'tcp',
  redis: 'tcp',
  mysql: 'tcp',
  https: 'tls',
  tls: 'tls',
  udp: 'udp',
};

const byAppProtocol: Readonly<Record<string, PortProtocol>> = {
  'kubernetes.io/h2c': 'http',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'tls',
};

/** Protocols in which the server speaks first: there are no first bytes of the client to look at. */
const serverFirst = new Set([25, 53, 3306, 27017]);

/** By `appProtocol`, else by the part of the port's name before the first hyphen (istio `ConvertProtocol`). */
export function protocolOf({ number, name = '', protocol, appProtocol }: Port): PortProtocol {
  if (protocol.toUpperCase() === 'UDP') return 'udp';
  const known = appProtocol === undefined ? undefined : byAppProtocol[appProtocol.toLowerCase()];
  if (known !== undefined) return known;

  const words = (appProtocol ?? name).toLowerCase();
  const isGrpcWeb = words === 'grpc-web' || words.startsWith('grpc-web-');
  const found = named[isGrpcWeb ? 'grpc-web' : (words.split('-', 1)[0] ?? '')];
  return found ?? (serverFirst.has(number) ? 'tcp' : 'any');
}

export function takesHttp(protocol: PortProtocol): boolean {
  return protocol === 'http' || protocol === 'any';
}
