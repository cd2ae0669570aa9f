import type { AnswerCase } from './answer-case.ts';
import { reviews } from './objects.ts';
import { JSON_PATCH, MERGE_PATCH, type World } from './world.ts';

const OTHER_UID = '00000000-0000-0000-0000-000000000000';
const MODIFIED =
  /^Operation cannot be fulfilled on virtualservices\.networking\.istio\.io "made-\d+": the object has been modified; please apply your changes to the latest version and try again$/;
const CONFLICT = {
  status: 409,
  reason: 'Conflict',
  message: MODIFIED,
  details: { group: 'networking.istio.io', kind: 'virtualservices' },
} as const;
const MUST_BE_SPECIFIED = {
  status: 422,
  reason: 'Invalid',
  message:
    /^virtualservices\.networking\.istio\.io "made-\d+" is invalid: metadata\.resourceVersion: Invalid value: 0: must be specified for an update$/,
  details: {
    kind: 'virtualservices',
    causes: [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
        field: 'metadata.resourceVersion',
      },
    ],
  },
} as const;

/** An object as it was read, and its path. It has changed since. */
async function outdated(world: World) {
  const { path, made } = await world.make(reviews(100));
  await world.ask('PATCH', path, { type: MERGE_PATCH, body: { metadata: { labels: { touched: '1' } } } });
  return { path, made, resourceVersion: made.metadata?.resourceVersion };
}

async function mergePatch(world: World, metadata: object) {
  const { path } = await world.make(reviews(100));
  return world.ask('PATCH', path, { type: MERGE_PATCH, body: { metadata } });
}

async function put(world: World, metadata: object) {
  const { path, made } = await world.make(reviews(100));
  return world.ask('PUT', path, { body: { ...made, metadata: { ...made.metadata, ...metadata } } });
}

async function deleteWith(world: World, preconditions: object) {
  const { path } = await world.make(reviews(100));
  return world.ask('DELETE', path, { body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions } });
}

export const conflictCases: readonly AnswerCase[] = [
  {
    name: 'refuses a PUT with a stale resourceVersion',
    ask: async (world) => {
      const { path, made } = await outdated(world);
      return world.ask('PUT', path, { body: { ...made, spec: { hosts: ['other'] } } });
    },
    ...CONFLICT,
  },
  {
    name: 'refuses a merge patch with a stale resourceVersion, even if it would change nothing else',
    ask: async (world) => {
      const { path, resourceVersion } = await outdated(world);
      return world.ask('PATCH', path, { type: MERGE_PATCH, body: { metadata: { resourceVersion } } });
    },
    ...CONFLICT,
  },
  {
    name: 'refuses a JSON patch that replaces the resourceVersion by a stale one',
    ask: async (world) => {
      const { path, resourceVersion } = await outdated(world);
      const body = [
        { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
        { op: 'replace', path: '/spec/hosts/0', value: 'y' },
      ];
      return world.ask('PATCH', path, { type: JSON_PATCH, body });
    },
    ...CONFLICT,
  },
  {
    name: 'accepts a JSON patch that replaces the resourceVersion by the current one',
    ask: async (world) => {
      const { path, made } = await world.make(reviews(100));
      const body = [
        { op: 'replace', path: '/metadata/resourceVersion', value: made.metadata?.resourceVersion },
        { op: 'replace', path: '/spec/http/0/route/0/weight', value: 90 },
      ];
      return world.ask('PATCH', path, { type: JSON_PATCH, body });
    },
    status: 200,
    body: { metadata: { generation: 2 }, spec: { http: [{ route: [{ weight: 90 }] }] } },
  },
  {
    name: 'accepts a merge patch with the current resourceVersion',
    ask: async (world) => {
      const { path, made } = await world.make(reviews(100));
      const { resourceVersion } = made.metadata ?? {};
      return world.ask('PATCH', path, {
        type: MERGE_PATCH,
        body: { metadata: { resourceVersion, labels: { a: 'b' } } },
      });
    },
    status: 200,
    body: { metadata: { generation: 1, labels: { a: 'b' } } },
  },
  {
    name: 'treats a POST to the path of an object as a create',
    ask: async (world) => {
      const { name, path } = await world.make(reviews(100));
      return world.ask('POST', path, { body: { ...reviews(100), metadata: { name } } });
    },
    status: 409,
    reason: 'AlreadyExists',
  },
  {
    name: 'refuses a PUT with another uid',
    ask: (world) => put(world, { uid: OTHER_UID }),
    status: 409,
    reason: 'Conflict',
    message:
      /: StorageError: invalid object, Code: 4, Key: \/registry\/networking\.istio\.io\/virtualservices\/\S+, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: 00000000-0000-0000-0000-000000000000, UID in object meta: \S+$/,
  },
  {
    name: 'refuses a merge patch of the uid, and says so twice',
    ask: (world) => mergePatch(world, { uid: OTHER_UID }),
    status: 422,
    reason: 'Invalid',
    message:
      /^VirtualService\.networking\.istio\.io "made-\d+" is invalid: metadata\.uid: Invalid value: "00000000-0000-0000-0000-000000000000": field is immutable$/,
    details: { kind: 'VirtualService', causes: [{ field: 'metadata.uid' }, { field: 'metadata.uid' }] },
  },
  {
    name: 'refuses a PUT without resourceVersion',
    ask: (world) => put(world, { resourceVersion: undefined }),
    ...MUST_BE_SPECIFIED,
  },
  {
    name: 'refuses a merge patch with resourceVersion 0',
    ask: (world) => mergePatch(world, { resourceVersion: '0' }),
    ...MUST_BE_SPECIFIED,
  },
  {
    name: 'fails for a resourceVersion that is not a number',
    ask: (world) => put(world, { resourceVersion: 'abc' }),
    status: 500,
    message: 'strconv.ParseUint: parsing "abc": invalid syntax',
  },
  {
    name: 'refuses to delete an object with another resourceVersion',
    ask: (world) => deleteWith(world, { resourceVersion: '1' }),
    status: 409,
    reason: 'Conflict',
    message:
      /^Operation cannot be fulfilled on VirtualService\.networking\.istio\.io "made-\d+": the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record \(\d+\)\. The object might have been modified$/,
    details: { kind: 'VirtualService' },
  },
  {
    name: 'refuses to delete another object of the same name',
    ask: (world) => deleteWith(world, { uid: OTHER_UID }),
    status: 409,
    reason: 'Conflict',
    message: /the UID in the precondition .* The object might have been deleted and then recreated$/,
  },
  {
    name: 'deletes the object that the preconditions name',
    ask: async (world) => {
      const { path, made } = await world.make(reviews(100));
      const { resourceVersion } = made.metadata ?? {};
      return world.ask('DELETE', path, { body: { preconditions: { resourceVersion } } });
    },
    status: 200,
    body: { kind: 'Status', status: 'Success', details: { group: 'networking.istio.io', kind: 'virtualservices' } },
  },
  {
    name: 'refuses to create an object that exists',
    ask: async (world) => {
      const { name } = await world.make(reviews(100));
      return world.ask('POST', world.virtualServices, { body: { ...reviews(100), metadata: { name } } });
    },
    status: 409,
    reason: 'AlreadyExists',
    message: /^virtualservices\.networking\.istio\.io "made-\d+" already exists$/,
  },
  {
    name: 'fails to create an object that has a resourceVersion',
    ask: (world) =>
      world.ask('POST', world.virtualServices, {
        body: { ...reviews(100), metadata: { name: 'versioned', resourceVersion: '5' } },
      }),
    status: 500,
    message: 'resourceVersion should not be set on objects to be created',
  },
];
