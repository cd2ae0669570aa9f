import { durationNanoseconds } from '../../duration.ts';
import { at, field } from '../../object.ts';
import { error, errorIf, type Finding } from '../finding.ts';
import { durationErrors } from '../values/numbers.ts';

const A_MILLISECOND = 1_000_000;

export function connectionPoolErrors(pool: unknown): readonly Finding[] {
  if (pool === undefined) return [];
  const [http, tcp] = [field(pool, 'http'), field(pool, 'tcp')];
  if (http === undefined && tcp === undefined) return [error('connection pool must have at least one field')];
  return [...httpErrors(http), ...tcpErrors(tcp)];
}

function httpErrors(http: unknown): readonly Finding[] {
  const isClients = field(http, 'useClientProtocol') === true && field(http, 'h2UpgradePolicy') === 'UPGRADE';
  return [
    ...negativeErrors(http, 'http1MaxPendingRequests', 'http1 max pending requests'),
    ...negativeErrors(http, 'http2MaxRequests', 'http2 max requests'),
    ...negativeErrors(http, 'maxRequestsPerConnection', 'max requests per connection'),
    ...negativeErrors(http, 'maxRetries', 'max retries'),
    ...durationErrors(field(http, 'idleTimeout')),
    ...errorIf(isClients, 'use client protocol must not be true when H2UpgradePolicy is UPGRADE'),
    ...negativeErrors(http, 'maxConcurrentStreams', 'max concurrent streams'),
    ...keepAliveErrors(field(http, 'http2KeepAlive')),
  ];
}

function keepAliveErrors(keepAlive: unknown): readonly Finding[] {
  if (keepAlive === undefined) return [];
  return ['interval', 'timeout'].flatMap((name) => {
    const duration = field(keepAlive, name);
    return duration === undefined ? [error(`http2 keepalive ${name} is required`)] : durationErrors(duration);
  });
}

function tcpErrors(tcp: unknown): readonly Finding[] {
  const idle = field(tcp, 'idleTimeout');
  // 0 means that connections may be idle for ever.
  const isOff = Math.abs(durationNanoseconds(String(idle)) ?? 0) < A_MILLISECOND;
  return [
    ...negativeErrors(tcp, 'maxConnections', 'max connections'),
    ...durationErrors(field(tcp, 'connectTimeout')),
    ...durationErrors(field(tcp, 'maxConnectionDuration')),
    ...(isOff ? [] : durationErrors(idle)),
    ...durationErrors(at(tcp, 'tcpKeepalive', 'time')),
    ...durationErrors(at(tcp, 'tcpKeepalive', 'interval')),
  ];
}

function negativeErrors(part: unknown, name: string, words: string): readonly Finding[] {
  return errorIf(Number(field(part, name) ?? 0) < 0, `${words} must be non-negative`);
}
