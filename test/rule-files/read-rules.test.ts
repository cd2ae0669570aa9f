import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRules } from '../../src/rule-files/read-rules.ts';
import { manifests } from '../manifests/kustomization.ts';
import { anyText } from '../support/arbitraries.ts';
import { processorMs } from '../support/processor-time.ts';
import { faultsOf, fileOf, reviewsToV1, reviewsWith } from './rule-text.ts';

const toV1 = {
  hosts: ['reviews'],
  http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' } }] }],
};
const reviews = { kind: 'VirtualService', name: 'reviews', spec: toV1 };

describe('a rule file', () => {
  const folder = join(manifests, 'bookinfo');

  it.each(readdirSync(folder))('of Bookinfo, %s, is read without doubts', (name) => {
    const reading = readRules(name, readFileSync(join(folder, name)));

    expect(reading).toMatchObject({ kind: 'file', file: { name, conversions: [], unconverted: [] } });
    expect(reading).not.toHaveProperty('file.meant');
  });

  it('is read unchanged, in the order of the file', () => {
    const { manifests: all } = fileOf(`${reviewsToV1}---
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata:
  name: reviews
  namespace: bookinfo
  labels: { team: stars }
  annotations: { why: "red stars" }
spec:
  host: reviews
  trafficPolicy: { connectionPool: { tcp: { maxConnections: 100 } } }
  subsets:
  - { name: v1, labels: { version: "1.0" } }
`);

    expect(all).toEqual([
      reviews,
      {
        kind: 'DestinationRule',
        name: 'reviews',
        namespace: 'bookinfo',
        labels: { team: 'stars' },
        annotations: { why: 'red stars' },
        spec: {
          host: 'reviews',
          trafficPolicy: { connectionPool: { tcp: { maxConnections: 100 } } },
          subsets: [{ name: 'v1', labels: { version: '1.0' } }],
        },
      },
    ]);
  });

  it.each<[string, string, string, object]>([
    [
      'HTTPRoute',
      'gateway.networking.k8s.io/v1',
      'parentRefs: [{ name: reviews }]',
      { parentRefs: [{ name: 'reviews' }] },
    ],
    ['HTTPRoute', 'gateway.networking.k8s.io/v1beta1', 'rules: []', { rules: [] }],
    ['GRPCRoute', 'gateway.networking.k8s.io/v1', 'hostnames: [a.example]', { hostnames: ['a.example'] }],
    ['TCPRoute', 'gateway.networking.k8s.io/v1alpha2', 'rules: []', { rules: [] }],
    ['TLSRoute', 'gateway.networking.k8s.io/v1alpha3', 'rules: []', { rules: [] }],
    [
      'ServiceSplitter',
      'consul.hashicorp.com/v1alpha1',
      'splits: [{ weight: 33.33, serviceSubset: v1 }, { weight: 66.67 }]',
      { splits: [{ weight: 33.33, serviceSubset: 'v1' }, { weight: 66.67 }] },
    ],
    [
      'ServiceResolver',
      'consul.hashicorp.com/v1alpha1',
      'subsets: { v1: { filter: Service.Meta.version == v1 } }',
      { subsets: { v1: { filter: 'Service.Meta.version == v1' } } },
    ],
  ])('reads a %s of %s', (kind, apiVersion, text, spec) => {
    const file = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: reviews }\nspec: { ${text} }\n`;

    expect(fileOf(file).manifests).toEqual([{ kind, name: 'reviews', spec }]);
  });

  it.each([
    ['with Windows line breaks', reviewsToV1.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\u{FEFF}${reviewsToV1}`],
    ['with empty documents', `---\n---\n${reviewsToV1}---\n# nothing\n---\n`],
    ['with an end-of-document mark', `${reviewsToV1}...\n`],
    ['that says it is YAML 1.1', `%YAML 1.1\n---\n${reviewsToV1}`],
    ['with template braces in a comment', `# {{ .Values }}\n${reviewsToV1}`],
    ['of v1alpha3', reviewsWith({ 'io/v1': 'io/v1alpha3' })],
    [
      'in JSON',
      JSON.stringify({
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'reviews' },
        spec: toV1,
      }),
    ],
    ['as a List', `apiVersion: v1\nkind: List\nitems:\n- ${reviewsToV1.trimEnd().replaceAll('\n', '\n  ')}\n`],
    [
      'as a VirtualServiceList',
      `apiVersion: networking.istio.io/v1\nkind: VirtualServiceList\nmetadata: {}\nitems:\n- ${reviewsToV1.trimEnd().replaceAll('\n', '\n  ')}\n`,
    ],
  ])('%s is read', (_, text) => {
    expect(fileOf(text).manifests).toEqual([reviews]);
  });

  it('exported by kubectl is read without what the server and tools keep in it', () => {
    const exported = reviewsWith(
      {
        '  name: reviews': `  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"kind":"VirtualService"}
    shiftbot.dev/history: '{"v":1,"seq":1,"revisions":[]}'
  creationTimestamp: "2026-11-22T14:03:11Z"
  generation: 2
  managedFields:
  - manager: kubectl
    fieldsV1: { "f:metadata": { "f:annotations": { ".": {} } } }
  name: reviews
  resourceVersion: "12"
  uid: 5c3d`,
      },
      'status: { observedGeneration: 2 }\n',
    );

    expect(fileOf(exported).manifests).toEqual([reviews]);
  });

  it('keeps two objects with one name in two namespaces', () => {
    const inEach = ['a', 'b'].map((namespace) => reviewsWith({ '  name': `  namespace: ${namespace}\n  name` }));

    expect(fileOf(inEach.join('---\n')).manifests.map(({ namespace }) => namespace)).toEqual(['a', 'b']);
  });
});

