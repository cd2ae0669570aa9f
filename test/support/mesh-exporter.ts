import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { durationBoundsMs, type FullyTold, type SentRequests, withDefaults } from './sent-requests.ts';

const requestsTotal = 'istio_requests_total';
const duration = 'istio_request_duration_milliseconds';

/** A client's sidecar as Prometheus sees it: counters of its requests and of how long they took, with Istio's labels. */
export class MeshExporter {
  readonly #counters = new Map<string, number>();
  readonly #server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(this.#page());
  });

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on a port
    return `http://127.0.0.1:${port}/metrics`;
  }

  send(requests: SentRequests): void {
    const sent = withDefaults(requests);
    for (const reporter of sent.version === undefined ? ['source'] : ['source', 'destination']) {
      const labels = labelsOf(sent, reporter);
      this.#add(seriesOf(requestsTotal, labels), sent.requests);
      this.#add(seriesOf(`${duration}_count`, labels), sent.requests);
      for (const bound of durationBoundsMs) {
        const le = Number.isFinite(bound) ? String(bound) : '+Inf';
        this.#add(seriesOf(`${duration}_bucket`, { ...labels, le }), sent.tookMs <= bound ? sent.requests : 0);
      }
    }
  }

  /** Restarts the pod: all its counters start at 0. */
  restart(): void {
    this.#counters.clear();
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #page(): string {
    const series = [...this.#counters].map(([name, value]) => `${name} ${value}\n`);
    const of = (metric: string) => series.filter((line) => line.startsWith(metric)).join('');
    return `# TYPE ${requestsTotal} counter\n${of(requestsTotal)}# TYPE ${duration} histogram\n${of(duration)}`;
  }

  #add(series: string, requests: number): void {
    this.#counters.set(series, (this.#counters.get(series) ?? 0) + requests);
  }
}

/** If there is no cluster, Envoy knows no service and uses the host that the client asked for. */
function labelsOf(sent: FullyTold, reporter: string): Readonly<Record<string, string>> {
  const { host, version = 'unknown', flags = '-', code, grpcStatus, workload = 'unknown' } = sent;
  const [name = '', namespace = ''] = host.split('.');
  const isLost = flags === 'NC';
  return {
    reporter,
    source_workload: workload,
    source_workload_namespace: sent.workloadNamespace ?? 'unknown',
    destination_service: isLost ? `${name}:9080` : host,
    destination_service_name: isLost ? `${name}:9080` : name,
    destination_service_namespace: isLost ? 'unknown' : namespace,
    destination_version: version,
    response_code: code,
    ...(grpcStatus === undefined ? {} : { grpc_response_status: grpcStatus }),
    response_flags: flags,
  };
}

function seriesOf(metric: string, labels: Readonly<Record<string, string>>): string {
  const written = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${metric}{${written.join(',')}}`;
}
