import { type ChangeId, isChangeId, isRampId, type RampId } from '../../src/domain/routing/names.ts';

/** `done`: to a ramp, whose changes may have the request's reason. */
export type AnswerKind = 'accepted' | 'not accepted' | 'shown' | 'done' | 'refused' | 'none';

/** `shown`: what it would do, with a button that does it. */
export function kindOf({ answer }: { readonly answer: string | undefined }): AnswerKind {
  if (answer === undefined || answer.includes('cannot tell whether it was accepted')) return 'none';
  if (answer.includes('so nothing was changed yet.') || answer.startsWith('*Not done:* it would do')) return 'shown';
  if (answer.startsWith('*Not done yet:*') || answer.includes('and this would end it.')) return 'shown';
  if (doneToRamp.test(answer)) return 'done';
  if (answer.includes('Not accepted:')) return 'not accepted';
  return acceptedId(answer) === undefined && acceptedRamp(answer) === undefined ? 'refused' : 'accepted';
}

const doneToRamp = /^(Paused|Goes on|The next step is made now|The rest is done now|Stopped; it goes back|Stopped: r-)/;

/** The ramp that an answer promises. */
export function acceptedRamp(answer: string | undefined): RampId | undefined {
  const id = /^(?:Accepted: |Already asked for by \S+: )(r-\w{8})/.exec(answer ?? '')?.[1];
  return id !== undefined && isRampId(id) ? id : undefined;
}

/** The change that an answer promises. */
export function acceptedId(answer: string | undefined): ChangeId | undefined {
  const id = /^(?:Accepted: |Already asked for by \S+ )(c-\w{8})/.exec(answer ?? '')?.[1];
  return id !== undefined && isChangeId(id) ? id : undefined;
}
