import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOnPath, freePort, isExecutable, launch } from '../../src/sandbox/launched-process.ts';

/** `PROMETHEUS_BIN`, or the one on the PATH. */
export async function findPrometheus(): Promise<string | undefined> {
  const named = process.env['PROMETHEUS_BIN'];
  if (named !== undefined && named !== '') return (await isExecutable(named)) ? named : undefined;
  return findOnPath(['prometheus']);
}

export interface RealPrometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** A Prometheus that scrapes one target every half second, and forgets all when it ends. */
export async function startPrometheus(path: string, target: string): Promise<RealPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-prometheus-'));
  const scrape = { job_name: 'mesh', scrape_interval: '500ms', static_configs: [{ targets: [target] }] };
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs: [scrape] }));
  const address = `127.0.0.1:${await freePort()}`;
  const { process: launched } = await launch({
    path,
    arguments: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    environment: { PATH: process.env['PATH'] },
    ready: /Server is ready to receive web requests/,
    readyWithinMs: 20_000,
  });
  return {
    url: `http://${address}`,
    stop: async () => {
      await launched.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
