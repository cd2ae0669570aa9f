import type { AnswerCase } from './answer-case.ts';
import { reviews, virtualService } from './objects.ts';
import { JSON_PATCH, MERGE_PATCH, type World } from './world.ts';

const NOT_FOUND = {
  status: 404,
  reason: 'NotFound',
  message: 'virtualservices.networking.istio.io "missing" not found',
  details: { name: 'missing', group: 'networking.istio.io', kind: 'virtualservices' },
} as const;
const PAGE_NOT_FOUND = { status: 404, text: '404 page not found\n' } as const;

function post(body: unknown, query = '', type = 'application/json') {
  return (world: World) => world.ask('POST', world.virtualServices + query, { body, type });
}

function unrecognized(why: string) {
  const message = `the object provided is unrecognized (must be of type VirtualService): ${why}`;
  return { status: 400, reason: 'BadRequest', message };
}

const notJson = (why: string) => unrecognized(`couldn't get version/kind; json parse error: ${why}`);

export const bodyCases: readonly AnswerCase[] = [
  ...(
    [
      ['{oops', "invalid character 'o' looking for beginning of object key string ({oops)"],
      ['', 'unexpected end of JSON input (<empty>)'],
      ['{"a":', 'unexpected end of JSON input ({"a":)'],
      ['{"a" 1}', 'invalid character \'1\' after object key ({"a" 1})'],
      ['{"a":1,}', 'invalid character \'}\' looking for beginning of object key string ({"a":1,})'],
      ['{"a":tru}', "invalid character '}' in literal true (expecting 'e') ({\"a\":tru})"],
      ['{"a":1.}', 'invalid character \'}\' after decimal point in numeric literal ({"a":1.})'],
      ['{"a":"\n"}', 'invalid character \'\\n\' in string literal ({"a":"\n"})'],
      ['hello', "invalid character 'h' looking for beginning of value (68656c6c6f)"],
      ['{"a":1} x', 'invalid character \'x\' after top-level value ({"a":1} x)'],
    ] as const
  ).map(([body, why]) => ({
    name: `says what is wrong with ${JSON.stringify(body)}`,
    ask: post(body),
    ...notJson(why),
  })),
  {
    name: 'refuses a body without a kind',
    ask: post({ apiVersion: 'networking.istio.io/v1' }),
    ...unrecognized(
      'Object \'Kind\' is missing in \'{"apiVersion":"networking.istio.io/v1"}\' ({"apiVersion":"networking.isti ...)',
    ),
  },
  {
    name: "refuses a kind other than the path's",
    ask: post({ ...reviews(100), kind: 'Gateway', metadata: { name: 'x' } }),
    status: 422,
    message: 'Gateway.networking.istio.io "x" is invalid: kind: Invalid value: "Gateway": must be VirtualService',
  },
  {
    name: "refuses a version other than the path's",
    ask: post({ ...reviews(100), apiVersion: 'networking.istio.io/v1beta1', metadata: { name: 'x' } }),
    status: 400,
    message:
      'the API version in the data (networking.istio.io/v1beta1) does not match the expected API version (networking.istio.io/v1)',
  },
  {
    name: 'names the field of the metadata that has the wrong type',
    ask: post(virtualService({}, { name: 'x', labels: { a: 5 } })),
    status: 400,
    message:
      'VirtualService in version "v1" cannot be handled as a VirtualService: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
  },
  {
    name: 'accepts YAML',
    ask: post(
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: x}\n',
      '?dryRun=All',
      'application/yaml',
    ),
    status: 201,
  },
  {
    name: 'refuses plain text',
    ask: post('{}', '', 'text/plain'),
    status: 415,
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  {
    name: 'refuses more than 3 MiB',
    ask: post({ ...reviews(100), metadata: { name: 'x', annotations: { a: 'x'.repeat(3_382_757) } } }),
    status: 413,
    reason: 'RequestEntityTooLarge',
    message: 'Request entity too large: limit is 3145728',
  },
  {
    name: 'refuses to store more than 1.5 MiB',
    ask: post({ ...virtualService({ hosts: ['x'.repeat(2_050_257)] }), metadata: { name: 'x' } }),
    status: 500,
    message: 'etcdserver: request is too large',
  },
  {
    name: 'stores 1.4 MB',
    ask: post({ ...virtualService({ hosts: ['x'.repeat(1_434_000)] }), metadata: { name: 'large' } }, '?dryRun=All'),
    status: 201,
  },
  {
    name: "refuses a name other than the path's",
    ask: async (world) => {
      const { made } = await world.make(reviews(100));
      return world.ask('PUT', `${world.virtualServices}/other`, { body: made });
    },
    status: 400,
    message: /^the name of the object \(made-\d+\) does not match the name on the URL \(other\)$/,
  },
  {
    name: "refuses a namespace other than the path's",
    ask: post({ ...reviews(100), metadata: { name: 'x', namespace: 'other' } }),
    status: 400,
    message: 'the namespace of the provided object does not match the namespace sent on the request',
  },
  {
    name: 'refuses to create an object in a missing namespace',
    ask: (world) =>
      world.ask('POST', '/apis/networking.istio.io/v1/namespaces/nowhere/virtualservices', {
        body: { ...reviews(100), metadata: { name: 'x' } },
      }),
    status: 404,
    reason: 'NotFound',
    message: 'namespaces "nowhere" not found',
    details: { name: 'nowhere', kind: 'namespaces' },
  },
];

