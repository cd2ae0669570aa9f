import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/domain/routing/rule-file.ts';
import { readRules } from '../../src/rule-files/read-rules.ts';
import { manifests } from '../manifests/kustomization.ts';
import { type KubeWorld, realKube, realKubeconfig, sandboxKube } from '../support/kube.ts';

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

describeRuleFiles('the API server of the sandbox', sandboxKube);
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => describeRuleFiles('a real API server', realKube));

function describeRuleFiles(where: string, begin: () => Promise<KubeWorld>): void {
  describe(`rule files on ${where}`, () => {
    let kube: KubeWorld;

    beforeAll(async () => {
      kube = await begin();
    });
    afterAll(() => kube.end());

    const plurals = { VirtualService: 'virtualservices', DestinationRule: 'destinationrules' };
    const create = ({ kind, spec, ...metadata }: Manifest) =>
      kube.ask('POST', `${kube.path(plurals[kind])}?dryRun=All&fieldValidation=Strict`, {
        apiVersion: 'networking.istio.io/v1',
        kind,
        metadata,
        spec,
      });

    it.each(readdirSync(bookinfo))('accepts %s as we read it', async (name) => {
      for (const manifest of manifestsOf(readFileSync(join(bookinfo, name))))
        expect(await create(manifest)).toMatchObject({ kind: manifest.kind, spec: manifest.spec });
    });

    it('accepts what rules of 2017 become, and keeps every field', async () => {
      const made = manifestsOf(Buffer.from(of2017));

      expect(made.map(({ name }) => name)).toEqual(['reviews', 'ratings', 'details']);
      for (const manifest of made) expect(await create(manifest)).toMatchObject({ spec: manifest.spec });
    });
  });
}

function manifestsOf(bytes: Uint8Array): readonly Manifest[] {
  const reading = readRules('some', bytes);
  if (reading.kind !== 'file') throw new Error(JSON.stringify(reading));
  return reading.file.manifests;
}