const emptyFile = ['1:1 the file is empty: write a VirtualService or another routing object'];
const noObject = ['1:1 write an object: `apiVersion:`, `kind:`, `metadata:` and `spec:`'];
const otherKinds =
  'is not allowed: rule files contain VirtualService, DestinationRule, HTTPRoute, GRPCRoute, TCPRoute, TLSRoute, ServiceSplitter and ServiceResolver';
const noName = 'a name has lower-case letters, digits, dashes and dots, and starts and ends with a letter or a digit';
const aNumber = 'put it in quotes: without them it is read as a number';
const noWeight =
  '10:15 spec.http[0].route[0].weight: write a whole number, 0 or more, without quotes or a percent sign';

describe('a bad file is refused, with line and column', () => {
  it.each<[string, string | Uint8Array, readonly string[]]>([
    ['nothing', '', emptyFile],
    ['a comment', '# rules\n', emptyFile],
    ['empty documents', '---\n---\n', emptyFile],
    ['an empty List', 'apiVersion: v1\nkind: List\nitems: []\n', emptyFile],
    ['invalid YAML', 'a: b: c\n', ['1:4 Nested mappings are not allowed in compact mappings']],
    ['half a file', `${reviewsToV1}ru`, ['10:1 a key needs a colon and a space after it']],
    ['a word', 'hello', noObject],
    ['a list', '- a\n', noObject],
    ['a key that occurs twice', `${reviewsToV1}  http: []\n`, ['10:3 `http` is here twice: keep one']],
    [
      'an object that occurs twice',
      `${reviewsToV1}---\n${reviewsToV1}`,
      ['14:9 VirtualService `reviews` is already in line 4: keep one'],
    ],
    [
      'an object that may occur twice',
      `${reviewsToV1}---\n${reviewsWith({ '  name': '  namespace: bookinfo\n  name' })}`,
      ['15:9 VirtualService `reviews` is already in line 4: keep one, or give both a namespace'],
    ],
    [
      'a misspelt kind',
      reviewsWith({ VirtualService: 'VirtualServce' }),
      [`2:7 kind: \`VirtualServce\` ${otherKinds}; did you mean \`VirtualService\`?`],
    ],
    ['another kind of Istio', reviewsWith({ VirtualService: 'Gateway' }), [`2:7 kind: \`Gateway\` ${otherKinds}`]],
    [
      'a kind of Kubernetes',
      `${reviewsToV1}---\napiVersion: v1\nkind: Secret\nmetadata: { name: a }\n`,
      [`12:7 kind: \`Secret\` ${otherKinds}`],
    ],
    [
      'a List in a List',
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items: []\n',
      [`5:9 kind: a list inside a list ${otherKinds}`],
    ],
    [
      'another version',
      reviewsWith({ 'io/v1': 'io/v2' }),
      ['1:13 apiVersion: `networking.istio.io/v2` is not known: write `networking.istio.io/v1`'],
    ],
    [
      'another group',
      reviewsWith({ 'networking.istio.io/v1': 'v1' }),
      ['1:13 apiVersion: `v1` is not known: write `networking.istio.io/v1`'],
    ],
    [
      'a kind of another group',
      reviewsWith({ VirtualService: 'HTTPRoute' }),
      ['1:13 apiVersion: `networking.istio.io/v1` is not known: write `gateway.networking.k8s.io/v1`'],
    ],
    [
      'a version that Consul never had',
      reviewsWith({ VirtualService: 'ServiceSplitter', 'networking.istio.io/v1': 'consul.hashicorp.com/v1' }),
      ['1:13 apiVersion: `consul.hashicorp.com/v1` is not known: write `consul.hashicorp.com/v1alpha1`'],
    ],
    [
      'a kind that is only read',
      reviewsWith({ VirtualService: 'TrafficSplit' }),
      [`2:7 kind: \`TrafficSplit\` ${otherKinds}`],
    ],
    [
      'an HTTPRoute with many faults',
      'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: a }\nspec: { parentRefs: [{ kind: Service }], rules: [{ backendRefs: [{ weight: 50% }, { name: b, weight: -1 }] }] }\n',
      [
        '4:22 spec.parentRefs[0].name: is missing: write the name of what it is bound to, like `reviews`',
        '4:66 spec.rules[0].backendRefs[0].name: is missing: write the name of a Service, like `reviews-v1`',
        '4:76 spec.rules[0].backendRefs[0].weight: write a whole number, 0 or more, without quotes or a percent sign',
        '4:102 spec.rules[0].backendRefs[1].weight: write a whole number, 0 or more, without quotes or a percent sign',
      ],
    ],
    [
      'a ServiceSplitter whose weights do not sum to 100',
      'apiVersion: consul.hashicorp.com/v1alpha1\nkind: ServiceSplitter\nmetadata: { name: a }\nspec: { splits: [{ weight: 50, serviceSubset: v1 }, { weight: 49.99 }] }\n',
      ['4:17 spec.splits: the weights must sum to 100'],
    ],
    [
      'a ServiceResolver with a list of subsets',
      'apiVersion: consul.hashicorp.com/v1alpha1\nkind: ServiceResolver\nmetadata: { name: a }\nspec: { subsets: [{ name: v1 }] }\n',
      ['4:18 spec.subsets: write the subsets by name'],
    ],
    ['no kind', reviewsWith({ 'kind: VirtualService\n': '' }), ['1:1 kind: is missing: write `kind: VirtualService`']],
    [
      'no name',
      reviewsWith({ 'name: reviews': 'labels: {}' }),
      ['4:3 metadata.name: is missing: write the name of the object'],
    ],
    ['an invalid name', reviewsWith({ 'name: reviews': 'name: Reviews_1' }), [`4:9 metadata.name: ${noName}`]],
    [
      'a name of invisible characters',
      reviewsWith({ 'name: reviews': 'name: "rev\\u200Biews"' }),
      [`4:9 metadata.name: ${noName}`],
    ],
    [
      'an invalid namespace',
      reviewsWith({ '  name': '  namespace: A\n  name' }),
      [
        '4:14 metadata.namespace: a namespace has lower-case letters, digits and dashes, and starts and ends with a letter or a digit',
      ],
    ],
    ['a number as a name', reviewsWith({ 'name: reviews': 'name: 1e3' }), [`4:9 metadata.name: ${aNumber}`]],
    [
      'a number as a subset',
      reviewsWith({ 'subset: v1': 'subset: 1.0' }),
      [`9:45 spec.http[0].route[0].destination.subset: ${aNumber}`],
    ],
    [
      'a number as a label, and as the name of a label',
      reviewsWith({ '  name': '  labels: { version: 1.0, 2: x }\n  name' }),
      [`4:27 ${aNumber}`],
    ],
    [
      'a number of YAML 1.1',
      reviewsWith({ 'subset: v1': 'subset: 0777' }),
      ['9:45 `0777` is a different number to kubectl, or not a number: put it in quotes if you mean the word'],
    ],
    [
      'words that kubectl reads as true or false',
      reviewsWith({ '  name': '  labels: { on: yes, a: "off" }\n  name' }),
      [
        '4:13 `on` is true to kubectl: write `true`, or put it in quotes if you mean the word',
        '4:17 `yes` is true to kubectl: write `true`, or put it in quotes if you mean the word',
      ],
    ],
    [
      'an anchor and its alias',
      reviewsWith({ '[reviews]': '&a [reviews]' }, '  x: *a\n'),
      ['6:13 an anchor (&a) is not allowed: remove it', '10:6 an alias (*a) is not allowed: write the value out'],
    ],
    ['a merge key', `${reviewsToV1}  <<: { a: 1 }\n`, ['10:3 a merge key (<<) is not allowed: write the keys out']],
    [
      'a tag of JavaScript',
      reviewsWith({ '[reviews]': '!!js/function [reviews]' }),
      ['6:24 a tag (tag:yaml.org,2002:js/function) is not allowed: remove it'],
    ],
    ['a tab', reviewsWith({ '  name': '\tname' }), ['4:1 this line is indented with a tab: use spaces']],
    ['a prototype', `${reviewsToV1}  __proto__: { a: 1 }\n`, ['10:3 the key `__proto__` is not allowed']],
    ['a key that is a list', `${reviewsToV1}? [a]\n: b\n`, ['10:3 a key must be one word']],
    ['not a number', `${reviewsToV1}    timeout: .nan\n`, ['10:14 this is not a number that an object can contain']],
    [
      'a template',
      reviewsWith({ 'name: reviews': 'name: "{{ .Values.name }}"' }),
      ['4:10 this is a template (`{{ … }}`): render it first'],
    ],
    [
      'a template on its own lines',
      `{{- if .Values.x }}\n${reviewsToV1}`,
      ['1:1 this is a template (`{{ … }}`): render it first'],
    ],
    ['UTF-16', Buffer.from(`\u{FEFF}${reviewsToV1}`, 'utf16le'), ['1:1 the file is not UTF-8']],
    [
      'a control character',
      reviewsWith({ 'name: reviews': 'name: rev\u0007iews' }),
      ['4:12 there is a control character (U+0007) here'],
    ],
    ['a NUL', reviewsWith({ 'name: reviews': 'name: rev\0iews' }), ['4:12 there is a control character (U+0000) here']],
    ['a negative weight', `${reviewsToV1}      weight: -1\n`, [noWeight]],
    ['half a weight', `${reviewsToV1}      weight: 0.5\n`, [noWeight]],
    ['a weight in quotes', `${reviewsToV1}      weight: "50"\n`, [noWeight]],
    ['a weight in percent', `${reviewsToV1}      weight: 50%\n`, [noWeight]],
    ['a weight that is too large', `${reviewsToV1}      weight: 2147483648\n`, [noWeight]],
    [
      'a route without a destination',
      reviewsWith({ 'destination: { host: reviews, subset: v1 }': 'weight: 1' }),
      [
        '9:7 spec.http[0].route[0].destination: is missing: write a destination with its `host`, like `{ host: reviews, subset: v1 }`',
      ],
    ],
    [
      'a destination without a host',
      reviewsWith({ 'host: reviews, ': '' }),
      ['9:20 spec.http[0].route[0].destination.host: is missing: write a host, like `reviews`'],
    ],
    [
      'an invalid subset name',
      reviewsWith({ 'subset: v1': 'subset: "1.0"' }),
      [
        '9:45 spec.http[0].route[0].destination.subset: the name of a subset has lower-case letters, digits and dashes, like `v1-0`',
      ],
    ],
    [
      'an empty subset name',
      reviewsWith({ 'subset: v1': 'subset: ' }),
      ['9:46 spec.http[0].route[0].destination.subset: is missing: write the name of a subset, like `v1`'],
    ],
    [
      'one destination instead of a list',
      reviewsWith({ '- destination': '  destination' }),
      ['9:7 spec.http[0].route: write a list of destinations: each starts with a dash'],
    ],
    [
      'one match instead of a list',
      `${reviewsToV1}    match: { uri: { exact: a } }\n`,
      ['10:12 spec.http[0].match: write a list: each condition starts with a dash'],
    ],
    [
      'no hosts',
      reviewsWith({ '  hosts: [reviews]\n': '' }),
      ['6:3 spec.hosts: is missing: write the hosts whose requests it routes, like `[reviews]`'],
    ],
    [
      'invalid hosts',
      reviewsWith({ '[reviews]': '[]' }),
      ['6:10 spec.hosts: write the hosts whose requests it routes, like `[reviews]`'],
    ],
    [
      'no spec',
      reviewsToV1.slice(0, reviewsToV1.indexOf('spec:')),
      ['1:1 spec: is missing: write `hosts:` and `http:`'],
    ],
    [
      'unknown keys',
      reviewsWith({ '  name': '  lables: {}\n  name' }, 'rules: 1\n'),
      ['4:3 metadata: there is no key `lables` here; did you mean `labels`?', '11:1 there is no key `rules` here'],
    ],
    [
      'a DestinationRule with many faults',
      'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: a }\nspec: { subsets: [{ labels: { version: v1 } }, { name: V1 }, { name: v2, labels: { version: 2 } }] }\n',
      [
        '4:7 spec.host: is missing: write a host, like `reviews`',
        '4:19 spec.subsets[0].name: is missing: write the name of a subset, like `v1`',
        '4:56 spec.subsets[1].name: the name of a subset has lower-case letters, digits and dashes, like `v1-0`',
        `4:93 spec.subsets[2].labels.version: ${aNumber}`,
      ],
    ],
    [
      'a List with two bad objects',
      'apiVersion: v1\nkind: List\nitems:\n- 1\n- apiVersion: networking.istio.io/v1\n  kind: VirtualService\n  metadata: { name: A }\n  spec: { hosts: [a] }\n',
      ['4:3 write an object: `apiVersion:`, `kind:`, `metadata:` and `spec:`', `7:21 metadata.name: ${noName}`],
    ],
    [
      'nesting that never closes',
      `a: ${'['.repeat(50_000)}`,
      [expect.stringMatching(/^1:\d+ this is nested too deeply$/)],
    ],
    ['deep nesting', `a: ${'['.repeat(40)}${']'.repeat(40)}`, ['1:28 this is nested too deeply']],
    [
      'too many objects',
      `kind: List\napiVersion: v1\nitems: [${'{},'.repeat(101)}]`,
      ['1:1 the file has more than 100 objects: split it into several files'],
    ],
    [
      'too many documents',
      '---\na: 1\n'.repeat(300),
      ['1:1 the file has more than 200 documents: split it into several files'],
    ],
    ['10 MB', Buffer.alloc(10_000_000, 'a'), ['1:1 the file is larger than 256 KB']],
  ])('%s', (_, text, told) => {
    expect(faultsOf(text)).toEqual(told);
  });

  it('as a whole, even if only one of its objects is bad', () => {
    const reading = readRules(
      'rules/some',
      Buffer.from(`${reviewsToV1}---\n${reviewsWith({ 'name: reviews': 'name: R' })}`),
    );

    expect(reading).toEqual({
      kind: 'bad-file',
      name: 'rules/some',
      faults: [{ line: 14, column: 9, what: `metadata.name: ${noName}` }],
    });
  });

  it('with messages that a person can read', () => {
    const long = `${reviewsToV1}  x: *${'a'.repeat(5_000)}\n${'  y: 1\n'.repeat(100)}`;

    const told = faultsOf(long);

    expect(told.length).toBeLessThanOrEqual(50);
    expect(Math.max(...told.map((each) => each.length))).toBeLessThan(350);
  });

  it('in an alias bomb, without expanding it', () => {
    const bomb = Array.from(
      { length: 30 },
      (_, at) => `b${at}: &b${at} [${Array(10).fill(at === 0 ? 'lol' : `*b${at - 1}`)}]`,
    );
    let found: readonly string[] = [];
    const tookMs = processorMs(() => {
      found = faultsOf(bomb.join('\n'));
    });

    expect(found.filter((each) => !/is not allowed|more faults from here/.test(each))).toEqual([]);
    expect(tookMs).toBeLessThan(1_000);
  });
});

describe('any file', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const lines = reviewsToV1.split('\n');
  const aFile = fc.oneof(
    anyText(200),
    fc
      .array(fc.oneof(fc.constantFrom(...lines, '---', '- a', 'kind: RouteRule'), anyText(20)), { maxLength: 20 })
      .map((all) => all.join('\n')),
  );

  it('is read or refused with a message, and changes no prototype', () => {
    fc.assert(
      fc.property(aFile, (text) => {
        const reading = readRules('x', Buffer.from(text));

        expect(reading.kind).toMatch(/^(file|bad-file)$/);
        if (reading.kind === 'bad-file') expect(reading.faults.length).toBeGreaterThan(0);
        expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  it('of a size that people write is read quickly', () => {
    const some = Array.from({ length: 20 }, (_, at) => reviewsWith({ 'name: reviews': `name: r${at}` })).join('---\n');

    expect(processorMs(() => fileOf(some), { times: 10 })).toBeLessThan(100);
  });
});