export const missingCases: readonly AnswerCase[] = [
  {
    name: 'refuses to GET a missing object',
    ask: (world) => world.ask('GET', `${world.virtualServices}/missing`),
    ...NOT_FOUND,
  },
  {
    name: 'refuses to PATCH a missing object',
    ask: (world) => world.ask('PATCH', `${world.virtualServices}/missing`, { type: MERGE_PATCH, body: {} }),
    ...NOT_FOUND,
  },
  {
    name: 'does not create an object with a PUT',
    ask: (world) =>
      world.ask('PUT', `${world.virtualServices}/missing`, {
        body: { ...reviews(100), metadata: { name: 'missing' } },
      }),
    ...NOT_FOUND,
  },
  {
    name: 'fails to GET at a malformed resourceVersion',
    ask: (world) => world.ask('GET', `${world.virtualServices}/missing?resourceVersion=abc`),
    status: 500,
    message: 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  },
  ...[undefined, 'v1'].map((apiVersion) => ({
    name: `refuses the options of another kind in a DELETE, with apiVersion ${apiVersion}`,
    ask: async (world: World) => {
      await world.ask('POST', world.virtualServices, { body: reviews(100) });
      return world.ask('DELETE', `${world.virtualServices}/reviews`, { body: { kind: 'Foo', apiVersion } });
    },
    status: 400,
    reason: 'BadRequest',
    message: `no kind "Foo" is registered for version "${apiVersion ?? 'meta.k8s.io/v1'}" in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"`,
  })),
  {
    name: 'refuses to DELETE a missing object',
    ask: (world) => world.ask('DELETE', `${world.virtualServices}/missing`),
    ...NOT_FOUND,
  },
  {
    name: 'has no other resources',
    ask: (world) => world.ask('GET', '/apis/networking.istio.io/v1/nope'),
    ...PAGE_NOT_FOUND,
  },
  {
    name: 'has no other groups',
    ask: (world) => world.ask('GET', '/apis/nope.example.com/v1/nopes'),
    ...PAGE_NOT_FOUND,
  },
  {
    name: 'has no other versions',
    ask: (world) => world.ask('GET', '/apis/networking.istio.io/v9/virtualservices'),
    ...PAGE_NOT_FOUND,
  },
  {
    name: 'has no subresource but the status',
    ask: async (world) => {
      const { path } = await world.make(reviews(100));
      return world.ask('GET', `${path}/scale`);
    },
    status: 404,
    reason: 'NotFound',
    message: /^virtualservices\.networking\.istio\.io "made-\d+" not found$/,
  },
  {
    name: 'lists nothing in a missing namespace',
    ask: (world) => world.ask('GET', '/apis/networking.istio.io/v1/namespaces/nowhere/virtualservices'),
    status: 200,
    body: { kind: 'VirtualServiceList', items: [] },
  },
  {
    name: 'refuses to delete the default namespace',
    ask: (world) => world.ask('DELETE', '/api/v1/namespaces/default'),
    status: 403,
    message: 'namespaces "default" is forbidden: this namespace may not be deleted',
  },
];

