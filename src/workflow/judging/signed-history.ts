import { type Change, revisionOf } from '../../domain/change/change.ts';
import { findEdit } from '../../domain/change/edit.ts';
import type { Ledger, Revision } from '../../domain/routing/ledger.ts';
import { isSameObject, type ObjectRef } from '../../domain/routing/object.ts';
import { saysTheSame, signedText } from '../../domain/routing/signed-text.ts';
import { StoreUnavailableError, UntrustedRecordError } from '../errors.ts';
import type { Changes } from '../ports/changes.ts';
import type { Log } from '../ports/process.ts';
import type { Provenance, Signature } from '../ports/provenance.ts';

/** We write no more. Of a longer history somebody else wrote the rest. */
const mostLookedUp = 30;

/** The record has the time of the last write of all objects, and each revision its own. How steep a ramp may be is judged by these times. */
const apartMs = 10 * 60_000;

/** A revision is ours if its MAC fits, or if the stored record of the change says the same: older versions of us wrote no MAC. */
export class SignedHistory implements Provenance {
  readonly #signature: Signature;
  readonly #changes: Pick<Changes, 'read'>;
  readonly #log: Log;

  constructor(signature: Signature, { changes, log }: { readonly changes: Pick<Changes, 'read'>; readonly log: Log }) {
    this.#signature = signature;
    this.#changes = changes;
    this.#log = log;
  }

  sign({ seq, revisions }: Ledger, object: ObjectRef): Ledger {
    const signed = revisions.map((revision, at) =>
      revision.mac === undefined && revision.isUnsigned === undefined
        ? { ...revision, mac: this.#signature.sign(signedText(object, seq - at, revision)) }
        : revision,
    );
    return { seq, revisions: signed };
  }

  async check({ seq, revisions }: Ledger, object: ObjectRef): Promise<Ledger> {
    const checked = revisions.map(async (revision, at): Promise<Revision> => {
      const number = seq - at;
      const { mac, ...unsigned } = revision;
      const text = signedText(object, number, revision);
      const fits = mac !== undefined && this.#signature.fits(text, mac);
      if (fits && mac === this.#signature.sign(text)) return revision;
      const isOurs = fits || (at < mostLookedUp && (await this.#isRecorded(revision, number, object)));
      if (isOurs) return unsigned; // the next write signs it with the present key
      return { ...revision, isUnsigned: true };
    });
    return { seq, revisions: await Promise.all(checked) };
  }

  async #isRecorded(revision: Revision, number: number, object: ObjectRef): Promise<boolean> {
    try {
      const stored = await this.#changes.read(revision.id);
      return stored !== undefined && didWrite(stored, { revision, number, object });
    } catch (err) {
      if (err instanceof UntrustedRecordError) return false; // somebody may have made up that, too
      if (!(err instanceof StoreUnavailableError)) throw err;
      this.#log.warn({ err, changeId: revision.id }, 'whether a revision without a fitting MAC is ours is not known');
      return false;
    }
  }
}

interface Written {
  readonly revision: Revision;
  readonly number: number;
  readonly object: ObjectRef;
}

function didWrite(stored: Change, { revision, number, object }: Written): boolean {
  const { state } = stored;
  const edit = findEdit(stored.edits, object);
  if (state.kind !== 'applied' || edit === undefined) return false;
  const made = state.made.find((each) => isSameObject(each.object, object));
  const isThen = Math.abs(Date.parse(revision.at) - Date.parse(state.at)) <= apartMs;
  return isThen && made?.seq === number && saysTheSame(revisionOf(stored, edit, new Date(state.at)), revision);
}
