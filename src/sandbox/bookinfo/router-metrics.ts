import { Counter, Histogram, Registry } from 'prom-client';
import { bookinfoNamespace, isIngress, type Pod, type Workload } from './pods.ts';
import type { Asked, ResponseFlag } from './route-request.ts';

/** How a request ended, as the caller's proxy saw it. */
export interface Outcome {
  readonly asked: Pick<Asked, 'host' | 'source'>;
  /** The service that it was sent to, fully qualified: another than was asked for, if a rule says so. */
  readonly to: string;
  /** Undefined if no pod was called. */
  readonly pod: Pod | undefined;
  readonly status: number;
  readonly flag: ResponseFlag;
  readonly tookMs: number;
}

export interface RouterMetrics {
  count(outcome: Outcome): void;
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const unknown = 'unknown';

const labelNames = [
  'reporter',
  'source_workload',
  'source_workload_namespace',
  'source_principal',
  'source_app',
  'source_version',
  'source_canonical_service',
  'source_canonical_revision',
  'source_cluster',
  'destination_workload',
  'destination_workload_namespace',
  'destination_principal',
  'destination_app',
  'destination_version',
  'destination_canonical_service',
  'destination_canonical_revision',
  'destination_cluster',
  'destination_service',
  'destination_service_name',
  'destination_service_namespace',
  'request_protocol',
  'response_code',
  'grpc_response_status',
  'response_flags',
  'connection_security_policy',
] as const;

/** The same as Envoy's. */
const durationBucketsMs = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

/** Istio's standard metrics, as the callers' proxies report them. */
export function createRouterMetrics(): RouterMetrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({ name: 'istio_requests_total', help: 'Requests', labelNames, registers });
  const duration = new Histogram({
    name: 'istio_request_duration_milliseconds',
    help: 'How long requests took',
    labelNames,
    buckets: durationBucketsMs,
    registers,
  });
  return {
    count: (outcome) => {
      const labels = labelsFor(outcome);
      requests.inc(labels);
      duration.observe(labels, outcome.tookMs);
    },
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

function labelsFor({ asked, to, pod, status, flag }: Outcome): Record<(typeof labelNames)[number], string> {
  const source = named(asked.source);
  const destination = named(pod);
  const [serviceName = unknown, serviceNamespace = bookinfoNamespace] = to.split('.');
  return {
    reporter: 'source',
    source_workload: source.workload,
    source_workload_namespace: source.namespace,
    source_principal: unknown,
    source_app: source.app,
    source_version: source.version,
    source_canonical_service: source.app,
    source_canonical_revision: source.revision,
    source_cluster: 'Kubernetes',
    destination_workload: destination.workload,
    destination_workload_namespace: destination.namespace,
    destination_principal: unknown,
    destination_app: destination.app,
    destination_version: destination.version,
    destination_canonical_service: destination.app,
    destination_canonical_revision: destination.revision,
    destination_cluster: pod === undefined ? unknown : 'Kubernetes',
    destination_service: to,
    destination_service_name: serviceName,
    destination_service_namespace: serviceNamespace,
    request_protocol: 'http',
    response_code: String(status),
    grpc_response_status: '', // as Istio writes it for HTTP; nothing here speaks gRPC
    response_flags: flag,
    connection_security_policy: unknown,
  };
}

/** Label values of a workload. The ingress has no version, so its canonical revision is `latest`. */
function named(workload: Workload | undefined) {
  const { name = unknown, namespace = unknown, app = unknown, version = unknown } = workload ?? {};
  const revision = workload !== undefined && isIngress(workload) ? 'latest' : version;
  return { workload: name, namespace, app, version, revision };
}
