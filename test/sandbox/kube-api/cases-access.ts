import type { Dispatcher } from 'undici';
import { expect } from 'vitest';
import type { AnswerCase } from './answer-case.ts';
import { gateway } from './objects.ts';
import type { Answer, Sent, World } from './world.ts';

const ISTIO = '/apis/networking.istio.io/v1';
const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const WHO_AM_I = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

/** Asks as an account without a Role. */
function asNobody(method: Dispatcher.HttpMethod, pathOf: (world: World) => string, sent: Sent = {}) {
  return (world: World) => world.ask(method, pathOf(world), { ...sent, as: 'nobody' });
}

function forbidden(message: RegExp, details: object = {}) {
  return { status: 403, reason: 'Forbidden', message, details } as const;
}

/** The server's message to an account without a Role. `what` is part of a regular expression. */
function cannot(subject: string, verb: string, what: string) {
  return new RegExp(
    `^${subject} is forbidden: User "system:serviceaccount:answers-\\w+:nobody" cannot ${verb} resource ${what}$`,
  );
}

const IN_NAMESPACE = 'in API group "networking\\.istio\\.io" in the namespace "answers-\\w+"';
const VS = 'virtualservices\\.networking\\.istio\\.io';
const NAMED = `${VS} "missing"`;
const missing = (world: World) => `${world.virtualServices}/missing`;

