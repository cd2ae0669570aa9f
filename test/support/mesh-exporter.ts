import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CountedRequests } from '../../src/domain/change/seen.ts';

/** A client's sidecar as Prometheus sees it: counters of its requests, with Istio's labels. */
export class MeshExporter {
  readonly #counters = new Map<string, number>();
  readonly #server = createServer((_, response) => {
    const lines = [...this.#counters].map(([series, value]) => `${series} ${value}\n`);
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(`# TYPE istio_requests_total counter\n${lines.join('')}`);
  });

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on a port
    return `http://127.0.0.1:${port}/metrics`;
  }

  send(counted: CountedRequests): void {
    for (const reporter of counted.version === undefined ? ['source'] : ['source', 'destination'])
      this.#add(seriesOf(counted, reporter), counted.requests);
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

  #add(series: string, requests: number): void {
    this.#counters.set(series, (this.#counters.get(series) ?? 0) + requests);
  }
}

/** If there is no cluster, Envoy knows no service and uses the host that the client asked for. */
function seriesOf({ host, version = 'unknown', flags = '-' }: CountedRequests, reporter: string): string {
  const [name = '', namespace = ''] = host.split('.');
  const isLost = flags === 'NC';
  const labels = {
    reporter,
    source_workload: 'productpage-v1',
    source_workload_namespace: namespace,
    destination_service: isLost ? `${name}:9080` : host,
    destination_service_name: isLost ? `${name}:9080` : name,
    destination_service_namespace: isLost ? 'unknown' : namespace,
    destination_version: version,
    response_code: flags === '-' ? '200' : '503',
    response_flags: flags,
  };
  const written = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `istio_requests_total{${written.join(',')}}`;
}
