import type { CountedRequests } from '../domain/change/seen.ts';
import type { Bucket } from '../domain/guard/latency-bound.ts';
import type { Destination, LabelledRequests, Source } from '../domain/guard/requests.ts';
import type { TimedRequests } from '../domain/guard/sides.ts';
import type { Sample } from './query-api.ts';

type Labels = Sample['labels'];

export function toRequests(host: string, { labels, value }: Sample): CountedRequests {
  return { ...toDestination(host, labels), flags: flagsIn(labels), requests: Math.round(value) };
}

export function toLabelled(host: string, { labels, value }: Sample): LabelledRequests {
  return {
    ...toDestination(host, labels),
    ...toSource(labels),
    code: labels['response_code'] ?? '',
    grpcStatus: said(labels['grpc_response_status'], ''),
    flags: flagsIn(labels),
    requests: Math.round(value),
  };
}

/** Requests without a row in `fast` have no such bucket, so nothing is known of how long they took. */
export function toTimed(host: string, all: readonly Sample[], fast: readonly Sample[]): readonly TimedRequests[] {
  const fastBy = new Map(fast.map(({ labels, value }) => [keyOf(labels), value]));
  return all.flatMap(({ labels, value }) => {
    const known = fastBy.get(keyOf(labels));
    const [requests, slow] = [Math.round(value), Math.round(value - (known ?? 0))];
    if (known === undefined || requests <= 0) return [];
    return [{ ...toDestination(host, labels), ...toSource(labels), requests, slow: Math.max(slow, 0) }];
  });
}

export function toBucket(host: string, { labels, value }: Sample): Bucket {
  const { le = '' } = labels;
  const upToMs = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
  return { ...toDestination(host, labels), upToMs, requests: Math.round(value) };
}

function toDestination(host: string, { destination_version: version }: Labels): Destination {
  return { host, version: said(version, '', 'unknown') };
}

function toSource({ source_workload: workload, source_workload_namespace: namespace }: Labels): Source {
  return { workload: said(workload, '', 'unknown'), workloadNamespace: said(namespace, '', 'unknown') };
}

function flagsIn({ response_flags: flags }: Labels): string | undefined {
  return said(flags, '', '-');
}

/** Istio writes `unknown` for what it does not know, and `-` for no flags. Prometheus leaves an empty label out. */
function said(value: string | undefined, ...nothing: readonly string[]): string | undefined {
  return value === undefined || nothing.includes(value) ? undefined : value;
}

function keyOf(labels: Labels): string {
  return JSON.stringify([
    labels['destination_version'],
    labels['source_workload'],
    labels['source_workload_namespace'],
  ]);
}
