import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClusterMesh } from '../../src/cluster/cluster-mesh.ts';
import { readVirtualService, virtualServiceKind } from '../../src/cluster/kinds/virtual-service.ts';
import { weightsPatch } from '../../src/cluster/open-object.ts';
import { toRoute } from '../../src/cluster/to-route.ts';
import { emptyLedger, ledgerAnnotation, readLedger, record } from '../../src/domain/routing/ledger.ts';
import { type Connection, connectForRequests, readRedisUrl } from '../../src/redis/connect.ts';
import { redisCheck, versionProblem } from '../../src/redis/readiness.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { RejectedError, TooLargeError } from '../../src/workflow/errors.ts';
import { changeId, revision } from '../support/builders.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { clientOfStub, type KubeWorld, sandboxKube } from '../support/kube.ts';
import { processorMs } from '../support/processor-time.ts';

const redisBinary = await findRedisServer().catch(() => undefined);

describe.runIf(redisBinary)('row 26: a Redis that cannot be used, with a redis-server', () => {
  let server: RedisServer;
  let connection: Connection;

  beforeAll(async () => {
    server = await startRedis();
    const admin = connect(server.url);
    await new Promise((resolve) => admin.once('ready', resolve));
    await admin.config('SET', 'requirepass', 'right');
    admin.disconnect();
  });
  afterEach(() => connection.disconnect());
  afterAll(() => server.stop());

  function connect(url: string): Connection {
    const address = readRedisUrl(url);
    if (address === undefined) throw new Error(`no address: ${url}`);
    return connectForRequests(address);
  }

  it.each`
    what                         | url                                                             | fix
    ${'a wrong password'}        | ${(port: number) => `redis://:wrong@127.0.0.1:${port}`}         | ${/WRONGPASS.*; correct the user and password in REDIS_URL/}
    ${'no password'}             | ${(port: number) => `redis://127.0.0.1:${port}`}                | ${/NOAUTH.*; set the password, or none, in REDIS_URL/}
    ${'TLS where there is none'} | ${(port: number) => `rediss://:right@127.0.0.1:${port}`}        | ${/; .*REDIS_URL/}
    ${'a Cluster that is none'}  | ${(port: number) => `redis+cluster://:right@127.0.0.1:${port}`} | ${/if this Redis is not a Cluster, write redis:\/\/ in REDIS_URL/}
  `('with $what is told with what mends it', async ({ url, fix }) => {
    connection = connect(url(server.port));
    const check = redisCheck(connection);

    await expect.poll(check, { timeout: 10_000 }).toMatch(fix);
  });
});

describe('row 26: a Redis of another age', () => {
  it.each`
    version     | problem
    ${'5.0.14'} | ${'Redis: its version is 5.0.14; 6.2 or newer is needed'}
    ${'6.0.20'} | ${'Redis: its version is 6.0.20; 6.2 or newer is needed'}
    ${'6.2.0'}  | ${undefined}
    ${'8.4.1'}  | ${undefined}
  `('$version is $problem', ({ version, problem }) => {
    expect(versionProblem(`# Server\r\nredis_version:${version}\r\nredis_mode:standalone\r\n`)).toBe(problem);
  });
});

