import type { AnswerCase } from './answer-case.ts';
import { reviews } from './objects.ts';
import { JSON_PATCH, MERGE_PATCH, type World } from './world.ts';

const REJECTED = {
  status: 422,
  reason: 'Invalid',
  message: 'the server rejected our request due to an error in our request',
  details: {},
} as const;
const UNSUPPORTED =
  'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';

function jsonPatch(...operations: readonly unknown[]) {
  return patch(JSON_PATCH, operations);
}

function patch(type: string, body: unknown, query = '') {
  return async (world: World) => {
    const { path } = await world.make(reviews(90, 10));
    return world.ask('PATCH', path + query, { type, body });
  };
}

const WEIGHT = '/spec/http/0/route/0/weight';
const ROUTE = [
  { destination: { host: 'reviews', subset: 'v1' }, weight: 90 },
  { destination: { host: 'reviews', subset: 'v2' }, weight: 10 },
];

export const jsonPatchCases: readonly AnswerCase[] = [
  { name: 'applies nothing if a test fails', ask: jsonPatch({ op: 'test', path: WEIGHT, value: 1 }), ...REJECTED },
  {
    name: 'applies nothing if a test of the resourceVersion fails',
    ask: jsonPatch({ op: 'test', path: '/metadata/resourceVersion', value: '1' }),
    ...REJECTED,
  },
  {
    name: 'applies the rest if a test of the resourceVersion passes',
    ask: async (world) => {
      const { path, made } = await world.make(reviews(90, 10));
      const body = [
        { op: 'test', path: '/metadata/resourceVersion', value: made.metadata?.resourceVersion },
        { op: 'replace', path: WEIGHT, value: 20 },
      ];
      return world.ask('PATCH', path, { type: JSON_PATCH, body });
    },
    status: 200,
    body: { spec: { http: [{ route: [{ weight: 20 }, { weight: 10 }] }] } },
  },
  {
    name: 'fails a test of a number against a string',
    ask: jsonPatch({ op: 'test', path: WEIGHT, value: '90' }),
    ...REJECTED,
  },
  {
    name: 'fails a test of an absent field',
    ask: jsonPatch({ op: 'test', path: '/spec/nope', value: 1 }),
    ...REJECTED,
  },
  {
    name: 'passes a test for null if the field is absent',
    ask: jsonPatch({ op: 'test', path: '/spec/nope', value: null }),
    status: 200,
  },
  {
    name: 'compares lists by value in a test',
    ask: jsonPatch({ op: 'test', path: '/spec/http/0/route', value: ROUTE }),
    status: 200,
  },
  {
    name: 'refuses to replace an absent field',
    ask: jsonPatch({ op: 'replace', path: '/spec/http/0/route/0/headers', value: {} }),
    ...REJECTED,
  },
  {
    name: 'refuses to add to an absent map',
    ask: jsonPatch({ op: 'add', path: '/metadata/annotations/x', value: 'y' }),
    ...REJECTED,
  },
  { name: 'refuses to remove an absent field', ask: jsonPatch({ op: 'remove', path: '/spec/nope' }), ...REJECTED },
  {
    name: 'refuses to replace an item after the end of a list',
    ask: jsonPatch({ op: 'replace', path: '/spec/http/0/route/2/weight', value: 1 }),
    ...REJECTED,
  },
  {
    name: 'refuses to add an item far after the end of a list',
    ask: jsonPatch({ op: 'add', path: '/spec/hosts/7', value: 'n' }),
    ...REJECTED,
  },
  {
    name: 'counts a negative index from the end of a list',
    ask: jsonPatch({ op: 'replace', path: '/spec/hosts/-1', value: 'n' }),
    status: 200,
    body: { spec: { hosts: ['n'] } },
  },
  {
    name: 'refuses a word as an index',
    ask: jsonPatch({ op: 'replace', path: '/spec/hosts/abc', value: 'n' }),
    ...REJECTED,
  },
  {
    name: 'copies',
    ask: jsonPatch({ op: 'copy', from: '/spec/hosts/0', path: '/spec/hosts/-' }),
    status: 200,
    body: { spec: { hosts: ['reviews', 'reviews'] } },
  },
  { name: 'does nothing for an empty patch', ask: jsonPatch(), status: 200, body: { metadata: { generation: 1 } } },
  {
    name: 'refuses a patch that is an object',
    ask: patch(JSON_PATCH, { op: 'test' }),
    status: 400,
    reason: 'BadRequest',
    message: 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
  },
  {
    name: 'refuses an unknown operation',
    ask: jsonPatch({ op: 'increase', path: WEIGHT, value: 1 }),
    status: 400,
    reason: 'BadRequest',
    message: `invalid operation {"op":"increase","path":"${WEIGHT}","value":1}: unsupported operation`,
  },
  {
    name: 'refuses an operation without a value',
    ask: jsonPatch({ op: 'add', path: '/spec/hosts/-' }),
    status: 400,
    message:
      'invalid operation {"op":"add","path":"/spec/hosts/-"}: failed to decode \'value\': operation, missing value field: missing value',
  },
  {
    name: 'refuses an operation without a path',
    ask: jsonPatch({ op: 'replace', value: 1 }),
    status: 400,
    message: /failed to decode 'path': operation missing path field: missing value$/,
  },
  {
    name: 'refuses more than 10,000 operations',
    ask: patch(
      JSON_PATCH,
      Array.from({ length: 10_001 }, () => ({ op: 'test', path: WEIGHT, value: 90 })),
    ),
    status: 413,
    reason: 'RequestEntityTooLarge',
    message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
  },
  {
    name: 'refuses to remove the name',
    ask: jsonPatch({ op: 'remove', path: '/metadata/name' }),
    status: 400,
    message: /^the name of the object \(made-\d+ based on URL\) was undeterminable: name must be provided$/,
  },
  {
    name: 'refuses to remove the kind',
    ask: jsonPatch({ op: 'remove', path: '/kind' }),
    status: 422,
    reason: 'Invalid',
    message: /^ "" is invalid: patch: Invalid value: .*: Object 'Kind' is missing in /,
    details: { causes: [{ field: 'patch' }] },
  },
];

