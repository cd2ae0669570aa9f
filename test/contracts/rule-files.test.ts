import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/cluster/kinds/kinds.ts';
import type { ObjectContent } from '../../src/domain/routing/object.ts';
import type { Manifest } from '../../src/domain/routing/rule-file.ts';
import { readRules } from '../../src/rule-files/read-rules.ts';
import { manifests } from '../manifests/kustomization.ts';
import { changeId, revision } from '../support/builders.ts';
import { clusterName, type KubeWorld, realKube, realKubeconfig, sandboxKube } from '../support/kube.ts';

const bookinfo = join(manifests, 'bookinfo');

/** Rules of 2017 with everything that can be converted. */
const of2017 = `
apiVersion: config.istio.io/v1alpha2
kind: RouteRule
metadata: { name: reviews-default }
spec:
  destination: { name: reviews }
  precedence: 1
  route:
  - { labels: { version: v1 }, weight: 50 }
  - { labels: { version: "3.0", env: prod }, weight: 50 }
  httpReqTimeout: { simpleTimeout: { timeout: 10s } }
  httpReqRetries: { simpleRetry: { attempts: 3, perTryTimeout: 2s } }
  rewrite: { uri: /v1, authority: reviews }
  mirror: { name: reviews, namespace: other, labels: { version: v2 } }
  corsPolicy:
    allowOrigin: [example.com]
    allowMethods: [POST, GET]
    allowHeaders: [X-A]
    exposeHeaders: [X-B]
    maxAge: 24h
    allowCredentials: false
  appendHeaders: { x-from: "2017" }
  websocketUpgrade: true
---
apiVersion: config.istio.io/v1alpha2
kind: RouteRule
metadata: { name: reviews-test-v2 }
spec:
  destination: { name: reviews }
  precedence: 2
  match:
    source: { labels: { app: productpage } }
    request:
      headers:
        cookie: { regex: "^(.*?;)?(user=jason)(;.*)?$" }
        uri: { prefix: /reviews }
        scheme: http
        method: { exact: GET }
        authority: { exact: reviews }
        x-plain: plain
  route:
  - labels: { version: v2 }
  httpFault:
    delay: { percent: 100, fixedDelay: 7s }
    abort: { percent: 0.5, httpStatus: 400 }
---
apiVersion: config.istio.io/v1alpha2
kind: RouteRule
metadata: { name: ratings-moved }
spec:
  destination: { name: ratings }
  match: { request: { headers: { uri: { exact: /old } } } }
  redirect: { uri: /new, authority: ratings }
---
type: route-rule
spec:
  name: details-default
  destination: details.default.svc.cluster.local
  route:
  - tags: { version: v1 }
`;

const of2017ForConsul = `
apiVersion: config.istio.io/v1alpha2
kind: RouteRule
metadata: { name: reviews-default }
spec:
  destination: { service: reviews.service.consul }
  route: [{ labels: { version: v1 }, weight: 50 }, { labels: { version: v3 }, weight: 50 }]
---
apiVersion: config.istio.io/v1alpha2
kind: RouteRule
metadata: { name: details-default }
spec: { destination: { service: details.service.consul } }
`;

const otherKinds = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: reviews }
spec:
  parentRefs: [{ group: '', kind: Service, name: reviews, port: 9080 }]
  rules: [{ backendRefs: [{ name: reviews-v1, port: 9080, weight: 90 }, { name: reviews-v2, port: 9080, weight: 10 }] }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: ledger }
spec:
  parentRefs: [{ group: '', kind: Service, name: ledger, port: 9080 }]
  rules: [{ backendRefs: [{ name: ledger-v1, port: 9080 }] }]
---
apiVersion: consul.hashicorp.com/v1alpha1
kind: ServiceResolver
metadata: { name: reviews }
spec: { subsets: { v1: { filter: Service.Meta.version == v1 } } }
---
apiVersion: consul.hashicorp.com/v1alpha1
kind: ServiceSplitter
metadata: { name: reviews }
spec: { splits: [{ weight: 99.5, serviceSubset: v1 }, { weight: 0.5 }] }
`;

describeRuleFiles('the API server of the sandbox', sandboxKube);
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => describeRuleFiles('a real API server', realKube));

function describeRuleFiles(where: string, begin: () => Promise<KubeWorld>): void {
  describe(`rule files on ${where}`, () => {
    let kube: KubeWorld;

    beforeAll(async () => {
      kube = await begin();
    });
    afterAll(() => kube.end());

    const create = ({ kind, spec, isAdded: _, ...metadata }: Manifest) => {
      const { group, version } = kinds[kind].resources[0];
      const object = { apiVersion: `${group}/${version}`, kind, metadata, spec };
      return kube.ask('POST', `${kube.pathOf(kind)}?dryRun=All&fieldValidation=Strict`, object);
    };

    it.each(readdirSync(bookinfo))('accepts %s as we read it', async (name) => {
      for (const manifest of manifestsOf(readFileSync(join(bookinfo, name))))
        expect(await create(manifest)).toMatchObject({ kind: manifest.kind, spec: manifest.spec });
    });

    it.each([
      ['2017', of2017, ['reviews', 'ratings', 'details']],
      ['2017 for Consul', of2017ForConsul, ['reviews', 'reviews', 'details']],
    ])('accepts what rules of %s become, and keeps every field', async (_, text, names) => {
      const made = manifestsOf(Buffer.from(text));

      expect(made.map(({ name }) => name)).toEqual(names);
      for (const manifest of made) expect(await create(manifest)).toMatchObject({ spec: manifest.spec });
    });

    it('writes a file of objects of other kinds, replaces them, and deletes them', async () => {
      const mesh = kube.mesh();
      for (const { kind, name, spec } of manifestsOf(Buffer.from(otherKinds))) {
        const ref = { cluster: clusterName, namespace: kube.namespace, kind, name };
        const write = async (content: ObjectContent | undefined) =>
          (await mesh.open(ref)).write({ kind: 'content', content }, revision({ id: changeId(1), does: 'apply x' }));

        expect(await write({ spec })).toMatchObject({ kind: 'written' });
        expect(await write({ labels: { team: 'books' }, spec })).toMatchObject({ kind: 'written' });
        expect(await kube.get(name, kind)).toMatchObject({ metadata: { labels: { team: 'books' } }, spec });
        expect((await mesh.open(ref)).live?.ledger.seq).toBe(2);
        expect(await write(undefined)).toMatchObject({ kind: 'written' });
        expect((await mesh.open(ref)).live).toBeUndefined();
      }
    });
  });
}

function manifestsOf(bytes: Uint8Array): readonly Manifest[] {
  const reading = readRules('some', bytes);
  if (reading.kind !== 'file') throw new Error(JSON.stringify(reading));
  return reading.file.manifests;
}
