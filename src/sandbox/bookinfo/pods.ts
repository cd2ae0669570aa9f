/** A workload in the mesh, as proxies name it in their metrics. */
export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly app: string;
  readonly version: string;
}

/** A running instance of a workload. */
export interface Pod extends Workload {
  readonly labels: Readonly<Record<string, string>>;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

export const bookinfoNamespace = 'default';
/** The port of every Bookinfo service, as callers and routing rules see it. */
export const servicePort = 9080;

/** Where requests from outside enter the mesh. */
export const ingressGateway: Workload = {
  name: 'istio-ingressgateway',
  namespace: 'istio-system',
  app: 'istio-ingressgateway',
  version: 'unknown',
};

export function isIngress({ name }: Workload): boolean {
  return name === ingressGateway.name;
}

/** A workload with the name of the tutorial's Deployment: `reviews-v3`. */
export function bookinfoWorkload(app: string, version: string): Workload {
  return { name: `${app}-${version}`, namespace: bookinfoNamespace, app, version };
}

/** What Istio's tutorial deploys, one pod each. ratings has a second version, so that a shift of it can wait for an approval. */
export const workloads: readonly Workload[] = [
  ...['v1', 'v2', 'v3'].map((version) => bookinfoWorkload('reviews', version)),
  bookinfoWorkload('details', 'v1'),
  ...['v1', 'v2'].map((version) => bookinfoWorkload('ratings', version)),
  bookinfoWorkload('productpage', 'v1'),
];

export function labelsOf({ app, version }: Workload): Readonly<Record<string, string>> {
  return { app, version };
}