/** Sends a write with strict field validation. */
function strictly(method: 'PATCH' | 'PUT', type: string, bodyOf: (made: object) => unknown) {
  return async (world: World) => {
    const { path, made } = await world.make(reviews(100));
    return world.ask(method, `${path}?fieldValidation=Strict`, { type, body: bodyOf(made) });
  };
}

const STRICT_PATCH = {
  status: 422,
  reason: 'Invalid',
  message: /^ "" is invalid: patch: Invalid value: ".*": strict decoding error: unknown field "spec\.bogus"$/,
  details: { causes: [{ reason: 'FieldValueInvalid', field: 'patch' }] },
} as const;

export const fieldValidationCases: readonly AnswerCase[] = [
  {
    name: 'refuses unknown fields in a strict POST, and sorts them',
    ask: post(
      virtualService(
        { b: 1, a: 2, http: [{ zz: 1, route: [{ destination: { host: 'a', q: 1 } }] }] },
        { name: 'x', foo: 1 },
      ),
      '?fieldValidation=Strict',
    ),
    status: 400,
    reason: 'BadRequest',
    message:
      'VirtualService in version "v1" cannot be handled as a VirtualService: strict decoding error: unknown field "metadata.foo", unknown field "spec.a", unknown field "spec.b", unknown field "spec.http[0].route[0].destination.q", unknown field "spec.http[0].zz"',
  },
  {
    name: 'refuses unknown fields in a strict merge patch',
    ask: strictly('PATCH', MERGE_PATCH, () => ({ spec: { bogus: 1 } })),
    ...STRICT_PATCH,
  },
  {
    name: 'refuses unknown fields in a strict JSON patch',
    ask: strictly('PATCH', JSON_PATCH, () => [{ op: 'add', path: '/spec/bogus', value: 1 }]),
    ...STRICT_PATCH,
  },
  {
    name: 'refuses unknown keys of the metadata in a strict merge patch',
    ask: strictly('PATCH', MERGE_PATCH, () => ({ metadata: { lables: { a: 'b' } } })),
    ...STRICT_PATCH,
    message: /^ "" is invalid: patch: Invalid value: ".*": strict decoding error: unknown field "metadata\.lables"$/,
  },
  ...(['labels', 'annotations'] as const).map((field) => ({
    name: `refuses ${field} that are numbers in a merge patch`,
    ask: async (world: World) => {
      const { path } = await world.make(reviews(100));
      return world.ask('PATCH', path, { type: MERGE_PATCH, body: { metadata: { [field]: { a: 5 } } } });
    },
    status: 422,
    reason: 'Invalid',
    message: new RegExp(`: json: cannot unmarshal number into Go struct field ObjectMeta.${field} of type string$`),
    details: { causes: [{ reason: 'FieldValueInvalid', field: 'patch' }] },
  })),
  {
    name: 'refuses an invalid label in a merge patch, and says so three times',
    ask: async (world) => {
      const { path } = await world.make(reviews(100));
      return world.ask('PATCH', path, { type: MERGE_PATCH, body: { metadata: { labels: { a: 'not valid!' } } } });
    },
    status: 422,
    message:
      /^VirtualService\.\S+ "made-\d+" is invalid: metadata\.labels: Invalid value: "not valid!": a valid label must /,
    details: { causes: [1, 2, 3].map(() => ({ reason: 'FieldValueInvalid', field: 'metadata.labels' })) },
  },
  {
    name: 'warns of unknown fields, and drops them',
    ask: async (world) => {
      const { path } = await world.make(reviews(100));
      const body = { spec: { http: [{ route: [{ destination: { host: 'r' }, wieght: 5 }] }] } };
      return world.ask('PATCH', path, { type: MERGE_PATCH, body });
    },
    status: 200,
    warning: '299 - "unknown field \\"spec.http[0].route[0].wieght\\""',
    body: { spec: { http: [{ route: [{ destination: { host: 'r' } }] }] } },
  },
  {
    name: 'drops unknown fields silently when told to ignore them',
    ask: post(virtualService({ bogus: 1 }, { name: 'x' }), '?dryRun=All&fieldValidation=Ignore'),
    status: 201,
    warning: '',
  },
  {
    name: 'refuses a duplicate field',
    ask: post(
      '{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","kind":"VirtualService","metadata":{"name":"x"}}',
      '?fieldValidation=Strict',
    ),
    status: 400,
    message:
      'VirtualService in version "v1" cannot be handled as a VirtualService: strict decoding error: duplicate field "kind"',
  },
  {
    name: 'warns of duplicate fields',
    ask: post(
      '{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{"name":"x"},"spec":{"hosts":["a"],"hosts":["b"]}}',
      '?dryRun=All',
    ),
    status: 201,
    warning: '299 - "duplicate field \\"spec.hosts\\""',
    body: { spec: { hosts: ['b'] } },
  },
  {
    name: 'refuses an unknown fieldValidation',
    ask: post(reviews(100), '?fieldValidation=bogus'),
    status: 422,
    message:
      'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "bogus": supported values: "", "Ignore", "Strict", "Warn"',
  },
  {
    name: 'refuses an unknown kind of dry run',
    ask: post(reviews(100), '?dryRun=some'),
    status: 422,
    message: 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["some"]: supported values: "All"',
  },
  {
    name: 'refuses a long fieldManager',
    ask: post(reviews(100), `?fieldManager=${'a'.repeat(129)}`),
    status: 422,
    message: 'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
  },
];

