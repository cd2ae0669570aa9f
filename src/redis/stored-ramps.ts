import { z } from 'zod';
import type { AuditEvent } from '../domain/change/audit.ts';
import type { Ramp } from '../domain/ramp/ramp.ts';
import { type ChangeId, isRampId, type RampId } from '../domain/routing/names.ts';
import { UntrustedRecordError } from '../workflow/errors.ts';
import type { Log } from '../workflow/ports/process.ts';
import type { Created, CreateOptions, LookClaim, Ramps, UpdateOptions } from '../workflow/ports/ramps.ts';
import { type AuditOptions, toldIn } from './audit-stream.ts';
import { ask, type Connection } from './connect.ts';
import { keys, newsChannel } from './keys.ts';
import { createRampScript, movingIn, openRampsScript, updateRampScript } from './ramp-scripts.ts';
import { readStoredRamp } from './records/stored-ramp.ts';
import { fieldsOf, rowSchema, rowsSchema } from './records/stored-records.ts';
import { Script } from './script.ts';
import type { RecordKey } from './signature.ts';

const createReply = z.enum(['created', 'known', 'refused-before', 'taken']);
const claimReply = z.enum(['claimed', 'taken', 'rests']);

/** The ramps in Redis. Every transition is one script, so no process sees half of it. */
export class StoredRamps implements Ramps {
  readonly #redis: Connection;
  readonly #key: RecordKey | undefined;
  readonly #audit: AuditOptions;
  readonly #log: Pick<Log, 'warn'> | undefined;
  readonly #unreadable = new Set<string>();

  constructor(
    redis: Connection,
    { log, ...audit }: AuditOptions & { readonly log?: Pick<Log, 'warn'> | undefined } = {},
  ) {
    this.#redis = redis;
    this.#key = audit.recordKey;
    this.#audit = audit;
    this.#log = log;
  }

  async read(id: RampId): Promise<Ramp | undefined> {
    const fields = await fieldsOf(this.#redis, keys.ramp(id), ['rev', 'kind', 'record', 'mac']);
    if (fields[0] === null) return undefined;
    return this.#read(id, rowSchema.parse(fields.map((field) => field ?? '')));
  }

  async create(ramp: Ramp, { askedAs, event }: CreateOptions): Promise<Created> {
    return createReply.parse(await this.#run(createRampScript, ramp, event, { more: [keys.refused(askedAs)] }));
  }

  async update(next: Ramp, { event, askedAs, isQuiet = false }: UpdateOptions): Promise<boolean> {
    const more = askedAs === undefined ? [] : [keys.rampDecided(askedAs)];
    return (await this.#run(updateRampScript, next, event, { more, isQuiet })) === 1;
  }

  async decidedAs(request: ChangeId): Promise<RampId | undefined> {
    const id = await ask(this.#redis, (redis) => redis.get(keys.rampDecided(request)));
    return id !== null && isRampId(id) ? id : undefined;
  }

  async claimLook(id: RampId, by: string, forMs: number): Promise<LookClaim> {
    return claimReply.parse(await claimLookScript.run(this.#redis, [keys.rampLook(id)], [by, forMs]));
  }

  async endLook(id: RampId, by: string, restMs = 0): Promise<void> {
    await endLookScript.run(this.#redis, [keys.rampLook(id)], [by, restMs]);
  }

  /** One record that cannot be read must not hide all the others. */
  async open(): Promise<readonly Ramp[]> {
    const rows = rowsSchema.parse(await openRampsScript.run(this.#redis, [keys.ramps], [keys.ramp('')]));
    return rows.flatMap(([id, ...fields]) => {
      try {
        return [this.#read(id, fields)];
      } catch (error) {
        if (!(error instanceof UntrustedRecordError)) throw error;
        if (!this.#unreadable.has(id)) this.#log?.warn({ rampId: id, err: error }, 'a stored ramp is left out');
        this.#unreadable.add(id);
        return [];
      }
    });
  }

  #run(
    script: Script,
    ramp: Ramp,
    event: AuditEvent | undefined,
    { more = [], isQuiet = false }: { readonly more?: readonly string[]; readonly isQuiet?: boolean },
  ): Promise<unknown> {
    const moving = movingIn(ramp, this.#key, isQuiet);
    const told = toldIn(event, this.#audit);
    const redisKeys = [...moving.keys, keys.owed, ...told.keys, ...more];
    return script.run(this.#redis, redisKeys, [...moving.args, newsChannel, ...told.args]);
  }

  #read(id: string, [rev, kind, record, mac]: z.infer<typeof rowSchema>): Ramp {
    const ramp = readStoredRamp({ rev, kind, record, mac }, this.#key);
    if (ramp.id === id) return ramp;
    throw new UntrustedRecordError(`the record of ${id} is that of another ramp`);
  }
}

const claimLookScript = new Script(`
  local by, held = unpack(ARGV)
  if redis.call('SET', KEYS[1], by, 'PX', held, 'NX') then return 'claimed' end
  local other = redis.call('GET', KEYS[1])
  if other ~= by then return other == 'rests' and 'rests' or 'taken' end
  redis.call('PEXPIRE', KEYS[1], held)
  return 'claimed'`);

const endLookScript = new Script(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
  redis.call('SET', KEYS[1], 'rests', 'PX', ARGV[2])
  return 1`);
