import { type Job as BullJob, Queue as BullQueue, DelayedError, UnrecoverableError, Worker } from 'bullmq';
import { z } from 'zod';
import type { Change } from '../domain/change.ts';
import { changeIdSchema } from '../domain/ledger.ts';
import type { Job, WorkerAnswer } from '../workflow/apply.ts';
import { MeshUnavailableError, StoreUnavailableError } from '../workflow/errors.ts';
import type { Log, Queue } from '../workflow/ports.ts';
import type { Connection } from './connect.ts';
import { queuePrefix } from './keys.ts';
import { objectSchema } from './stored-change.ts';

const queueName = 'changes';
const attempts = 8;
const firstBackoffMs = 500;

/** A job names a change and carries nothing that could be believed instead of its record. An older version of us may have written it. */
const payload = z.object({
  v: z.literal(1),
  id: changeIdSchema,
  object: objectSchema,
});

/** The BullMQ queue, from the side of those who wait for an answer: it takes a job at once or not at all. */
export class JobQueue implements Queue {
  readonly #queue: BullQueue;
  readonly #connection: Connection;

  constructor(connection: Connection, log: Log) {
    this.#connection = connection;
    this.#queue = new BullQueue(queueName, {
      connection,
      prefix: queuePrefix,
      defaultJobOptions: {
        attempts,
        backoff: { type: 'custom' },
        removeOnComplete: { age: 3600, count: 1000 },
        removeOnFail: { age: 24 * 3600, count: 1000 },
      },
    });
    this.#queue.on('error', (err) => log.warn({ err }, 'queue lost Redis'));
  }

  add(change: Change): Promise<void> {
    return this.#add(change, `${change.id}.${change.rev}`);
  }

  addAgain(change: Change): Promise<void> {
    return this.#add(change, `${change.id}.${change.rev}.${Math.floor(Date.now() / 60_000)}`);
  }

  close(): Promise<void> {
    return closing(this.#queue.close(), this.#connection);
  }

  async #add({ id, object }: Change, jobId: string): Promise<void> {
    if (this.#connection.status !== 'ready')
      throw new StoreUnavailableError(`Redis is not connected (${this.#connection.status})`);
    try {
      await this.#queue.add('apply', { v: 1, id, object }, { jobId });
    } catch (cause) {
      throw new StoreUnavailableError('Redis did not take the job', { cause });
    }
  }
}

export interface RunningWorker {
  /** Takes no more jobs, and resolves when those it had are done. */
  close(): Promise<void>;
}

export interface WorkerOptions {
  readonly connection: Connection;
  readonly log: Log;
  readonly apply: (job: Job, lastAttempt: boolean) => Promise<WorkerAnswer>;
}

/** Takes jobs and answers each as done, not yet, later, or never again. Order and exactness do not rest on it, but on the line and the ledger. */
export function startWorker({ connection, log, apply }: WorkerOptions): RunningWorker {
  const worker = new Worker(queueName, (job, token) => work(job, token, apply), {
    connection,
    prefix: queuePrefix,
    concurrency: 16,
    lockDuration: 10_000,
    stalledInterval: 5_000,
    maxStalledCount: 10,
    settings: { backoffStrategy: (attemptsMade, _type, error) => backoffMs(attemptsMade, error) },
  });
  worker.on('error', (err) => log.warn({ err }, 'worker lost Redis'));
  worker.on('failed', (job, err) =>
    log.warn({ changeId: changeOf(job), attempt: job?.attemptsMade, err }, 'job attempt failed'),
  );
  return { close: () => closing(worker.close(), connection) };
}

/** Waits for what Redis is needed for, but not for a Redis that is away: then there is nothing to wait for. */
async function closing(closed: Promise<void>, connection: Connection): Promise<void> {
  const { promise: away, resolve: giveUp } = Promise.withResolvers<void>();
  const timer = setInterval(() => connection.status !== 'ready' && giveUp(), 500);
  try {
    await Promise.race([closed, away]);
  } finally {
    clearInterval(timer);
  }
}

async function work(job: BullJob, token: string | undefined, apply: WorkerOptions['apply']): Promise<void> {
  const parsed = payload.safeParse(job.data);
  if (!parsed.success) throw new UnrecoverableError(`not a job of ours: ${z.prettifyError(parsed.error)}`);

  const answer = await apply(parsed.data, job.attemptsMade + 1 >= attempts);
  switch (answer.kind) {
    case 'done':
      return;
    case 'later':
      throw answer.error;
    case 'not-yet':
      await job.moveToDelayed(Date.now() + answer.afterMs, token);
      throw new DelayedError();
  }
}

/** Twice as long each time, never in step with other workers, and never sooner than the API server asked. */
function backoffMs(attemptsMade: number, error: Error | undefined): number {
  const asked = error instanceof MeshUnavailableError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(asked, firstBackoffMs * 2 ** (attemptsMade - 1) * (0.85 + 0.3 * Math.random()));
}

function changeOf(job: BullJob | undefined): string | undefined {
  return payload.safeParse(job?.data).data?.id;
}
