/** A VirtualService for `reviews` whose one rule splits by these weights, v1 first. */
export function reviews(...weights: readonly unknown[]): object {
  const route = weights.map((weight, index) => ({
    destination: { host: 'reviews', subset: `v${index + 1}` },
    weight,
  }));
  return virtualService({ hosts: ['reviews'], http: [{ route }] });
}

export function virtualService(spec: object, metadata: object = {}): object {
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec };
}

export function destinationRule(spec: object, metadata: object = {}): object {
  return { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata, spec };
}

export function gateway(spec: object, metadata: object = {}): object {
  return { apiVersion: 'networking.istio.io/v1', kind: 'Gateway', metadata, spec };
}

export function httpRoute(rule: object, metadata: object = {}): object {
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata, spec: { rules: [rule] } };
}
