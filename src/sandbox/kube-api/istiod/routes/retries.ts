import { STATUS_CODES } from 'node:http';
import { field } from '../../object.ts';
import { errorIf, type Finding, listedErrorIf } from '../finding.ts';
import { durationErrors, integer } from '../values/numbers.ts';
import { quoted } from '../values/text.ts';

const RETRY_ON = [
  ...['5xx', 'gateway-error', 'reset', 'reset-before-request', 'connect-failure', 'retriable-4xx', 'refused-stream'],
  ...['retriable-status-codes', 'retriable-headers', 'envoy-ratelimited', 'http3-post-connect-failure'],
  ...['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'],
];
/** Node knows this status, and Go does not. */
const BANDWIDTH_LIMIT_EXCEEDED = 509;

export function retryErrors(retries: unknown): readonly Finding[] {
  if (retries === undefined) return [];
  const of = (name: string) => field(retries, name);
  const attempts = Number(of('attempts') ?? 0);
  const retryOn = String(of('retryOn') ?? '');
  const isMore = of('perTryTimeout') !== undefined || retryOn !== '' || of('retryRemoteLocalities') !== undefined;
  const policies = retryOn === '' ? [] : retryOn.split(',');
  return [
    ...listedErrorIf(attempts < 0, 'attempts cannot be negative'),
    ...errorIf(attempts === 0 && isMore, 'http retry policy configured when attempts are set to 0 (disabled)'),
    ...durationErrors(of('perTryTimeout')),
    ...policies.flatMap((policy) =>
      errorIf(!RETRY_ON.includes(policy) && !isHttpStatus(policy), `${quoted(policy)} is not a valid retryOn policy`),
    ),
    ...durationErrors(of('backoff')),
  ];
}

function isHttpStatus(text: string): boolean {
  const status = integer(text);
  return status !== undefined && status !== BANDWIDTH_LIMIT_EXCEEDED && STATUS_CODES[status] !== undefined;
}