describe('row 27: a cluster that is not as we know them', () => {
  it('serves no VirtualServices, or only those of v1alpha3: it is told which Istio is needed', async () => {
    const client = await clientOfStub((_, response) => void response.writeHead(404).end('404 page not found\n'));
    const mesh = new ClusterMesh('old', client, new InMemoryLog());

    const refused = mesh.find({ cluster: 'old', namespace: 'default', service: 'reviews' });

    await expect(refused).rejects.toThrow(RejectedError);
    await expect(refused).rejects.toThrow(
      'does not serve VirtualServices and DestinationRules of networking.istio.io/v1: Istio is not installed, or older than 1.22',
    );
    await mesh.close();
  });

  it('sends what is no VirtualService: it is refused in a few words', () => {
    const http = Array.from({ length: 5_000 }, () => null);

    expect(() => readVirtualService({ metadata: { name: 'a' }, spec: { http } })).toThrow(/^.{1,500}$/s);
  });

  describe('by its size', () => {
    const metadata = { name: 'reviews', namespace: 'default', uid: 'u', resourceVersion: '1' };
    const versions = { metadata, spec: { host: 'reviews', subsets: [{ name: 'v1' }, { name: 'v2' }] } };
    const route = [
      { destination: { host: 'reviews', subset: 'v1' }, weight: 100 },
      { destination: { host: 'reviews', subset: 'v2' }, weight: 0 },
    ];
    const moves = [{ rule: 'default', from: { v1: 100, v2: 0 }, to: { v1: 0, v2: 100 } }];

    it.each`
      bytes               | fits
      ${256 * 1024 - 400} | ${true}
      ${256 * 1024 - 100} | ${false}
      ${256 * 1024}       | ${false}
    `('an annotation of $bytes bytes beside ours is judged before the patch is sent: fits $fits', ({ bytes, fits }) => {
      const annotations = { 'example.com/x': 'ü'.repeat((bytes - 'example.com/x'.length) / 2) };
      const object = virtualServiceKind.read({ metadata: { ...metadata, annotations }, spec: { http: [{ route }] } });
      const patch = () => weightsPatch(object, moves, record(emptyLedger, revision()));

      if (fits) return expect(patch()).toHaveLength(4);
      expect(patch).toThrow(TooLargeError);
      expect(patch).toThrow(/over the 262144 that the API server takes; the largest is example.com\/x/);
    });

    it('our history gives way to what others have noted on the object, so that there is a way back', () => {
      const annotations = { 'example.com/x': 'x'.repeat(256 * 1024 - 1_500) };
      const object = virtualServiceKind.read({ metadata: { ...metadata, annotations }, spec: { http: [{ route }] } });
      const revisions = Array.from({ length: 30 }, (_, at) => revision({ id: changeId(at), reason: 'r'.repeat(200) }));

      const patch = weightsPatch(object, moves, { seq: 30, revisions });

      const written = patch.find(({ path }) => path.includes('shiftbot.dev'))?.value;
      const reading = readLedger(typeof written === 'string' ? written : undefined);
      if (reading.kind === 'unreadable') throw new Error(reading.why);
      expect(reading.ledger.seq).toBe(30);
      expect(reading.ledger.revisions.map(({ id }) => id)).toEqual([0, 1, 2, 3].map(changeId));
    });

    it('a record that we would not read again is not written', () => {
      const object = virtualServiceKind.read({ metadata, spec: { http: [{ route }] } });
      const huge = record(emptyLedger, revision({ rule: 'x'.repeat(70_000) }));

      expect(() => weightsPatch(object, moves, huge)).toThrow(TooLargeError);
    });

    it('an object of 1 MB is read and patched in at most forty times what its JSON takes to parse', () => {
      const rules = Array.from({ length: 4_000 }, (_, at) => ({
        name: `rule-${at}`,
        match: [{ headers: { x: { exact: 'y'.repeat(60) } } }],
        route,
      }));
      const json = JSON.stringify({ metadata, spec: { hosts: ['reviews'], http: [...rules, { route }] } });
      const readAndPatch = () => {
        const object = virtualServiceKind.read(JSON.parse(json));
        toRoute('sandbox', object, { rulesOf: () => [versions] });
        weightsPatch(object, moves, record(emptyLedger, revision()));
      };
      const parsedMs = processorMs(() => JSON.parse(json), { times: 20 });
      const tookMs = processorMs(readAndPatch, { times: 5 });

      expect(json.length).toBeGreaterThan(1_000_000);
      expect(tookMs / parsedMs).toBeLessThan(40);
    });
  });

  describe('by the number of its objects', () => {
    const many = 10_000;
    let kube: KubeWorld;
    let mesh: ClusterMesh;

    beforeAll(async () => {
      const objects = Array.from({ length: many }, (_, at) => ({
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: `service-${at}`, namespace: 'crowd' },
        spec: {
          hosts: [`service-${at}`],
          http: [{ route: [{ destination: { host: `service-${at}`, subset: 'v1' } }] }],
        },
      }));
      kube = await sandboxKube({ objects });
      mesh = new ClusterMesh('crowd', kube.client(), kube.log);
      await mesh.warm('crowd');
    }, 120_000);
    afterAll(async () => {
      await mesh.close();
      await kube.end();
    });

    it('10,000 are listed once, and a name is then found among them at once', async () => {
      const startedMs = performance.now();

      const found = await mesh.find({ cluster: 'crowd', namespace: 'crowd', service: 'service-9999' });
      const missed = await mesh.find({ cluster: 'crowd', namespace: 'crowd', service: 'servise-9999' });

      expect(found).toMatchObject({ kind: 'found', object: { name: 'service-9999' } });
      expect(missed).toMatchObject({ kind: 'unknown-service', nearest: 'service-9999' });
      expect(performance.now() - startedMs).toBeLessThan(1_000);
    });

    it('10,000 are an overview that is not asked for one by one', async () => {
      expect((await mesh.services('crowd')).seen).toHaveLength(many);
    });
  });

  it('shows a namespace that the bot may not see in the words of one that is not there (row 9)', async () => {
    const kube = await sandboxKube();
    const stranger = kube.mesh(kube.token('stranger'));
    const words = (namespace: string) =>
      stranger.find({ cluster: 'sandbox', namespace, service: 'reviews' }).then(
        () => 'found',
        (error: Error) => error.message.replaceAll(namespace, 'X').replace(/virtualservices|destinationrules/, 'Y'),
      );

    expect(await words(kube.namespace)).toBe(await words('absent'));
    expect(await words('absent')).toContain('cannot list resource');
    await kube.end();
  });
});

describe('an annotation that somebody wrote', () => {
  it('is refused, whatever it says, and only its object with it', () => {
    const object = virtualServiceKind.read({
      metadata: {
        name: 'reviews',
        namespace: 'default',
        uid: 'u',
        resourceVersion: '1',
        annotations: { [ledgerAnnotation]: '['.repeat(200_000) },
      },
      spec: {},
    });

    expect(() => toRoute('sandbox', object, { rulesOf: () => [] })).toThrow(
      /holds what shiftbot did not write: it is 200000 characters long/,
    );
  });
});
