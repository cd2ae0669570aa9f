import {
  type Job as BullJob,
  Queue as BullQueue,
  DelayedError,
  type JobsOptions,
  UnrecoverableError,
  Worker,
} from 'bullmq';
import { z } from 'zod';
import type { Change } from '../domain/change/change.ts';
import { changeIdSchema } from '../domain/routing/ledger.ts';
import type { WorkerAnswer } from '../workflow/applying/apply.ts';
import { StoreUnavailableError } from '../workflow/errors.ts';
import type { Log } from '../workflow/ports/process.ts';
import type { Queue } from '../workflow/ports/queue.ts';
import { type Connection, longestWaitSeconds, Waiting } from './connect.ts';
import { queueKeys, queuePrefix } from './keys.ts';
import { Script } from './script.ts';

const queueName = 'changes';
const probe = 'probe';
/** All calls of `addAgain` within this time make one job, from any process. */
const againMs = 2_000;
/** If the connection is lost during a command, the worker asks again after this time. The library would wait 15 s. */
const retryMs = 500;
/** Only tidies up: the lease decides who takes over a change. */
const tidyEveryMs = 1_800_000;

/**
 * A job only names a change, so that nothing in it can be trusted in place of the record. Version 1 also named the object whose line the
 * change was in.
 */
const payload = z.discriminatedUnion('v', [
  z.object({ v: z.literal(2), id: changeIdSchema }),
  z.object({
    v: z.literal(1),
    id: changeIdSchema,
    object: z.object({
      cluster: z.string(),
      namespace: z.string(),
      kind: z.literal('VirtualService'),
      name: z.string(),
    }),
  }),
]);

/** The BullMQ queue, for callers who wait for an answer: it takes a job at once or not at all. */
export class JobQueue implements Queue {
  readonly #queue: BullQueue;
  readonly #connection: Connection;

  constructor(connection: Connection, log: Log) {
    this.#connection = connection;
    this.#queue = new BullQueue(queueName, {
      connection,
      prefix: queuePrefix,
      // The check runs once, at the start. If Redis does not answer in time, it refuses every job for good. `/readyz` says what is too old.
      skipVersionCheck: true,
      defaultJobOptions: {
        attempts: 8,
        backoff: { type: 'exponential', delay: 500, jitter: 0.3 }, // only for unexpected errors
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
    return this.#add(change, `${change.id}.${change.rev}.${Math.floor(Date.now() / againMs)}`);
  }

  /** Adds a job with nothing to do. The worker that has waited longest takes it. */
  probe(): Promise<void> {
    return this.#put(probe, {}, { removeOnComplete: true, removeOnFail: true });
  }

  close(): Promise<void> {
    return closing(this.#queue.close(), this.#connection);
  }

  #add({ id }: Change, jobId: string): Promise<void> {
    return this.#put('apply', { v: 2, id }, { jobId });
  }

  async #put(name: string, payload: object, options: JobsOptions): Promise<void> {
    if (this.#connection.status !== 'ready')
      throw new StoreUnavailableError(`Redis is not connected (${this.#connection.status})`);
    try {
      await this.#queue.add(name, payload, options).catch(async (error: unknown) => {
        if (!isJunk(error)) throw error;
        await setJunkAside(this.#connection);
        await this.#queue.add(name, payload, options);
      });
    } catch (cause) {
      throw new StoreUnavailableError('Redis did not take the job', { cause });
    }
  }
}

const nothing = new Script('return 1');

/** The scripts of BullMQ fail at a key that holds something else than they keep there. */
async function setJunkAside(connection: Connection): Promise<void> {
  await nothing.run(connection, queueKeys, []);
}

function isJunk(error: unknown): boolean {
  return error instanceof Error && error.message.includes('WRONGTYPE');
}

export interface RunningWorker {
  /** Waits for jobs on a new connection. */
  renew(): void;
  /** Takes no more jobs, and resolves when those it had are done. */
  close(): Promise<void>;
}

export interface WorkerOptions {
  readonly connection: Connection;
  readonly log: Log;
  readonly apply: (job: Pick<Change, 'id'>) => Promise<WorkerAnswer>;
  /** Called for each job that the worker takes, probes included. */
  readonly onTaken?: () => void;
}

/** Takes jobs and answers each as done, not yet, or never again. Order and exactness depend on the line and the ledger, not on it. */
export function startWorker({ connection, log, apply, onTaken }: WorkerOptions): RunningWorker {
  const take = (job: BullJob, token: string | undefined) => {
    onTaken?.();
    return job.name === probe ? Promise.resolve() : work(job, token, apply);
  };
  const worker = new Worker(queueName, take, {
    connection,
    prefix: queuePrefix,
    concurrency: 16,
    drainDelay: longestWaitSeconds, // each job wakes it; if that is lost with a connection, the reconciler adds the job again
    lockDuration: 10_000,
    runRetryDelay: retryMs,
    stalledInterval: tidyEveryMs,
    maxStalledCount: 10,
  });
  worker.on('error', (err) => {
    log.warn({ err }, 'worker lost Redis');
    if (!isJunk(err)) return;
    setJunkAside(connection).catch((error: unknown) => log.warn({ err: error }, 'the queue has junk among its keys'));
  });
  worker.on('failed', (job, err) =>
    log.warn({ changeId: changeOf(job), attempt: job?.attemptsMade, err }, 'job attempt failed'),
  );
  return {
    renew: () => connection instanceof Waiting && connection.renew(),
    close: () => closing(worker.close(), connection),
  };
}

/** Waits for the close, which needs Redis. Stops waiting if Redis is away. */
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

  const { id } = parsed.data;
  const answer = await apply({ id });
  if (answer.kind === 'done') return;
  await job.moveToDelayed(Date.now() + answer.afterMs, token);
  throw new DelayedError();
}

function changeOf(job: BullJob | undefined): string | undefined {
  return payload.safeParse(job?.data).data?.id;
}