export const mergePatchCases: readonly AnswerCase[] = [
  {
    name: 'deletes with null, and replaces lists as a whole',
    ask: patch(MERGE_PATCH, { spec: { hosts: null, http: [{ name: 'only' }] } }),
    status: 200,
    body: { spec: { http: [{ name: 'only' }] } },
  },
  {
    name: 'refuses a merge patch that is a list',
    ask: patch(MERGE_PATCH, []),
    status: 400,
    message: 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
  },
  {
    name: 'refuses a merge patch that is null',
    ask: patch(MERGE_PATCH, 'null'),
    status: 400,
    message: 'Invalid JSON Patch',
  },
  {
    name: 'refuses a merge patch that is not JSON',
    ask: patch(MERGE_PATCH, '{oops'),
    status: 400,
    message: "error decoding patch: invalid character 'o' looking for beginning of object key string",
  },
  {
    name: 'refuses to rename an object',
    ask: patch(MERGE_PATCH, { metadata: { name: 'other' } }),
    status: 400,
    reason: 'BadRequest',
    message: /^the name of the object \(other\) does not match the name on the URL \(made-\d+\)$/,
  },
  {
    name: 'refuses to move an object to another namespace',
    ask: patch(MERGE_PATCH, { metadata: { namespace: 'other' } }),
    status: 400,
    message: 'the namespace of the provided object does not match the namespace sent on the request',
  },
  {
    name: 'refuses to change the kind',
    ask: patch(MERGE_PATCH, { kind: 'Gateway' }),
    status: 422,
    message:
      /^Gateway\.networking\.istio\.io "made-\d+" is invalid: kind: Invalid value: "Gateway": must be VirtualService$/,
  },
  {
    name: 'refuses to change the apiVersion',
    ask: patch(MERGE_PATCH, { apiVersion: 'networking.istio.io/v1beta1' }),
    status: 422,
    message: /apiVersion: Invalid value: "networking\.istio\.io\/v1beta1": must be networking\.istio\.io\/v1$/,
  },
  {
    name: 'does not change the status if the object is patched',
    ask: patch(MERGE_PATCH, { status: { observedGeneration: 7 } }),
    status: 200,
    body: { metadata: { generation: 1 } },
  },
  {
    name: 'changes only the status through the status subresource',
    ask: async (world) => {
      const { path } = await world.make(reviews(90, 10));
      const body = { status: { observedGeneration: 7 }, spec: { hosts: ['changed'] } };
      return world.ask('PATCH', `${path}/status`, { type: MERGE_PATCH, body });
    },
    status: 200,
    body: { metadata: { generation: 1 }, spec: { hosts: ['reviews'] }, status: { observedGeneration: 7 } },
  },
  ...['application/strategic-merge-patch+json', 'application/json'].map((type) => ({
    name: `refuses ${type}`,
    ask: patch(type, {}),
    status: 415,
    reason: 'UnsupportedMediaType',
    message: UNSUPPORTED,
  })),
  {
    name: 'refuses an apply patch over 3 MiB',
    ask: (world) =>
      world.ask('PATCH', `${world.virtualServices}/large?fieldManager=one`, {
        type: 'application/apply-patch+yaml',
        body: { ...reviews(100), metadata: { name: 'large', annotations: { a: 'x'.repeat(3_382_757) } } },
      }),
    status: 413,
    reason: 'RequestEntityTooLarge',
    message: 'Request entity too large: limit is 3145728',
  },
  {
    name: 'refuses force for a patch that is not an apply patch',
    ask: patch(MERGE_PATCH, {}, '?force=true'),
    status: 422,
    message: 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
  },
];
