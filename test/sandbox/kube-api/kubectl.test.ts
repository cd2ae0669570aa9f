import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type KubeApi, selfSigned, startKubeApi } from '../../../src/sandbox/kube-api/server.ts';
import { destinationRule, reviews, virtualService } from './objects.ts';

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

interface Output {
  readonly code: number;
  readonly out: string;
}

describe.runIf(hasKubectl)("kubectl with the sandbox's API server", () => {
  let api: KubeApi;
  let folder: string;

  beforeAll(async () => {
    api = await startKubeApi({ port: 0, certificate: selfSigned() });
    folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
    await writeFile(join(folder, 'config'), api.kubeconfig());
  });
  afterAll(async () => {
    await api.stop();
    await rm(folder, { recursive: true });
  });

  /** Puts kubectl's discovery cache into the test's folder. */
  function args(...given: readonly string[]): string[] {
    return ['--kubeconfig', join(folder, 'config'), '--cache-dir', join(folder, 'cache'), ...given];
  }

  /** Runs kubectl with an object on its standard input. */
  function kubectl(given: readonly string[], input?: object): Promise<Output> {
    return new Promise((resolve) => {
      const child = execFile('kubectl', args(...given), (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), out: stdout + stderr });
      });
      child.stdin?.end(input === undefined ? '' : stringify(input));
    });
  }

  async function create(name: string, object: object = reviews(90, 10)): Promise<void> {
    const { out } = await kubectl(['create', '-f', '-'], { ...object, metadata: { name } });
    expect(out).toContain('created');
  }

  it('lists the resources', async () => {
    const { out } = await kubectl(['api-resources', '--no-headers']);

    const columns = out
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/));
    expect(columns).toContainEqual(['virtualservices', 'vs', 'networking.istio.io/v1', 'true', 'VirtualService']);
    expect(columns).toContainEqual(['destinationrules', 'dr', 'networking.istio.io/v1', 'true', 'DestinationRule']);
    expect(columns).toContainEqual(['httproutes', 'gateway.networking.k8s.io/v1', 'true', 'HTTPRoute']);
    expect(columns).toContainEqual(['namespaces', 'ns', 'v1', 'false', 'Namespace']);
  });

  it('knows its user, asks for its rights, and impersonates', async () => {
    const who = await kubectl(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}']);
    const may = await kubectl(['auth', 'can-i', 'delete', 'virtualservices']);
    const as = ['--as', 'system:serviceaccount:shiftbot:shiftbot'];
    const mayNot = await kubectl(['auth', 'can-i', 'delete', 'virtualservices', ...as]);
    const refused = await kubectl(['delete', 'vs', 'anything', ...as]);

    expect([who.out, may.out, mayNot.out]).toEqual(['kubernetes-admin', 'yes\n', 'no\n']);
    expect(refused.out).toBe(
      'Error from server (Forbidden): virtualservices.networking.istio.io "anything" is forbidden: User "system:serviceaccount:shiftbot:shiftbot" cannot delete resource "virtualservices" in API group "networking.istio.io" in the namespace "default"\n',
    );
  });

  it("applies Bookinfo's rule files in the tutorial's order", async () => {
    const apply = async (...files: readonly string[]) =>
      (await kubectl(['apply', ...files.flatMap((file) => ['-f', `manifests/bookinfo/${file}.yaml`])])).out;

    const rules = await apply('destination-rule-all');
    const first = await apply('virtual-service-all-v1');
    const half = await apply('virtual-service-reviews-50-v3');
    const all = await apply('virtual-service-reviews-v3');
    const jason = await apply('virtual-service-reviews-jason-v2-v3');
    const { out: gone } = await kubectl(['delete', '-f', 'manifests/bookinfo/virtual-service-all-v1.yaml']);

    const named = (kind: string, said: string) =>
      ['productpage', 'reviews', 'ratings', 'details']
        .map((name) => `${kind}.networking.istio.io/${name} ${said}\n`)
        .join('');
    expect(rules).toBe(named('destinationrule', 'created'));
    expect(first).toBe(named('virtualservice', 'created'));
    expect([half, all, jason]).toEqual([1, 2, 3].map(() => 'virtualservice.networking.istio.io/reviews configured\n'));
    expect(gone.match(/virtualservice\.networking\.istio\.io "\w+" deleted/g)).toHaveLength(4);
  });

  it("prints istiod's warnings", async () => {
    const [rule] = (reviews(100) as { spec: { http: object[] } }).spec.http;
    const misprint = { ...virtualService({ hosts: ['reviews'], http: [rule, rule] }), metadata: { name: 'misprint' } };

    const { code, out } = await kubectl(['apply', '-f', '-'], misprint);

    expect(code).toBe(0);
    expect(out).toContain('Warning: virtualService rule #1 not used (only the last rule can have no matches)\n');
    expect(out).toContain('virtualservice.networking.istio.io/misprint created\n');
  });

  it('is told that server-side apply is not available, and which patches are', async () => {
    const { code, out } = await kubectl(['apply', '--server-side', '-f', '-'], {
      ...reviews(100),
      metadata: { name: 'applied-there' },
    });

    expect(code).toBe(1);
    expect(out).toContain(
      'error: Server-side apply not available on the server: (the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json)',
    );
  });

  it('is told when an object is too large', async () => {
    const { out } = await kubectl(['create', '-f', '-'], {
      ...reviews(100),
      metadata: { name: 'large', annotations: { a: 'x'.repeat(3_382_757) } },
    });

    expect(out).toContain('Error from server (RequestEntityTooLarge): ');
    expect(out).toContain('Request entity too large: limit is 3145728');
  });

  it('explains', async () => {
    const { out } = await kubectl(['explain', 'virtualservices.spec.http.route']);

    expect(out).toMatch(/GROUP:\s+networking\.istio\.io\nKIND:\s+VirtualService\nVERSION:\s+v1\n/);
    expect(out).toMatch(/destination\t<Object> -required-\n[\s\S]*weight\t<integer>\n/);
  });

  it('prints tables', async () => {
    await create('printed');
    await create('printed', destinationRule({ host: 'reviews' }));

    const { out } = await kubectl(['get', 'vs,dr', 'printed', '-o', 'wide']);
    const { out: one } = await kubectl(['get', 'virtualservices', 'printed']);

    expect(one).toMatch(/^NAME\s+GATEWAYS\s+HOSTS\s+AGE\nprinted\s+\["reviews"\]\s+\d+s\n$/);
    expect(out).toMatch(/NAME\s+HOST\s+AGE\ndestinationrule\.networking\.istio\.io\/printed\s+reviews\s+\d+s/);
  });

  it('prints YAML', async () => {
    await create('as-yaml');

    const { out } = await kubectl(['get', 'vs', 'as-yaml', '-o', 'yaml']);

    expect(out).toMatch(
      /^apiVersion: networking\.istio\.io\/v1\nkind: VirtualService\nmetadata:\n {2}creationTimestamp: "/,
    );
    expect(out).toContain(
      'spec:\n  hosts:\n  - reviews\n  http:\n  - route:\n    - destination:\n        host: reviews\n',
    );
  });

  it('patches', async () => {
    await create('patched');
    const weight = [{ op: 'replace', path: '/spec/http/0/route/0/weight', value: 80 }];
    const stale = [{ op: 'test', path: '/metadata/resourceVersion', value: '1' }];

    const json = await kubectl(['patch', 'vs', 'patched', '--type=json', '-p', JSON.stringify(weight)]);
    const failed = await kubectl(['patch', 'vs', 'patched', '--type=json', '-p', JSON.stringify(stale)]);
    const merge = await kubectl(['patch', 'vs', 'patched', '--type=merge', '-p', '{"spec":{"hosts":["other"]}}']);
    const { out } = await kubectl([
      'get',
      'vs',
      'patched',
      '-o',
      'jsonpath={.spec.hosts} {.spec.http[0].route[*].weight}',
    ]);

    expect(json.out).toBe('virtualservice.networking.istio.io/patched patched\n');
    expect(merge.out).toBe('virtualservice.networking.istio.io/patched patched\n');
    expect(failed).toEqual({
      code: 1,
      out: 'The request is invalid: the server rejected our request due to an error in our request\n',
    });
    expect(out).toBe('["other"] 80 10');
  });

  it('applies, and applies again', async () => {
    const applied = (...weights: readonly number[]) => ({ ...reviews(...weights), metadata: { name: 'applied' } });

    const first = await kubectl(['apply', '-f', '-'], applied(90, 10));
    const second = await kubectl(['apply', '-f', '-'], applied(50, 50));
    const third = await kubectl(['apply', '-f', '-'], applied(50, 50));
    const diff = await kubectl(['diff', '-f', '-'], applied(50, 50));

    expect(first.out).toBe('virtualservice.networking.istio.io/applied created\n');
    expect(second.out).toBe('virtualservice.networking.istio.io/applied configured\n');
    expect(third.out).toBe('virtualservice.networking.istio.io/applied unchanged\n');
    expect(diff.out).not.toContain('spec');
  });

  it('prints what is wrong', async () => {
    const unknown = await kubectl(['apply', '-f', '-'], {
      ...reviews(100),
      metadata: { name: 'wrong' },
      spec: { bogus: 1 },
    });
    const text = await kubectl(['apply', '-f', '-'], { ...reviews('50'), metadata: { name: 'wrong' } });
    const denied = await kubectl(['apply', '-f', '-'], { ...reviews(0, 0), metadata: { name: 'wrong' } });
    const missing = await kubectl(['get', 'vs', 'missing']);

    expect(unknown.out).toContain(
      'Error from server (BadRequest): error when creating "STDIN": VirtualService in version "v1" cannot be handled as a VirtualService: strict decoding error: unknown field "spec.bogus"',
    );
    expect(text.out).toContain(
      'The VirtualService "wrong" is invalid: \n* spec.http[0].route[0].weight: Invalid value: "string": spec.http[0].route[0].weight in body must be of type integer: "string"\n* <nil>: ',
    );
    expect(denied.out).toContain('denied the request: configuration is invalid: total destination weight = 0');
    expect(missing.out).toBe('Error from server (NotFound): virtualservices.networking.istio.io "missing" not found\n');
  });

  it('replaces an object, unless its resourceVersion is stale', async () => {
    await create('replaced');
    const { out: read } = await kubectl(['get', 'vs', 'replaced', '-o', 'json']);
    const { spec: _, ...rest } = JSON.parse(read);

    const replaced = await kubectl(['replace', '-f', '-'], {
      ...rest,
      spec: { hosts: ['new'], http: [], tcp: [{ route: [{ destination: { host: 'a' } }] }] },
    });
    const stale = await kubectl(['replace', '-f', '-'], { ...rest, spec: {} });

    expect(replaced.out).toBe('virtualservice.networking.istio.io/replaced replaced\n');
    expect(stale.out).toContain(
      'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on',
    );
  });

  it('describes an object with its events', async () => {
    await create('described');
    const { out: uid } = await kubectl(['get', 'vs', 'described', '-o', 'jsonpath={.metadata.uid}']);
    await kubectl(['create', '-f', '-'], {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'described.1', namespace: 'default' },
      involvedObject: {
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        name: 'described',
        namespace: 'default',
        uid,
      },
      type: 'Normal',
      reason: 'Shifted',
      message: '10 % to v2',
      source: { component: 'shiftbot' },
    });

    const { out } = await kubectl(['describe', 'vs', 'described']);

    expect(out).toMatch(/^Name:\s+described\nNamespace:\s+default\n/);
    expect(out).toMatch(/Normal\s+Shifted\s+\S+\s+shiftbot\s+10 % to v2\n/);
  });

  it('edits', async () => {
    await create('edited');

    const edited = await new Promise<Output>((resolve) => {
      const env = { ...process.env, KUBE_EDITOR: "sed -i 's/weight: 90/weight: 70/'" };
      execFile('kubectl', args('edit', 'vs', 'edited'), { env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : 1, out: stdout + stderr }),
      );
    });
    const { out } = await kubectl(['get', 'vs', 'edited', '-o', 'jsonpath={.spec.http[0].route[0].weight}']);

    expect(edited.out).toBe('virtualservice.networking.istio.io/edited edited\n');
    expect(out).toBe('70');
  });

  it('labels and annotates', async () => {
    await create('labelled');

    await kubectl(['label', 'vs', 'labelled', 'a=b']);
    await kubectl(['annotate', 'vs', 'labelled', 'c/d=e']);
    const { out } = await kubectl(['get', 'vs', '-l', 'a=b', '-o', 'jsonpath={.items[*].metadata.annotations}']);

    expect(out).toBe('{"c/d":"e"}');
  });

  it('creates namespaces, and deletes them with the objects in them', async () => {
    await kubectl(['create', 'namespace', 'bookinfo']);
    await kubectl(['-n', 'bookinfo', 'create', '-f', '-'], { ...reviews(100), metadata: { name: 'inside' } });

    const all = await kubectl(['get', 'vs', '-A', '--field-selector', 'metadata.namespace=bookinfo', '-o', 'name']);
    const deleted = await kubectl(['delete', 'namespace', 'bookinfo']);
    const gone = await kubectl(['-n', 'bookinfo', 'get', 'vs']);

    expect(all.out).toBe('virtualservice.networking.istio.io/inside\n');
    expect(deleted.out).toContain('namespace "bookinfo" deleted');
    expect(gone.out).toBe('No resources found in bookinfo namespace.\n');
  });

  it('watches, and deletes', async () => {
    await create('watched');
    const watching = spawn('kubectl', args('get', 'vs', 'watched', '-w', '--no-headers', '--output-watch-events'));
    const lines = createInterface({ input: watching.stdout })[Symbol.asyncIterator]();

    const added = await lines.next();
    const deleted = await kubectl(['delete', 'vs', 'watched']);
    const last = await lines.next();
    watching.kill();

    expect(added.value).toMatch(/^ADDED\s+watched\s+\["reviews"\]/);
    expect(deleted.out).toContain('virtualservice.networking.istio.io "watched" deleted');
    expect(last.value).toMatch(/^DELETED\s+watched/);
  });
});
