import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { requiredAccess } from '../../src/cluster/client/access.ts';
import { eventually } from '../support/eventually.ts';
import { inNamespace, type KubernetesObject, manifests, only, readObjects, render } from './kustomization.ts';

const kubeconfig = process.env['TEST_KUBECONFIG'];

describe.runIf(kubeconfig)('access, on an API server', () => {
  const served = `access-${randomUUID().slice(0, 8)}`;
  const other = `${served}-other`;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${served}`;
  const istio = `/apis/networking.istio.io/v1/namespaces`;
  const bot = accountOf(only(render(join(manifests, 'access')), 'RoleBinding'));
  const bookinfo = join(manifests, 'bookinfo');
  let api: ApiServer;

  beforeAll(async () => {
    api = new ApiServer(kubeconfig ?? '');
    for (const name of [served, other]) {
      await api.must(api.admin, 'POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
      });
      for (const object of readObjects(join(bookinfo, 'virtual-service-reviews-50-v3.yaml')))
        await api.must(api.admin, 'POST', `${istio}/${name}/virtualservices`, object);
    }
    for (const object of readObjects(join(bookinfo, 'destination-rule-all.yaml')))
      await api.must(api.admin, 'POST', `${istio}/${served}/destinationrules`, object);
    for (const object of render(join(manifests, 'access')))
      await api.must(api.admin, 'POST', `${rbac}/${object.kind.toLowerCase()}s`, inNamespace(object, served));
    await eventually(async () =>
      expect(await api.call(bot, 'GET', `${istio}/${served}/virtualservices`)).toMatchObject({ status: 200 }),
    );
  });

  afterAll(async () => {
    for (const name of [served, other]) {
      const kinds = [`${istio}/${name}/virtualservices`, `${istio}/${name}/destinationrules`];
      for (const kind of [...kinds, `/api/v1/namespaces/${name}/events`]) await api.call(api.admin, 'DELETE', kind);
    }
    for (const kind of ['roles', 'rolebindings']) await api.call(api.admin, 'DELETE', `${rbac}/${kind}/shiftbot`);
    for (const name of [served, other]) await api.call(api.admin, 'DELETE', `/api/v1/namespaces/${name}`);
    await api.close();
  });

  describe('the bot may do what the code needs, and nothing else', () => {
    const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
    const required = requiredAccess.flatMap(({ group, resource, verbs: needed }) =>
      needed.map((verb) => `${verb} ${resource}.${group}`),
    );

    it.each`
      group                          | resources
      ${'networking.istio.io'}       | ${'virtualservices destinationrules gateways serviceentries sidecars'}
      ${''}                          | ${'events secrets configmaps pods services serviceaccounts namespaces'}
      ${'discovery.k8s.io'}          | ${'endpointslices'}
      ${'apps'}                      | ${'deployments'}
      ${'security.istio.io'}         | ${'authorizationpolicies'}
      ${'gateway.networking.k8s.io'} | ${'httproutes grpcroutes tcproutes tlsroutes gateways referencegrants'}
      ${'consul.hashicorp.com'}      | ${'servicesplitters serviceresolvers serviceintentions'}
      ${'split.smi-spec.io'}         | ${'trafficsplits'}
      ${'rbac.authorization.k8s.io'} | ${'roles rolebindings'}
    `('with $resources of "$group"', async ({ group, resources }) => {
      const named: readonly string[] = resources.split(' ');
      const asked = named.flatMap((resource) => verbs.map((verb) => ({ resource, verb })));

      const allowed = async (namespace: string) => {
        const answers = await Promise.all(
          asked.map(async ({ resource, verb }) =>
            (await api.allows(bot, namespace, group, resource, verb)) ? [`${verb} ${resource}.${group}`] : [],
          ),
        );
        return answers.flat().sort();
      };

      expect(await allowed(served)).toEqual(required.filter((each) => isOf(each, group, named)).sort());
      expect(await allowed(other)).toEqual([]);
      expect(await allowed('')).toEqual([]);
    });

    /** Two groups have a Gateway. */
    function isOf(access: string, group: string, resources: readonly string[]): boolean {
      return resources.some((resource) => access.endsWith(` ${resource}.${group}`));
    }
  });

  describe('as the bot sees it', () => {
    const reviews = `${istio}/${served}/virtualservices/reviews`;
    const weight = [{ op: 'replace', path: '/spec/http/0/route/0/weight', value: 60 }];

    it.each`
      what                                    | method      | path                                              | body         | status
      ${'reads a VirtualService'}             | ${'GET'}    | ${reviews}                                        | ${undefined} | ${200}
      ${'patches its weights'}                | ${'PATCH'}  | ${reviews}                                        | ${weight}    | ${200}
      ${'lists DestinationRules'}             | ${'GET'}    | ${`${istio}/${served}/destinationrules`}          | ${undefined} | ${200}
      ${'leaves an Event'}                    | ${'POST'}   | ${`/api/v1/namespaces/${served}/events`}          | ${event()}   | ${201}
      ${'may not delete a VirtualService'}    | ${'DELETE'} | ${reviews}                                        | ${undefined} | ${403}
      ${'may not replace one'}                | ${'PUT'}    | ${reviews}                                        | ${{}}        | ${403}
      ${'may not create one'}                 | ${'POST'}   | ${`${istio}/${served}/virtualservices`}           | ${{}}        | ${403}
      ${'may not patch a DestinationRule'}    | ${'PATCH'}  | ${`${istio}/${served}/destinationrules/reviews`}  | ${[]}        | ${403}
      ${'may not patch in another namespace'} | ${'PATCH'}  | ${`${istio}/${other}/virtualservices/reviews`}    | ${weight}    | ${403}
      ${'may not list the whole cluster'}     | ${'GET'}    | ${'/apis/networking.istio.io/v1/virtualservices'} | ${undefined} | ${403}
      ${'may not read secrets'}               | ${'GET'}    | ${`/api/v1/namespaces/${served}/secrets`}         | ${undefined} | ${403}
      ${'lists pods'}                         | ${'GET'}    | ${`/api/v1/namespaces/${served}/pods`}            | ${undefined} | ${200}
      ${'may not extend its rights'}          | ${'PATCH'}  | ${`${rbac}/roles/shiftbot`}                       | ${[]}        | ${403}
    `('$what: $status', async ({ method, path, body, status }) => {
      expect(await api.call(bot, method, path, body)).toMatchObject({ status });
    });

    function event(): unknown {
      return {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'reviews.c-test', namespace: served },
        involvedObject: { kind: 'VirtualService', namespace: served, name: 'reviews' },
        type: 'Normal',
        reason: 'TrafficShifted',
      };
    }
  });

  it.each(readdirSync(bookinfo))('%s is accepted by the published schemas under strict validation', async (file) => {
    const collections: Record<string, string> = {
      VirtualService: `${istio}/${served}/virtualservices`,
      DestinationRule: `${istio}/${served}/destinationrules`,
      HTTPRoute: `/apis/gateway.networking.k8s.io/v1/namespaces/${served}/httproutes`,
    };
    for (const object of readObjects(join(bookinfo, file))) {
      const elsewhere = { ...object, metadata: { name: `try-${object.metadata.name}` } };
      const path = `${collections[object.kind]}?dryRun=All&fieldValidation=Strict`;

      expect(await api.call(api.admin, 'POST', path, elsewhere)).toMatchObject({ status: 201 });
    }
  });
});

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Plain requests, each with its bearer token. */
class ApiServer {
  readonly admin: string;
  readonly #server: string;
  readonly #agent: Agent;

  constructor(file: string) {
    const { clusters, users } = kubeconfigFile.parse(parse(readFileSync(file, 'utf8')));
    const [{ cluster }] = clusters;
    this.#server = cluster.server;
    this.admin = users[0].user.token;
    const ca = Buffer.from(cluster['certificate-authority-data'] ?? '', 'base64').toString();
    this.#agent = new Agent({ connect: ca === '' ? {} : { ca } });
  }

  async call(token: string, method: Method, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await request(`${this.#server}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, body: await answer.body.json() };
  }

  async must(token: string, method: Method, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.call(token, method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer.body;
  }

  /** Asks as the account itself. An empty namespace means all namespaces. */
  async allows(token: string, namespace: string, group: string, resource: string, verb: string): Promise<boolean> {
    const review = await this.must(token, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { namespace, group, resource, verb } },
    });
    return z.object({ status: z.object({ allowed: z.boolean() }) }).parse(review).status.allowed;
  }

  close(): Promise<void> {
    return this.#agent.close();
  }
}

const kubeconfigFile = z.object({
  clusters: z.tuple([
    z.object({ cluster: z.object({ server: z.url(), 'certificate-authority-data': z.string().optional() }) }),
  ]),
  users: z.tuple([z.object({ user: z.object({ token: z.string() }) })]),
});

/** kube-bench accepts a token like this for the service account of that name. */
function accountOf(binding: KubernetesObject): string {
  const account = z.object({ name: z.string(), namespace: z.string() });
  const { subjects } = z.object({ subjects: z.tuple([account]) }).parse(binding);
  return `sa:${subjects[0].namespace}:${subjects[0].name}`;
}