/** The continue token after a page that ended with `a`. */
const CONTINUE = Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"/a\\u0000"}').toString('base64url');

export const listCases: readonly AnswerCase[] = [
  ...(
    [
      ['continue=aaa', /^invalid continue token: continue key is not valid: /, 400],
      [`continue=${CONTINUE}&resourceVersion=5`, 'specifying resource version is not allowed when using continue', 400],
      ['limit=x', 'strconv.ParseInt: parsing "x": invalid syntax', 400],
      ['fieldSelector=spec.hosts%3Da', 'field label not supported: spec.hosts', 400],
      ['fieldSelector=metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'", 400],
      ['labelSelector=a%3D!b', "unable to parse requirement: found '!', expected: identifier", 400],
      ['labelSelector=!!', "unable to parse requirement: found '!', expected: identifier", 400],
      ['labelSelector=a%20in%20b', "unable to parse requirement: found 'b' expected: '('", 400],
      ['labelSelector=%3Dx', "found '=', expected: !, identifier, or 'end of string'", 400],
      ['labelSelector=a%3Db%20c', "found 'c', expected: ',' or 'end of string'", 400],
      ['labelSelector=a%2C', "found '', expected: identifier after ','", 400],
      [
        'resourceVersionMatch=NotOlderThan',
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
        422,
      ],
      [
        'resourceVersion=abc',
        'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
        400,
      ],
      [
        'watch=true&resourceVersion=abc',
        'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
        500,
      ],
      [
        'watch=true&sendInitialEvents=true',
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
        422,
      ],
    ] as const
  ).map(([query, message, status]) => ({
    name: `says what is wrong with ?${query}`,
    ask: (world: World) => world.ask('GET', `${world.virtualServices}?${query}`),
    status,
    message,
  })),
  {
    name: 'treats a negative limit as none',
    ask: (world) => world.ask('GET', `${world.virtualServices}?limit=-1`),
    status: 200,
    body: { kind: 'VirtualServiceList', metadata: { continue: '' } },
  },
  {
    name: 'refuses to GET at a resourceVersion in the future',
    ask: async (world) => {
      const { path } = await world.make(reviews(100));
      return world.ask('GET', `${path}?resourceVersion=99999999`);
    },
    status: 504,
    reason: 'Timeout',
    message: /^Timeout: Too large resource version: 99999999, current: \d+$/,
  },
  {
    name: 'refuses to list at a resourceVersion in the future',
    ask: (world) =>
      world.ask('GET', `${world.virtualServices}?resourceVersion=99999999&resourceVersionMatch=NotOlderThan`),
    status: 504,
    reason: 'Timeout',
    message: /^Timeout: Too large resource version: 99999999, current: \d+$/,
    details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
  },
];
