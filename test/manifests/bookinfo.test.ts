import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { manifests, readObjects } from './kustomization.ts';

const folder = join(manifests, 'bookinfo');

const virtualService = z.strictObject({
  apiVersion: z.literal('networking.istio.io/v1'),
  kind: z.literal('VirtualService'),
  metadata: z.strictObject({ name: z.string() }),
  spec: z.strictObject({
    hosts: z.tuple([z.string()]),
    http: z.array(
      z.strictObject({
        match: z
          .tuple([z.strictObject({ headers: z.record(z.string(), z.strictObject({ exact: z.string() })) })])
          .optional(),
        route: z.array(
          z.strictObject({
            destination: z.strictObject({ host: z.string(), subset: z.string() }),
            weight: z.int().optional(),
          }),
        ),
      }),
    ),
  }),
});
type Rule = z.infer<typeof virtualService>['spec']['http'][number];

const destinationRule = z.strictObject({
  apiVersion: z.literal('networking.istio.io/v1'),
  kind: z.literal('DestinationRule'),
  metadata: z.strictObject({ name: z.string() }),
  spec: z.strictObject({
    host: z.string(),
    subsets: z.array(z.strictObject({ name: z.string(), labels: z.strictObject({ version: z.string() }) })),
  }),
});

const cases = z.array(z.tuple([z.string(), z.array(z.string())])).parse([
  [
    'virtual-service-all-v1.yaml',
    ['productpage: all to v1', 'reviews: all to v1', 'ratings: all to v1', 'details: all to v1'],
  ],
  ['virtual-service-reviews-50-v3.yaml', ['reviews: v1 50, v3 50']],
  ['virtual-service-reviews-80-20.yaml', ['reviews: v1 80, v2 20']],
  ['virtual-service-reviews-90-10.yaml', ['reviews: v1 90, v2 10']],
  ['virtual-service-reviews-jason-v2-v3.yaml', ['reviews: end-user jason to v2; all to v3']],
  ['virtual-service-reviews-test-v2.yaml', ['reviews: end-user jason to v2; all to v1']],
  ['virtual-service-reviews-v2-v3.yaml', ['reviews: v2 50, v3 50']],
  ['virtual-service-reviews-v3.yaml', ['reviews: all to v3']],
]);

const httpRoute = z.strictObject({
  apiVersion: z.literal('gateway.networking.k8s.io/v1'),
  kind: z.literal('HTTPRoute'),
  metadata: z.strictObject({ name: z.string() }),
  spec: z.strictObject({
    parentRefs: z.tuple([
      z.strictObject({ group: z.literal(''), kind: z.literal('Service'), name: z.string(), port: z.literal(9080) }),
    ]),
    rules: z.array(
      z.strictObject({
        matches: z
          .tuple([z.strictObject({ headers: z.tuple([z.strictObject({ name: z.string(), value: z.string() })]) })])
          .optional(),
        backendRefs: z.array(z.strictObject({ name: z.string(), port: z.literal(9080), weight: z.int().optional() })),
      }),
    ),
  }),
});

/** The same, divided among Services: `reviews-v1`. */
const httpRouteCases = ['all-v1', 'reviews-50-v3', 'reviews-test-v2'];

describe("Bookinfo's rule files", () => {
  it.each(httpRouteCases)('http-route-%s.yaml means what the file of VirtualServices means', (what) => {
    const [, meaning] = cases.find(([file]) => file === `virtual-service-${what}.yaml`) ?? [];
    const routes = readObjects(join(folder, `http-route-${what}.yaml`)).map((object) => httpRoute.parse(object));
    const told = routes.map(({ metadata, spec: { parentRefs, rules } }) => {
      expect(parentRefs[0].name).toBe(metadata.name);
      const http = rules.map(({ matches, backendRefs }): Rule => {
        const [match] = matches ?? [];
        const route = backendRefs.map(({ name, weight }) => ({
          destination: { host: metadata.name, subset: name.replace(`${metadata.name}-`, '') },
          weight,
        }));
        return match === undefined ? { route } : { match: [{ headers: exactly(match.headers[0]) }], route };
      });
      return tell(virtualServiceOf(metadata.name, http));
    });

    expect(told).toEqual(meaning);
  });

  it.each(cases)('%s means %j', (file, meaning) => {
    expect(virtualServices(file).map(tell)).toEqual(meaning);
  });

  it.each(cases)('%s names only versions that exist', (file) => {
    for (const { spec } of virtualServices(file)) {
      const named = spec.http.flatMap(({ route }) => route.map(({ destination }) => destination));

      expect(named.map(({ host }) => host)).toEqual(named.map(() => spec.hosts[0]));
      expect(versionsOf(spec.hosts[0])).toEqual(expect.arrayContaining(named.map(({ subset }) => subset)));
    }
  });

  it.each(cases)('%s gives weights that sum to 100', (file) => {
    const splits = virtualServices(file).flatMap(({ spec }) => spec.http.filter(({ route }) => route.length > 1));

    expect(splits.map(({ route }) => route.reduce((sum, { weight }) => sum + (weight ?? 0), 0))).toEqual(
      splits.map(() => 100),
    );
  });

  it('destination-rule-all.yaml selects the versions of each service by their label', () => {
    const rules = destinationRules();

    expect(Object.fromEntries(rules.map(({ spec }) => [spec.host, spec.subsets.map(({ name }) => name)]))).toEqual({
      productpage: ['v1'],
      reviews: ['v1', 'v2', 'v3'],
      ratings: ['v1', 'v2', 'v2-mysql', 'v2-mysql-vm'],
      details: ['v1', 'v2'],
    });
    for (const { metadata, spec } of rules) {
      expect(metadata.name).toBe(spec.host);
      for (const { name, labels } of spec.subsets) expect(labels.version).toBe(name);
    }
  });

  it('are all covered here', () => {
    expect(readdirSync(folder).sort()).toEqual(
      [
        'destination-rule-all.yaml',
        ...cases.map(([file]) => file),
        ...httpRouteCases.map((what) => `http-route-${what}.yaml`),
      ].sort(),
    );
  });
});

function exactly({ name, value }: { readonly name: string; readonly value: string }) {
  return { [name]: { exact: value } };
}

function virtualServiceOf(name: string, http: Rule[]): z.infer<typeof virtualService> {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name },
    spec: { hosts: [name], http },
  };
}

function virtualServices(file: string): readonly z.infer<typeof virtualService>[] {
  return readObjects(join(folder, file)).map((object) => virtualService.parse(object));
}

function destinationRules(): readonly z.infer<typeof destinationRule>[] {
  return readObjects(join(folder, 'destination-rule-all.yaml')).map((object) => destinationRule.parse(object));
}

function versionsOf(host: string): readonly string[] {
  const rule = destinationRules().find(({ spec }) => spec.host === host);
  return rule?.spec.subsets.map(({ name }) => name) ?? [];
}

/** `reviews: end-user jason to v2; all to v1` */
function tell({ metadata, spec }: z.infer<typeof virtualService>): string {
  return `${metadata.name}: ${spec.http.map(tellRule).join('; ')}`;
}

function tellRule({ match, route }: Rule): string {
  const [first, ...others] = route;
  if (first === undefined || others.length > 0) {
    return route.map(({ destination, weight }) => `${destination.subset} ${weight}`).join(', ');
  }
  const who = Object.entries(match?.[0].headers ?? {}).map(([header, { exact }]) => `${header} ${exact}`);
  return `${who[0] ?? 'all'} to ${first.destination.subset}`;
}
