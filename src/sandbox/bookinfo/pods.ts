/** What runs somewhere in the mesh, as proxies name it in their metrics. */
export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly app: string;
  readonly version: string;
}

/** One that answers requests. */
export interface Pod extends Workload {
  readonly labels: Readonly<Record<string, string>>;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

export const bookinfoNamespace = 'default';
/** What every service of Bookinfo listens on, as far as callers and routing rules are concerned. */
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

/** A workload named as the tutorial's Deployments are: `reviews-v3`. */
export function bookinfoWorkload(app: string, version: string): Workload {
  return { name: `${app}-${version}`, namespace: bookinfoNamespace, app, version };
}

export function labelsOf({ app, version }: Workload): Readonly<Record<string, string>> {
  return { app, version };
}

/** Whether a pod has all these labels; no labels at all select every pod. */
export function hasLabels(pod: Pick<Pod, 'labels'>, selector: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([name, value]) => pod.labels[name] === value);
}
