import { KINDS, type Kind } from './kinds.ts';
import type { JsonObject } from './object.ts';
import { SELF_REVIEWS, type SelfReview } from './self-reviews.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const VERSION = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0+sandbox',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

/** The discovery documents by path. They tell clients what is served. */
export const DISCOVERY: ReadonlyMap<string, JsonObject> = new Map<string, JsonObject>([
  ['/version', VERSION],
  [
    '/api',
    {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
    },
  ],
  ['/api/v1', resources('', 'v1')],
  ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(apiGroup) }],
  ...groups().map((group): [string, JsonObject] => [
    `/apis/${group}`,
    { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) },
  ]),
  ...groups().flatMap((group) =>
    versionsOf(group).map((version): [string, JsonObject] => [`/apis/${group}/${version}`, resources(group, version)]),
  ),
]);

function groups(): readonly string[] {
  return [...new Set([...KINDS, ...SELF_REVIEWS].map(({ group }) => group))].filter((group) => group !== '');
}

function versionsOf(group: string): readonly string[] {
  const versions = KINDS.filter((kind) => kind.group === group).flatMap(({ versions }) => versions);
  return versions.length === 0 ? ['v1'] : [...new Set(versions)];
}

function kindsOf(group: string, version: string): readonly Kind[] {
  return KINDS.filter((kind) => kind.group === group && kind.versions.includes(version));
}

function apiGroup(group: string): JsonObject {
  const versions = versionsOf(group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function resources(group: string, version: string): JsonObject {
  const groupVersion = group === '' ? version : `${group}/${version}`;
  const reviews = SELF_REVIEWS.filter((review) => review.group === group).map(selfReview);
  const all = [...kindsOf(group, version).flatMap(resource), ...reviews];
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: all };
}

function selfReview({ kind, plural }: SelfReview): JsonObject {
  return { name: plural, singularName: kind.toLowerCase(), namespaced: false, kind, verbs: ['create'] };
}

function resource({ plural, singular, namespaced, kind, shortNames, categories, schema }: Kind): readonly JsonObject[] {
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: VERBS,
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
  };
  if (schema === undefined) return [main];
  return [main, { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] }];
}
