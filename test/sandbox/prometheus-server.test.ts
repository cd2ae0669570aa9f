import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../../src/sandbox/bookinfo/http-service.ts';
import { unpackedRootOf } from '../../src/sandbox/debian-package.ts';
import {
  findPrometheus,
  type Prometheus,
  type PrometheusOptions,
  preparePrometheus,
} from '../../src/sandbox/prometheus-server.ts';
import { eventually } from '../support/eventually.ts';
import { realPrometheus } from '../support/prometheus.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

const real = await realPrometheus();
const metricsUrl = 'http://127.0.0.1:1/metrics';

describe('finding Prometheus', () => {
  it('takes the one on the PATH first', async () => {
    await program(join(folder, 'prometheus'));

    const source = await findPrometheus({ PATH: folder, XDG_CACHE_HOME: folder });

    expect(source).toEqual({ kind: 'here', binary: { path: join(folder, 'prometheus') } });
  });

  it('takes the one in the cache when the PATH has none', async () => {
    const root = await unpackedRootOf(['prometheus'], join(folder, 'shiftbot'));
    await mkdir(join(root, 'usr/bin'), { recursive: true });

    const source = await findPrometheus({ PATH: join(folder, 'empty'), XDG_CACHE_HOME: folder });

    expect(source).toMatchObject({ kind: 'here', binary: { path: join(root, 'usr/bin/prometheus') } });
  });

  it('plans to fetch one if there is apt, and fetches nothing yet', async () => {
    await program(join(folder, 'bin/apt-get'), `touch '${folder}/called'`);
    await program(join(folder, 'bin/dpkg-deb'));

    const source = await findPrometheus({ PATH: join(folder, 'bin'), XDG_CACHE_HOME: folder });

    expect(source).toEqual({ kind: 'to-fetch' });
    expect(existsSync(join(folder, 'called'))).toBe(false);
  });

  it('says in one line what to install if there is neither Prometheus nor apt', async () => {
    const source = await findPrometheus({ PATH: join(folder, 'empty'), XDG_CACHE_HOME: folder });

    expect(source).toEqual({
      kind: 'missing',
      why: expect.stringMatching(/^no Prometheus here: install prometheus, or set PROMETHEUS_URL \(.*apt-get.*\)$/),
    });
  });
});

describe('our own Prometheus', () => {
  it('holds its port from the start, and answers there that it is not up yet', async () => {
    const prometheus = await prepared({ source: { kind: 'to-fetch' }, metricsUrl });

    const answer = await fetch(prometheus.url);

    expect(answer.status).toBe(503);
    expect(await answer.text()).toBe('Prometheus is not up yet\n');
  });

  it('scrapes the given address every second, listens on the loopback interface, and leaves nothing behind', async () => {
    const path = await pretendPrometheus(join(folder, 'bin/prometheus'));
    const prometheus = await prepared({ source: { kind: 'here', binary: { path } }, metricsUrl });

    const state = await prometheus.start();
    const again = await prometheus.start();
    const [args = '', pid = ''] = (await readFile(join(folder, 'called'), 'utf8')).trim().split('\n');
    const config = JSON.parse(await readFile(join(folder, 'config'), 'utf8'));
    const storage = /--config\.file=(\S+)/.exec(args)?.[1] ?? '';
    const wasThere = existsSync(storage);
    await prometheus.stop();
    await prometheus.stop();

    expect([state, again]).toEqual([{ kind: 'running' }, { kind: 'running' }]);
    expect(args).toContain(`--web.listen-address=${new URL(prometheus.url).host}`);
    expect(args).toMatch(/--storage\.tsdb\.retention\.time=1h/);
    expect(config).toMatchObject({
      global: { scrape_interval: '1000ms', scrape_timeout: '900ms' },
      scrape_configs: [{ metrics_path: '/metrics', static_configs: [{ targets: ['127.0.0.1:1'] }] }],
    });
    expect(wasThere).toBe(true);
    expect(existsSync(dirname(storage))).toBe(false);
    expect(isRunning(Number(pid))).toBe(false);
  });

  it("is Debian's package if none is installed, unpacked without root", async () => {
    const environment = await pretendDebian('echo hi > prometheus_1.deb');
    const prometheus = await prepared({ source: { kind: 'to-fetch' }, metricsUrl, environment });

    expect(await prometheus.start()).toEqual({ kind: 'running' });
    expect((await readFile(join(folder, 'called'), 'utf8')).startsWith('--config.file=')).toBe(true);
  });

  it('says in one line what to install if it cannot be fetched', async () => {
    const environment = await pretendDebian(`echo 'E: Unable to locate package prometheus' >&2; exit 100`);
    const prometheus = await prepared({ source: { kind: 'to-fetch' }, metricsUrl, environment });

    expect(await prometheus.start()).toEqual({
      kind: 'missing',
      why: "no Prometheus here: install prometheus, or set PROMETHEUS_URL (fetching Debian's package failed: E: Unable to locate package prometheus)",
    });
  });

  it('says why it did not start, with its last output', async () => {
    const path = join(folder, 'prometheus');
    await program(path, `echo 'unknown flag' >&2; exit 3`);
    const prometheus = await prepared({ source: { kind: 'here', binary: { path } }, metricsUrl });

    expect(await prometheus.start()).toEqual({ kind: 'missing', why: expect.stringContaining('unknown flag') });
  });

  it('stops fetching when it is stopped', async () => {
    const environment = await pretendDebian(`touch '${folder}/fetching'; exec sleep 600`);
    const prometheus = await prepared({ source: { kind: 'to-fetch' }, metricsUrl, environment });
    const starting = prometheus.start();
    await eventually(() => expect(existsSync(join(folder, 'fetching'))).toBe(true));

    await prometheus.stop();

    expect(await starting).toMatchObject({ kind: 'missing' });
  });
});