/** Gives an account these rules, with a Role in the world's namespace. */
async function granted(world: World, account: string, rules: readonly object[]): Promise<void> {
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${world.namespace}`;
  const metadata = { name: account };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: account };
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace: world.namespace }];
  await world.ask('POST', `${rbac}/roles`, { body: { metadata, rules } });
  await world.ask('POST', `${rbac}/rolebindings`, { body: { metadata, roleRef, subjects } });
}

/** Asks until it is allowed: a cluster needs a moment to see a new Role. */
async function onceAllowed(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 403) return answer;
  }
}

/** Read one object by name, patch the status of any, and do everything with gateways. */
const ONE_OF_THEM = [
  { apiGroups: ['networking.istio.io'], resources: ['virtualservices'], resourceNames: ['mine'], verbs: ['get'] },
  { apiGroups: ['networking.istio.io'], resources: ['virtualservices/status'], verbs: ['patch'] },
  { apiGroups: ['*'], resources: ['gateways'], verbs: ['*'] },
];

const GATEWAY = gateway({}, { name: 'x' });

function review(resourceAttributes: object): object {
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
}

async function asOneOfThem(world: World, method: Dispatcher.HttpMethod, path: string, sent: Sent = {}) {
  await granted(world, 'reader', ONE_OF_THEM);
  await onceAllowed(() => world.ask('GET', `${world.virtualServices}/mine`, { as: 'reader' }));
  return world.ask(method, path, { ...sent, as: 'reader' });
}

export const accessCases: readonly AnswerCase[] = [
  {
    name: 'refuses a wrong token',
    ask: (world) => world.ask('GET', missing(world), { headers: { authorization: 'Bearer wrong' } }),
    status: 401,
    reason: 'Unauthorized',
    message: 'Unauthorized',
  },
  {
    name: 'does not tell its version to a wrong token',
    ask: (world) => world.ask('GET', '/version', { headers: { authorization: 'Bearer wrong' } }),
    status: 401,
    message: 'Unauthorized',
  },
  {
    name: 'reads a token up to the next space',
    ask: (world) => world.ask('GET', missing(world), { headers: { authorization: 'Bearer wrong token' } }),
    status: 401,
    reason: 'Unauthorized',
    message: 'Unauthorized',
  },
  {
    name: 'treats a request without a token as anonymous',
    ask: (world) => world.ask('GET', missing(world), { headers: { authorization: '' } }),
    ...forbidden(/^.* is forbidden: User "system:anonymous" cannot get resource "virtualservices" in API group /, {
      name: 'missing',
      group: 'networking.istio.io',
      kind: 'virtualservices',
    }),
  },
  {
    name: 'refuses discovery to the anonymous user',
    ask: (world) => world.ask('GET', '/apis', { headers: { authorization: '' } }),
    ...forbidden(/^forbidden: User "system:anonymous" cannot get path "\/apis"$/),
  },
  {
    name: 'answers health checks for the anonymous user',
    ask: (world) => world.ask('GET', '/readyz', { headers: { authorization: '' } }),
    status: 200,
    text: 'ok',
  },
  { name: 'allows discovery to every account', ask: asNobody('GET', () => ISTIO), status: 200 },
  {
    name: 'refuses unknown paths',
    ask: asNobody('GET', () => '/nope'),
    ...forbidden(/^forbidden: User "system:serviceaccount:answers-\w+:nobody" cannot get path "\/nope"$/),
  },
  ...(
    [
      ['GET', 'get', '', ''],
      ['PATCH', 'patch', '', ''],
      ['PUT', 'update', '', ''],
      ['DELETE', 'delete', '', ''],
      ['GET', 'get', '/status', '/status'],
    ] as const
  ).map(([method, verb, suffix, sub]) => ({
    name: `refuses to ${verb} virtualservices${sub} before it looks whether the object exists`,
    ask: asNobody(method, (world) => missing(world) + suffix, { body: {} }),
    ...forbidden(cannot(NAMED, verb, `"virtualservices${sub}" ${IN_NAMESPACE}`), { name: 'missing' }),
  })),
  ...(
    [
      ['GET', 'list', ''],
      ['GET', 'watch', '?watch=true'],
      ['POST', 'create', ''],
      ['DELETE', 'deletecollection', ''],
    ] as const
  ).map(([method, verb, query]) => ({
    name: `refuses to ${verb} a collection`,
    ask: asNobody(method, (world) => world.virtualServices + query, method === 'POST' ? { body: {} } : {}),
    ...forbidden(cannot(VS, verb, `"virtualservices" ${IN_NAMESPACE}`)),
  })),
  {
    name: 'treats a list of one name as a request for that name',
    ask: asNobody('GET', (world) => `${world.virtualServices}?fieldSelector=metadata.name%3Dmissing`),
    ...forbidden(cannot(NAMED, 'list', `"virtualservices" ${IN_NAMESPACE}`)),
  },
  {
    name: 'refuses a list of all namespaces at once',
    ask: asNobody('GET', () => `${ISTIO}/virtualservices`),
    ...forbidden(cannot(VS, 'list', '"virtualservices" in API group "networking\\.istio\\.io" at the cluster scope')),
  },
  {
    name: 'treats a Namespace as in itself',
    ask: asNobody('GET', () => '/api/v1/namespaces/default'),
    ...forbidden(cannot('namespaces "default"', 'get', '"namespaces" in API group "" in the namespace "default"')),
  },
  {
    name: 'does not tell whether a resource exists',
    ask: asNobody('GET', () => '/apis/nope.example.com/v1/nopes'),
    ...forbidden(
      cannot(
        'nopes\\.nope\\.example\\.com',
        'list',
        '"nopes" in API group "nope\\.example\\.com" at the cluster scope',
      ),
    ),
  },
  {
    name: 'lets an account do what its Role allows',
    ask: (world) => asOneOfThem(world, 'POST', `${world.path('gateways')}?dryRun=All`, { body: GATEWAY }),
    status: 201,
  },
  {
    name: 'lets an account read the object that its Role names',
    ask: (world) => asOneOfThem(world, 'GET', `${world.virtualServices}/mine`),
    status: 404,
  },
  {
    name: 'does not let an account read another object',
    ask: (world) => asOneOfThem(world, 'GET', `${world.virtualServices}/other`),
    status: 403,
  },
  {
    name: 'does not let an account list all objects if it may read one',
    ask: (world) => asOneOfThem(world, 'GET', `${world.virtualServices}`),
    status: 403,
  },
  {
    name: 'does not grant the resource with its subresource',
    ask: (world) => asOneOfThem(world, 'PATCH', `${world.virtualServices}/mine`, { body: {} }),
    status: 403,
  },
  {
    name: 'lets an account patch the subresource that its Role names',
    ask: (world) =>
      asOneOfThem(world, 'PATCH', `${world.virtualServices}/mine/status`, {
        body: {},
        type: 'application/merge-patch+json',
      }),
    status: 404,
  },
  {
    name: 'limits a Role to its namespace',
    ask: (world) => asOneOfThem(world, 'GET', `${ISTIO}/namespaces/default/gateways`),
    status: 403,
  },
  {
    name: 'says whether an account may do something',
    ask: asNobody('POST', () => ACCESS_REVIEWS, {
      body: review({ verb: 'get', resource: 'pods', namespace: 'default' }),
    }),
    status: 201,
    body: { kind: 'SelfSubjectAccessReview', status: { allowed: false } },
  },
  {
    name: 'says that the admin may',
    ask: (world) => world.ask('POST', ACCESS_REVIEWS, { body: review({ verb: 'get', resource: 'pods' }) }),
    status: 201,
    body: { status: { allowed: true } },
  },
  {
    name: 'says who the user is',
    ask: asNobody('POST', () => WHO_AM_I, {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    }),
    status: 201,
    body: {
      status: { userInfo: { groups: expect.arrayContaining(['system:serviceaccounts', 'system:authenticated']) } },
    },
  },
  {
    name: 'lets the admin impersonate somebody',
    ask: (world) => world.ask('GET', missing(world), { headers: { 'impersonate-user': 'ana' } }),
    ...forbidden(/User "ana" cannot get resource "virtualservices"/),
  },
  {
    name: 'lets nobody else impersonate',
    ask: asNobody('GET', missing, { headers: { 'impersonate-user': 'ana' } }),
    ...forbidden(/User "system:serviceaccount:answers-\w+:nobody" cannot impersonate-on:user-info:get resource /),
  },
];
