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

export function labelsOf({ app, version }: Workload): Readonly<Record<string, string>> {
  return { app, version };
}

/** Whether a pod has all these labels. An empty selector selects every pod. */
export function hasLabels(pod: Pick<Pod, 'labels'>, selector: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([name, value]) => pod.labels[name] === value);
}
