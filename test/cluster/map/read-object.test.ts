import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meshKinds, readMeshObject } from '../../../src/cluster/map/read-object.ts';
import { trafficMap } from '../../../src/domain/map/traffic-map.ts';

const metadata = { namespace: 'default', name: 'reviews', creationTimestamp: '2026-11-30T00:00:00Z' };

describe('what the map reads of an object', () => {
  it('leaves out what is of an odd shape, and throws nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...meshKinds),
        fc.object({ key: fc.constantFrom('metadata', 'spec', 'http', 'name', 'rules') }),
        (kind, object) => {
          const read = readMeshObject(kind, object);

          expect(() => trafficMap(read === undefined ? [] : [read])).not.toThrow();
        },
      ),
    );
  });

  it.each([
    ['networking.istio.io/VirtualService', { hosts: 'reviews' }],
    ['networking.istio.io/VirtualService', { http: [{ match: [{ uri: '/x' }] }] }],
    ['networking.istio.io/DestinationRule', {}],
    ['gateway.networking.k8s.io/HTTPRoute', { parentRefs: [{}] }],
    ['/Service', { ports: [{ port: 'http' }] }],
  ] as const)('does without a %s with the spec %j', (kind, spec) => {
    expect(readMeshObject(kind, { metadata, spec })).toBeUndefined();
  });

  it('keeps little of a large VirtualService', () => {
    const http = Array.from({ length: 8 }, (_, at) => ({
      name: `rule-${at}`,
      match: [{ uri: { prefix: `/${at}` } }],
      route: [
        {
          destination: { host: 'reviews', subset: 'v1' },
          weight: 100,
          headers: { request: { set: { x: 'y'.repeat(2000) } } },
        },
      ],
      corsPolicy: { allowOrigins: [{ exact: 'x'.repeat(5000) }] },
    }));
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'z'.repeat(50_000) };
    const object = { metadata: { ...metadata, annotations }, spec: { hosts: ['reviews'], http } };

    expect(JSON.stringify(readMeshObject('networking.istio.io/VirtualService', object)).length).toBeLessThan(4096);
  });

  it('reads a fault without a percentage as none, since it never fires', () => {
    const spec = { hosts: ['reviews'], http: [{ fault: { abort: { httpStatus: 503 } }, route: [] }] };

    expect(readMeshObject('networking.istio.io/VirtualService', { metadata, spec })).toMatchObject({
      http: [{ abort: undefined }],
    });
  });

  it('takes an endpoint of unknown readiness for ready', () => {
    const slice = {
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'reviews' } },
      endpoints: [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'], conditions: { ready: false } }],
      ports: null,
    };

    expect(readMeshObject('discovery.k8s.io/EndpointSlice', slice)).toMatchObject({
      service: 'reviews',
      endpoints: [
        { address: '10.0.0.1', ready: true },
        { address: '10.0.0.2', ready: false },
      ],
    });
  });
});
