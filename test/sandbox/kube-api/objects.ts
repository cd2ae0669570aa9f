/** A VirtualService for `reviews` with one rule, which splits by these weights. The first weight is for v1. */
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

export function httpRoute(rule: object): object {
  return gatewayApiRoute('HTTPRoute', { rules: [rule] });
}

/** A route of the Gateway API: HTTPRoute, GRPCRoute, TCPRoute or TLSRoute. */
export function gatewayApiRoute(kind: string, spec: object): object {
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind, metadata: {}, spec };
}
