import { formatLedger, type Ledger, ledgerAnnotation, maxLedgerLength, readLedger } from '../domain/routing/ledger.ts';
import { type Marks, type ObjectRef, refText } from '../domain/routing/object.ts';
import { LedgerUnreadableError, TooLargeError } from '../workflow/errors.ts';

type Named = Pick<ObjectRef, 'kind' | 'namespace' | 'name'>;

/** The API server's limit for all annotations of an object together (apimachinery `TotalAnnotationSizeLimitB`). */
const maxAnnotationBytes = 256 * 1024;

/** The history in an object's annotations. Throws a LedgerUnreadableError if we did not write it. */
export function ledgerIn(annotations: Marks | undefined, object: Named): Ledger {
  const reading = readLedger(annotations?.[ledgerAnnotation]);
  if (reading.kind === 'ledger') return reading.ledger;
  throw new LedgerUnreadableError(
    `the annotation ${ledgerAnnotation} of ${refText(object)} holds what shiftbot did not write: ${reading.why}`,
  );
}

export function withoutLedger(annotations: Marks = {}): Marks {
  const { [ledgerAnnotation]: _, ...others } = annotations;
  return others;
}

/**
 * The annotation's text. The history is shortened if other annotations need the room: a long one is no reason to refuse a rollback.
 * Throws a TooLargeError before the write, because the API server's own message names neither the object nor what to do.
 */
export function ledgerText(annotations: Marks | undefined, ledger: Ledger, object: Named): string {
  const others = withoutLedger(annotations);
  const text = formatLedger(ledger, maxAnnotationBytes - bytesOf({ ...others, [ledgerAnnotation]: '' }));
  if (text.length > maxLedgerLength)
    throw new TooLargeError(
      `what shiftbot would record on ${refText(object)} is ${text.length} characters, over the ${maxLedgerLength} that it reads again: the rule has too many versions, or too long a name`,
    );
  refuseIfTooLarge({ ...others, [ledgerAnnotation]: text }, object);
  return text;
}

function refuseIfTooLarge(annotations: Marks, object: Named): void {
  const bytes = bytesOf(annotations);
  if (bytes <= maxAnnotationBytes) return;
  const [largest = ''] = Object.entries(annotations).toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
  throw new TooLargeError(
    `the annotations of ${refText(object)} would be ${bytes} bytes, over the ${maxAnnotationBytes} that the API server takes; the largest is ${largest}`,
  );
}

function bytesOf(annotations: Marks): number {
  return Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
}
