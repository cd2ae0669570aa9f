import { type Ramp, stepOf } from '../../domain/ramp/ramp.ts';
import { clusterAt, isSequence } from '../../domain/ramp/sequence.ts';

/** `50 %`, or of several clusters `50 % in eu`. Not escaped. */
export function shareOfStep(ramp: Pick<Ramp, 'before' | 'steps'>, number: number): string {
  const percent = `${stepOf(ramp, number)?.percent ?? 0} %`;
  const cluster = isSequence(ramp) ? clusterAt(ramp, number) : undefined;
  return cluster === undefined ? percent : `${percent} in ${cluster}`;
}
