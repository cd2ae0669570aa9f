import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../redis/signature.ts';
import type { VersionFaults } from './bookinfo/faults/version-faults.ts';
import { openKeptFaults } from './kept-faults.ts';
import { ObjectJournal, Tokens } from './kube-api/server.ts';
import { LaunchError } from './launched-process.ts';
import { newCredentials } from './local-slack.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { openSlackMemory, type SlackMemory } from './slack-memory.ts';

/** What one world keeps for the next one in the same folder. */
export interface KeptState {
  readonly secrets: Secrets;
  readonly journal: ObjectJournal;
  readonly memory: SlackMemory;
  readonly faults: VersionFaults;
  startRedis(): Promise<RedisServer>;
  /** What could not be read, one line each. */
  readonly leftOut: readonly string[];
}

const secretsFile = z.object({
  recordKey: z.string().min(16),
  tokens: z.record(z.string(), z.string().min(16)),
  slack: z.object({ botToken: z.string(), appToken: z.string(), signingSecret: z.string() }),
});
type Secrets = z.infer<typeof secretsFile>;

/** What Redis prints if it cannot read its own files. */
const unreadable = /append.?only|\bAOF\b|\bRDB\b|short read|bad file format/i;

/** `users` get tokens for the API server. */
export async function openKeptState(folder: string, users: readonly string[]): Promise<KeptState> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const leftOut: string[] = [];
  const secrets = await readSecrets(join(folder, 'secrets.json'), users, leftOut);
  const journal = ObjectJournal.open(join(folder, 'objects.jsonl'));
  if (journal.leftOut > 0) leftOut.push(`${lines(journal.leftOut)} of objects.jsonl`);
  const memory = openSlackMemory(join(folder, 'slack.jsonl'));
  if (memory.leftOut > 0) leftOut.push(`${lines(memory.leftOut)} of slack.jsonl`);
  const { faults, leftOut: faultsLeftOut } = openKeptFaults(join(folder, 'faults.jsonl'));
  if (faultsLeftOut > 0) leftOut.push(`${lines(faultsLeftOut)} of faults.jsonl`);
  return { secrets, journal, memory, faults, leftOut, startRedis: () => startRedisIn(join(folder, 'redis'), leftOut) };
}

async function readSecrets(path: string, users: readonly string[], leftOut: string[]): Promise<Secrets> {
  const text = existsSync(path) ? await readFile(path, 'utf8') : undefined;
  const read = secretsFile.safeParse(text === undefined ? undefined : parseJson(text));
  if (text !== undefined && !read.success) {
    leftOut.push('secrets.json (what was signed with its keys is no longer trusted)');
  }
  const before = read.data ?? { recordKey: randomBytes(32).toString('hex'), tokens: {}, slack: newCredentials() };
  const tokens = new Tokens(before.tokens);
  const secrets = { ...before, tokens: Object.fromEntries(users.map((user) => [user, tokens.of(user)])) };
  await writeFile(`${path}.new`, JSON.stringify(secrets), { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  return secrets;
}

/** If Redis cannot read its files, moves them aside and starts it empty. */
async function startRedisIn(folder: string, leftOut: string[]): Promise<RedisServer> {
  try {
    return await startRedis({ folder });
  } catch (error) {
    if (!(error instanceof LaunchError) || !error.lastOutput.some((line) => unreadable.test(line))) throw error;
    const aside = `${folder}-unreadable-${Date.now()}`;
    await rename(folder, aside);
    leftOut.push(`the files of Redis (now in ${aside})`);
    return startRedis({ folder });
  }
}

function lines(count: number): string {
  return count === 1 ? '1 line' : `${count} lines`;
}
