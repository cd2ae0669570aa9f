import { describe, expect, it } from 'vitest';
import { storeChange } from '../../../src/redis/records/stored-change.ts';
import { StoredRecords } from '../../../src/redis/records/stored-records.ts';
import { UntrustedRecordError } from '../../../src/workflow/errors.ts';
import { change, changeId } from '../../support/builders.ts';
import { InMemoryLog } from '../../support/in-memory-log.ts';

const key = 'k'.repeat(32);

describe('the records that Redis returns', () => {
  it('lets others in between while thousands are read', async () => {
    const records = new StoredRecords(key, undefined);
    const rows = Array.from({ length: 1_000 }, (_, at) => rowOf(at + 1));
    let came = 0;
    let isRead = false;
    const comeAgain = () => {
      came += 1;
      if (!isRead) setImmediate(comeAgain);
    };
    setImmediate(comeAgain);

    const read = await records.readable(rows);
    isRead = true;

    expect(read).toHaveLength(1_000);
    expect(came).toBeGreaterThan(5);
  });

  it('judges a record anew as soon as anything of it differs from what was read before', () => {
    const records = new StoredRecords(key, undefined);
    const [id, rev, kind, record, mac] = rowOf(1);
    const before = records.read(id, [rev, kind, record, mac]);

    expect(records.read(id, [rev, kind, record, mac])).toBe(before);
    expect(() => records.read(id, [rev, kind, record.replace('v3', 'v2'), mac])).toThrow(UntrustedRecordError);
    expect(() => records.read(id, [rev, 'applied', record, mac])).toThrow(UntrustedRecordError);
    expect(() => records.read(changeId(2), [rev, kind, record, mac])).toThrow(UntrustedRecordError);
  });

  it('leaves out what it cannot read, and says so once', async () => {
    const log = new InMemoryLog();
    const records = new StoredRecords(key, log);
    const [id, rev, kind, record] = rowOf(1);

    for (let times = 0; times < 2; times += 1)
      expect(await records.readable([[id, rev, kind, record, 'forged'], rowOf(2)])).toHaveLength(1);
    expect(log.messages('warn')).toEqual(['a stored change is left out']);
  });
});

function rowOf(number: number): [string, string, string, string, string] {
  const id = changeId(number);
  const { rev, kind, record, mac } = storeChange(change({ id }), key);
  return [id, rev, kind, record, mac];
}