describe.skipIf(real === undefined)('a real Prometheus', () => {
  it('has what it scraped within seconds, and is gone after stop', async () => {
    const target = await serve((_, response) => void response.end('# TYPE seen gauge\nseen{version="v3"} 42\n'));
    onTestFinished(() => target.stop());
    const source = { kind: 'here', binary: real ?? { path: '' } } as const;
    const prometheus = await prepared({ source, metricsUrl: `${target.url}/metrics` });

    const state = await prometheus.start();
    const query = async () => (await fetch(`${prometheus.url}/api/v1/query?query=seen`)).json();
    await eventually(async () =>
      expect(await query()).toMatchObject({
        status: 'success',
        data: { result: [{ metric: { version: 'v3' }, value: [expect.any(Number), '42'] }] },
      }),
    );
    await prometheus.stop();

    expect(state).toEqual({ kind: 'running' });
    await expect(query()).rejects.toThrow();
  });
});

async function prepared(options: PrometheusOptions): Promise<Prometheus> {
  const prometheus = await preparePrometheus(options);
  onTestFinished(() => prometheus.stop());
  return prometheus;
}

/** A script that records its arguments, and then looks like a Prometheus that is ready. */
function pretendScript(): string {
  return `echo "$@" > '${folder}/called'; echo $$ >> '${folder}/called'
for one in "$@"; do case "$one" in --config.file=*) cp "\${one#*=}" '${folder}/config' ;; esac; done
echo 'level=info msg="Server is ready to receive web requests."'
exec sleep 600`;
}

async function pretendPrometheus(path: string): Promise<string> {
  await program(path, pretendScript());
  return path;
}

/** Programs that pretend to be apt and dpkg, and need no network. */
async function pretendDebian(downloads: string): Promise<NodeJS.ProcessEnv> {
  const bin = join(folder, 'bin');
  const packed = await pretendPrometheus(join(folder, 'packed'));
  await program(join(bin, 'apt-get'), downloads);
  await program(join(bin, 'dpkg-deb'), `mkdir -p "$3/usr/bin" && cp '${packed}' "$3/usr/bin/prometheus"`);
  await program(join(bin, 'ldd'));
  return { ...process.env, PATH: `${bin}:${process.env['PATH']}`, XDG_CACHE_HOME: join(folder, 'cache') };
}

async function program(path: string, script = ''): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
